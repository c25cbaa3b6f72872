// The browser's own EventSource, where `fetch` gives no streams. It tries again by itself, but never after an
// answer other than 200, and tells no status: so it is closed at the first error, and the machine does the rest.

import { addressed } from "./addressed";
import type { Transport } from "./transport";

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
    // A heartbeat without data is not told, so pings are asked for.
    addressed(api, "/stream", { after, ping: true }, sink, (url, say, ended) => {
      const source = new EventSource(url, { withCredentials: !api.token });
      source.onopen = () => say({ on: "alive" });
      source.onerror = ended;
      for (const type of [...NAMES, ...signals]) {
        source.addEventListener(type, ({ data, lastEventId }: MessageEvent<unknown>) => {
          // The browser's own `error` has no data.
          if (typeof data === "string") say({ on: "event", type, data, id: lastEventId });
        });
      }
      return source;
    }),
});
