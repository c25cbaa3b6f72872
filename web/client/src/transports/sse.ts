// Server-sent events over `fetch`: a token in the header, the status of a refusal, and every byte is a sign of life.

import { SseParser } from "../sse/parser";
import { ask, query, running, type Transport } from "./transport";

export const sse = (): Transport => ({
  name: "sse",
  supported: () => typeof ReadableStream === "function",
  open: (api, after, sink) =>
    running(sink, async (say, signal) => {
      const { headers, body } = await ask(api, `/stream${query({ after })}`, signal);
      // The sign-in page of some hotel, for example.
      const type = headers.get("content-type") ?? "";
      if (!body || !/^text\/event-stream\s*(;|$)/i.test(type)) return { reason: "no stream" };
      const parser = new SseParser({
        event: (event) => say({ on: "event", ...event }),
        moved: (cursor) => say({ on: "alive", cursor }),
        retry: (ms) => say({ on: "retry", ms }),
      });
      const reader = body.getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return { reason: "closed" };
        say({ on: "alive" });
        parser.feed(value);
      }
    }),
});
