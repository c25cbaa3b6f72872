// The browser's own EventSource, where `fetch` gives no streams. It tries again by itself, but never after an
// answer other than 200, and tells no status: so it is closed at the first error, and the machine does the rest.

import { address, why } from "./addressed";
import { running, type Transport } from "./transport";

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
    running(sink, async (say, signal) => {
      // A heartbeat without data is not told, so pings are asked for.
      const url = await address(api, "/stream", { after, ping: true });
      if (signal.aborted) return {};
      const source = new EventSource(url, { withCredentials: !api.token });
      const close = () => source.close();
      signal.addEventListener("abort", close);
      let opened = false;
      await new Promise((failed) => {
        source.onopen = () => {
          opened = true;
          say({ on: "alive" });
        };
        source.onerror = failed;
        for (const type of [...NAMES, ...signals]) {
          source.addEventListener(type, ({ data, lastEventId }: MessageEvent<unknown>) => {
            // The browser's own `error` has no data.
            if (typeof data === "string") say({ on: "event", type, data, id: lastEventId });
          });
        }
      });
      close();
      return why(api, opened);
    }),
});
