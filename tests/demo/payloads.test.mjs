// Every recorded payload goes through a real server and comes out of the stream as it went in.

import assert from "node:assert/strict";
import { test } from "node:test";
import { EventSource } from "eventsource";
import { onEnd } from "../support/cleanup.mjs";
import { introduce, publish, wholeInbox } from "../support/http.mjs";
import { newServer } from "../support/server.mjs";
import { until } from "../support/wait.mjs";
import { toDraft } from "./map.mjs";
import { eventNames, payloads } from "./payloads.mjs";

/** The server's bound for `data`; a payload that fits goes along whole. */
const MAX_DATA_BYTES = 16 * 1024;

const CONTENT = ["title", "body", "level", "link", "actor", "category", "data"];

function draftOf(recorded, index) {
  const draft = {
    to: index % 8 === 7 ? { everyone: true } : { user: "alice" },
    ...toDraft(recorded),
  };
  const whole = { ...draft.data, payload: recorded.payload };
  const fits = Buffer.byteLength(JSON.stringify(whole)) <= MAX_DATA_BYTES;
  return fits ? { ...draft, data: whole } : draft;
}

/** What a reader gets must be what was written: all of these fields, to the byte. */
const content = (notification) =>
  JSON.stringify(Object.fromEntries(CONTENT.map((field) => [field, notification[field]])));

function openStream(t, server) {
  const authorization = `Bearer ${server.token("alice")}`;
  const source = new EventSource(`${server.url}/api/v1/stream`, {
    fetch: (url, init) => fetch(url, { ...init, headers: { ...init.headers, authorization } }),
  });
  onEnd(t, () => source.close());
  const read = { notifications: [], others: [], ready: false };
  source.addEventListener("ready", () => (read.ready = true));
  source.addEventListener("reset", (event) => read.others.push(event.data));
  source.addEventListener("notification", (event) =>
    read.notifications.push(JSON.parse(event.data)),
  );
  return read;
}

test("all recorded payloads arrive unchanged, in order, none missing or twice", async (t) => {
  const server = await newServer(t);
  await server.start();
  await introduce(server, "alice");
  const read = openStream(t, server);
  await until("the stream is live", () => read.ready);

  const drafts = payloads.map(draftOf);
  const began = performance.now();
  for (const draft of drafts) await publish(server, draft);
  await until("all have arrived", () => read.notifications.length >= drafts.length);
  const took = Math.round(performance.now() - began);

  const arrived = read.notifications.map((envelope) => envelope.payload);
  assert.equal(arrived.length, drafts.length);
  for (const [index, draft] of drafts.entries()) {
    assert.equal(content(arrived[index]), content(draft), payloads[index].delivery);
  }
  assert.equal(new Set(arrived.map(({ id }) => id)).size, drafts.length);
  assert.deepEqual(read.others, [], "no reset");
  assert.equal(read.notifications.at(-1).unread, drafts.length);

  const inbox = await wholeInbox(server, "alice");
  assert.deepEqual(inbox.map(content), drafts.map(content), "the inbox says the same");

  const whole = drafts.filter((draft) => draft.data.payload).length;
  t.diagnostic(
    `${eventNames.length} event names, ${drafts.length} payloads (${whole} with the whole payload ` +
      `as data), ${arrived.length} arrived, 0 missing, 0 twice, in ${took} ms`,
  );
});
