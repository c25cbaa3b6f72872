// For tests alone: the same standard once more, written from its grammar, slow, and from the whole text at once.
//
//   stream        = [ bom ] *event
//   event         = *( comment / field ) end-of-line
//   comment       = colon *any-char end-of-line
//   field         = 1*name-char [ colon [ space ] *any-char ] end-of-line
//   end-of-line   = ( cr lf / cr / lf )

import type { SseEvent } from "./parser";

export interface Heard {
  events: SseEvent[];
  retries: number[];
}

export function readWhole(bytes: Uint8Array): Heard {
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  const lines = text.replace(/^\uFEFF/, "").split(/\r\n|\r|\n/);
  lines.pop(); // what no end of line ends is no line
  const heard: Heard = { events: [], retries: [] };
  let lastId = "";
  let block: [string, string][] = [];
  for (const line of lines) {
    if (line !== "") {
      const parts = /^([^:]*)(?:: ?(.*))?$/su.exec(line);
      if (parts?.[1]) block.push([parts[1], parts[2] ?? ""]);
      continue;
    }
    const of = (name: string) =>
      block.filter((field) => field[0] === name).map(([, value]) => value);
    lastId =
      of("id")
        .filter((id) => !id.includes("\u0000"))
        .at(-1) ?? lastId;
    const data = of("data").join("\n");
    // One empty `data` is a line feed, which is taken away, but the buffer was not empty.
    if (of("data").length > 0) {
      heard.events.push({ type: of("event").at(-1) || "message", data, id: lastId });
    }
    block = [];
  }
  // A retry counts at once, ended by a blank line or not.
  for (const line of lines) {
    const digits = /^retry: ?([0-9]+)$/.exec(line);
    if (digits?.[1]) heard.retries.push(Number(digits[1]));
  }
  return heard;
}
