// Server-sent events over `fetch`: a token in the header, the status of a refusal, and every byte is a sign of life.

import { SseParser } from "../sse/parser";
import { query, refusal, running, type Transport } from "./transport";

export const sse = (): Transport => ({
  name: "sse",
  supported: () => typeof ReadableStream === "function",
  open: (api, after, sink) =>
    running(sink, async (signal) => {
      const answer = await api.send("GET", `/stream${query({ after })}`, undefined, signal);
      const type = answer.headers.get("content-type") ?? "";
      if (!answer.ok || answer.body === null) {
        void answer.body?.cancel();
        return refusal(answer);
      }
      // The sign-in page of some hotel, for example.
      if (!type.startsWith("text/event-stream")) return { reason: "no stream" };
      const say =
        <A extends unknown[]>(tell: (...what: A) => void) =>
        (...what: A) =>
          void (signal.aborted || tell(...what));
      const parser = new SseParser({
        event: say((event) => sink.event(event)),
        moved: say((id) => sink.alive(id)),
        retry: say((ms) => sink.retry(ms)),
      });
      const reader = answer.body.getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done || signal.aborted) return { reason: "closed" };
        sink.alive();
        parser.feed(value);
      }
    }),
});
