// @vitest-environment node
import { describe, expect, it } from "vitest";
import { dice } from "../testing/dice";
import { readWhole, type Heard } from "./naive";
import { MOST_CHARS, SseParser } from "./parser";
import { VECTORS } from "./vectors";

const bytesOf = (text: string) => new TextEncoder().encode(text);

function read(...chunks: Uint8Array[]): Heard & { moved: string[] } {
  const heard: Heard & { moved: string[] } = { events: [], retries: [], moved: [] };
  const parser = new SseParser({
    event: (event) => heard.events.push(event),
    moved: (id) => heard.moved.push(id),
    retry: (ms) => heard.retries.push(ms),
  });
  for (const chunk of chunks) parser.feed(chunk);
  return heard;
}

describe("the parser", () => {
  it.each(VECTORS)("hears what the standard says: $name", ({ stream, events, retries = [] }) => {
    const bytes = bytesOf(stream);
    const whole = read(bytes);
    expect(whole.events).toHaveLength(events.length);
    expect(whole.events).toMatchObject(events);
    expect(whole.retries).toEqual(retries);
  });

  it.each(VECTORS)("hears the same however it is cut: $name", ({ stream }) => {
    const bytes = bytesOf(stream);
    const whole = read(bytes);
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      expect(read(bytes.subarray(0, cut), bytes.subarray(cut)), `cut at ${cut}`).toEqual(whole);
    }
    const single = [...bytes].map((byte) => Uint8Array.of(byte));
    expect(read(...single)).toEqual(whole);
  });

  it.each(VECTORS)("is what the grammar says: $name", ({ stream }) => {
    const { events, retries } = read(bytesOf(stream));
    expect({ events, retries }).toEqual(readWhole(bytesOf(stream)));
  });

  it("reads bytes that are no UTF-8 as the decoder of the web does", () => {
    const bytes = Uint8Array.of(...bytesOf("data:a"), 0xff, 0xf0, 0x9f, ...bytesOf("\n\n"));
    expect(read(bytes).events[0]?.data).toBe("a\uFFFD\uFFFD");
  });

  it("tells where a frame without data has moved the place to", () => {
    expect(read(bytesOf("id: c7\n\n")).moved).toEqual(["c7"]);
  });

  it("gives an event at its CR, and does not wait whether a LF comes", () => {
    expect(read(bytesOf("data:x\r\r")).events).toHaveLength(1);
  });

  it("holds no more than it must", () => {
    const parser = new SseParser({ event() {}, moved() {}, retry() {} });
    const chunk = bytesOf("x".repeat(1024 * 1024));
    const endless = () => {
      for (let fed = 0; fed <= MOST_CHARS; fed += chunk.length) parser.feed(chunk);
    };
    expect(endless).toThrow(RangeError);
  });

  // What matters to a parser comes up far more often than in plain noise.
  const PIECES = [
    "data",
    "event",
    "id",
    "retry",
    ":",
    ": ",
    " ",
    "\n",
    "\r",
    "\r\n",
    "\n\n",
    "\0",
    "\uFEFF",
    "7",
    "é",
    "🦀",
    "x",
  ];

  it.each([1, 2, 3, 4])("agrees with the naive one over random streams: seed %i", (seed) => {
    const random = dice(seed);
    const pick = (below: number) => Math.floor(random() * below);
    for (let round = 0; round < 500; round += 1) {
      const text = Array.from({ length: pick(60) }, () => PIECES[pick(PIECES.length)]).join("");
      const bytes = bytesOf(text);
      const chunks: Uint8Array[] = [];
      for (let from = 0; from < bytes.length;) {
        const to = from + 1 + pick(12);
        chunks.push(bytes.subarray(from, to));
        from = to;
      }
      const { events, retries } = read(...chunks);
      expect({ events, retries }, JSON.stringify(text)).toEqual(readWhole(bytes));
    }
  });
});
