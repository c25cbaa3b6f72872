// Who is tried. To add a client: a file in `subjects/` that uses it as its README says, and an entry here.
//
// `host`: "node", "chromium", or "python". `by`: what it goes by ("stream", "poll", "socket"). `deafTo`: what the server asks that it has
// no means to hear. `only`: the scenarios in which it is not the same as another. `ours`: it must pass everything but what is `known`, and
// said in its README.

const ours = (way, by, host, more = {}) => ({
  name: `@tidings/client ${way}${host === "chromium" ? ", browser" : ""}`,
  file: "tidings",
  host,
  by,
  ours: true,
  options: { ways: way.split("+") },
  ...more,
});

/** A browser tells nobody what an answer to its EventSource or WebSocket says, nor what the stream says of `retry`. */
const WRAPPED = { deafTo: ["retry", "Retry-After"] };
const SOCKET = { needs: "webSocket", deafTo: ["Retry-After"] };

/** Where a browser goes about it otherwise than Node. */
const FEW = ["peace", "cut rst", "cut fin", "refused", "stall", "sleep", "portal", "chaos"];

export const SUBJECTS = [
  ours("sse", "stream", "node"),
  ours("longPoll", "poll", "node"),
  ours("webSocket", "socket", "node", SOCKET),
  ours("sse+longPoll", "stream", "node", { fallback: true, only: ["peace", "mute", "buffering"] }),
  ours("sse", "stream", "chromium"),
  ours("longPoll", "poll", "chromium", { only: FEW }),
  // It never hears of signals that it was not given, so what lacks proves nothing.
  ours("eventSource", "stream", "chromium", { ...WRAPPED, known: ["lost", "swapped"] }),
  ours("webSocket", "socket", "chromium", { ...SOCKET, only: FEW }),
  { name: "EventSource of Chromium", file: "native", host: "chromium", package: null },
  { name: "eventsource", file: "eventsource", host: "node" },
  { name: "eventsource-client", file: "eventsource-client", host: "node" },
  { name: "reconnecting-eventsource", file: "reconnecting", host: "chromium", ...WRAPPED },
  { name: "event-source-polyfill", file: "polyfill", host: "chromium" },
  {
    name: "@microsoft/fetch-event-source",
    file: "fetch-event-source",
    host: "chromium",
  },
  { name: "httpx-sse", file: "naive_httpx", host: "python" },
].map((subject) => ({ by: "stream", deafTo: [], known: [], options: {}, ...subject }));

export const subject = (name) => {
  const found = SUBJECTS.find((subject) => subject.name === name);
  if (found === undefined) throw new Error(`no subject is called ${name}`);
  return found;
};
