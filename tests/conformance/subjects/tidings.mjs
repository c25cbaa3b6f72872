// Our own client, by the ways that it is told to go: as its README shows it.

import * as tidings from "@tidings/client";

/** What this version has. */
export const HAS = Object.keys(tidings);

const WAYS = {
  sse: () => tidings.sse(),
  longPoll: () => tidings.longPoll(),
  eventSource: () => tidings.eventSource(),
  webSocket: () => tidings.webSocket(),
};

/** In Node there is no page that could give hints. */
const world = {
  now: () => Date.now(),
  random: () => Math.random(),
  setTimer: (run, ms) => setTimeout(run, ms),
  clearTimer: (timer) => clearTimeout(timer),
  fetch: (...request) => fetch(...request),
  hints: () => () => {},
};

export function start({ url, token, user, ways, tell }) {
  const client = tidings.connect({
    server: url,
    user,
    token: async () => token,
    transports: ways.map((way) => WAYS[way]()),
    ...(globalThis.document === undefined && { world }),
    event: ({ type, payload }) => tell({ event: { type, payload: { id: payload?.id } } }),
    counts: (counts) => tell({ counts }),
    reset: ({ reason, notifications, more }) =>
      tell({ reset: { reason, notifications: notifications.map(({ id }) => ({ id })), more } }),
    state: ({ is, reason, transport }) => tell({ state: is, reason, transport }),
  });
  return { signedIn: () => client.authorized() };
}
