// The npm package "reconnecting-eventsource": in the place of an EventSource.

import ReconnectingEventSource from "reconnecting-eventsource";
import { likeEventSource } from "./hear.mjs";

export const start = (kit) =>
  likeEventSource(kit, () => new ReconnectingEventSource(`${kit.url}/api/v1/stream`));
