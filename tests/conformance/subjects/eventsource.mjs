// The npm package "eventsource", in Node: with a header of one's own, as its README says.

import { EventSource } from "eventsource";
import { likeEventSource } from "./hear.mjs";

export const start = (kit) =>
  likeEventSource(
    kit,
    () =>
      new EventSource(`${kit.url}/api/v1/stream`, {
        fetch: (input, init) =>
          fetch(input, {
            ...init,
            headers: { ...init.headers, Authorization: `Bearer ${kit.token}` },
          }),
      }),
  );
