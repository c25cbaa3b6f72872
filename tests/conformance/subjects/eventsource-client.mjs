// The npm package "eventsource-client", with its callbacks.

import { createEventSource } from "eventsource-client";
import { hear } from "./hear.mjs";

export function start({ url, token, tell }) {
  let source;
  const begin = () => {
    tell({ state: "connecting" });
    source = createEventSource({
      url: `${url}/api/v1/stream`,
      headers: { Authorization: `Bearer ${token}` },
      onConnect: () => tell({ state: "live" }),
      onScheduleReconnect: () => tell({ state: "connecting" }),
      onDisconnect: () => tell({ state: "disconnected" }),
      onMessage: ({ event, data }) => hear(tell, event, data),
    });
  };
  begin();
  return { signedIn: () => source.readyState === "closed" && begin() };
}
