// For tests alone: what a transport has said, one line for each.

import type { Said } from "../transports/transport";

export function line(said: Said): string {
  switch (said.on) {
    case "event":
      return `${said.type} ${said.data} ${said.id}`.trim();
    case "alive":
      return `alive ${said.cursor ?? ""}`.trim();
    case "retry":
      return `retry ${said.ms}`;
    case "renewed":
      return `renewed ${said.ok}`;
    case "ended": {
      const { on: _, retryAfter = NaN, ...why } = said;
      return `ended ${JSON.stringify(retryAfter > 0 ? { ...why, retryAfter } : why)}`;
    }
  }
}
