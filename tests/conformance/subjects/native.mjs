// The browser's own EventSource.

import { likeEventSource } from "./hear.mjs";

export const start = (kit) =>
  likeEventSource(kit, () => new EventSource(`${kit.url}/api/v1/stream`));
