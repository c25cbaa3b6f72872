// A reader of the stream by the npm package "eventsource": prints every event as one line of JSON.
// Usage: node eventsource.mjs URL TOKEN

import { EventSource } from "eventsource";

/** The names that this scenario is about; the client, like a browser's, drops all others. */
const NAMES = ["notification", "inbox.changed", "reset", "ready", "goodbye"];

const [url, token] = process.argv.slice(2);
const source = new EventSource(url, {
  fetch: (input, init) =>
    fetch(input, { ...init, headers: { ...init.headers, authorization: `Bearer ${token}` } }),
});

for (const name of NAMES) {
  source.addEventListener(name, (event) => {
    console.log(
      JSON.stringify({ event: name, id: event.lastEventId, data: JSON.parse(event.data) }),
    );
  });
}
source.addEventListener("error", () => {
  const gaveUp = source.readyState === EventSource.CLOSED;
  console.log(JSON.stringify({ event: gaveUp ? "gave-up" : "cut" }));
});
