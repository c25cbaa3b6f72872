// The npm package "event-source-polyfill", chosen for its headers.

import { EventSourcePolyfill } from "event-source-polyfill";
import { likeEventSource } from "./hear.mjs";

export const start = (kit) =>
  likeEventSource(
    kit,
    () =>
      new EventSourcePolyfill(`${kit.url}/api/v1/stream`, {
        headers: { Authorization: `Bearer ${kit.token}` },
      }),
  );
