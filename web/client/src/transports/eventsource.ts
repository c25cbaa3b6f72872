// The browser's own EventSource, where `fetch` gives no streams. It tries again by itself, but never after an
// answer other than 200, and tells no status: so it is closed at the first error, and the machine does the rest.

import { query, refusal, running, type Ended, type Transport } from "./transport";

const NAMES = [
  "message",
  "notification",
  "notification.updated",
  "notification.retracted",
  "notification.expired",
  "inbox.changed",
  "reset",
  "ready",
  "ping",
  "expiring",
  "goodbye",
];

/** `signals`: the types of those that the host wants. An EventSource tells nothing that it was not asked for. */
export const eventSource = (signals: readonly string[] = []): Transport => ({
  name: "eventsource",
  partial: true,
  supported: () => typeof EventSource === "function",
  open: (api, after, sink) =>
    running(sink, async (signal) => {
      let ticket: string | null = null;
      if (api.byToken) {
        const answer = await api.send("POST", "/stream/ticket");
        if (!answer.ok) return refusal(answer);
        ticket = ((await answer.json()) as { ticket: string }).ticket;
      }
      if (signal.aborted) return {};
      // A heartbeat without data is not told, so pings are asked for.
      const path = `/stream${query({ after, ticket, ping: "true" })}`;
      const source = new EventSource(api.url(path), { withCredentials: ticket === null });
      signal.addEventListener("abort", () => source.close());
      await new Promise<void>((failed) => {
        source.onopen = () => signal.aborted || sink.alive();
        source.onerror = () => failed();
        for (const name of [...NAMES, ...signals]) {
          source.addEventListener(name, ({ data, lastEventId }: MessageEvent<unknown>) => {
            // The browser's own `error` has no data.
            if (signal.aborted || typeof data !== "string") return;
            sink.event({ type: name, data, id: lastEventId });
          });
        }
      });
      source.close();
      return signal.aborted ? {} : why();

      /** Any other request is refused for the same reason. */
      async function why(): Promise<Ended> {
        const answer = await api.send("GET", "/inbox");
        return answer.ok ? { reason: "closed" } : refusal(answer);
      }
    }),
});
