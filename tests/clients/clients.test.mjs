// Two clients that nobody here wrote read the same story: live, cut off twice by kill -9, resumed.

import assert from "node:assert/strict";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { introduce, publish, publishAtLast, request, wholeInbox } from "../support/http.mjs";
import { INSTALLING_MS, python } from "../support/python.mjs";
import { newServer } from "../support/server.mjs";
import { until } from "../support/wait.mjs";
import { Reader } from "./reader.mjs";

const here = (name) => join(import.meta.dirname, name);

const clients = {
  "eventsource (npm)": [process.execPath, here("eventsource.mjs")],
  "httpx-sse (PyPI)": [here(".venv/bin/python"), here("httpx_sse_reader.py")],
};

const ALICE = { user: "alice" };
const BOTH = { users: ["alice", "bob"] };
const EVERYONE = { everyone: true };

/** More than the group of events that the server commits at once would ever hold by chance. */
const BURST = 60;

describe("a stock client loses nothing and gets nothing twice", { concurrency: 2 }, () => {
  before(() => python(import.meta.dirname), { timeout: INSTALLING_MS });
  for (const [name, [command, script]] of Object.entries(clients)) {
    test(name, async (t) => {
      const server = await newServer(t);
      await server.start();
      const url = `${server.url}/api/v1/stream`;
      for (const user of ["alice", "bob"]) await introduce(server, user);
      const reader = new Reader(t, command, [script, url, server.token("alice")]);
      await reader.until("ready", () => reader.count("ready") === 1);
      const sent = await tell(server, reader);
      await compare(server, reader, sent);
      t.diagnostic(`${name}: ${reader.entries.length} events, ${reader.count("cut")} cuts`);
    });
  }
});

/** Plays the story. Resolves with the ids of alice's notifications in the order of their answers. */
async function tell(server, reader) {
  const sent = [];
  const send = async (to, title) => sent.push((await publishAtLast(server, { to, title })).id);
  const caughtUp = () =>
    reader.until(`all ${sent.length} are read`, () => reader.count("notification") >= sent.length);

  await send(ALICE, "live: to one");
  await send(BOTH, "live: to several");
  await publish(server, { to: { user: "bob" }, title: "not for this reader" });
  await send(EVERYONE, "live: to everyone");
  await caughtUp();

  await server.kill();
  await reader.until("the cut is noticed", () => reader.count("cut") >= 1);
  await server.start();
  await send(EVERYONE, "while the client is away: to everyone");
  await send(ALICE, "while the client is away: to one");
  await reader.until("live again", () => reader.count("ready") >= 2);
  await send(BOTH, "after the first cut");
  await markRead(server, sent[0]);
  await caughtUp();

  await crashInTheMiddle(server, sent);
  await caughtUp();
  await reader.until("live a third time", () => reader.count("ready") >= 3);
  await send(ALICE, "the last one");
  await caughtUp();
  return sent;
}

async function markRead(server, id) {
  const marked = await request(server, server.token("alice"), "PATCH", `/notifications/${id}`, {
    read: true,
  });
  assert.equal(marked.status, 200);
}

/** kill -9 while notifications are being written, one after the other. */
async function crashInTheMiddle(server, sent) {
  const goal = sent.length + BURST;
  const writing = (async () => {
    while (sent.length < goal) {
      const to = [ALICE, BOTH, EVERYONE][sent.length % 3];
      sent.push((await publishAtLast(server, { to, title: `burst ${sent.length}` })).id);
    }
  })();
  await until("half of them are stored", () => sent.length >= goal - BURST / 2);
  await server.kill();
  await server.start();
  await writing;
}

async function compare(server, reader, sent) {
  const { entries } = reader;
  const notifications = entries.filter((line) => line.event === "notification");
  assert.deepEqual(
    notifications.map((line) => line.data.payload.id),
    sent,
    "what was acknowledged, in that order, each once",
  );
  assert.equal(reader.count("inbox.changed"), 1, "the mark is part of the story");
  for (const never of ["reset", "gave-up"]) assert.equal(reader.count(never), 0, never);

  const ids = entries.map((line) => line.id);
  assert.equal(new Set(ids).size, ids.length, "no cursor comes twice");
  for (const { id, data } of entries) assert.equal(data.id, id, "the envelope carries the SSE id");

  const seqs = byAudience(entries);
  assert.deepEqual([...seqs.keys()].sort(), ["everyone", "user:alice"]);
  for (const [audience, lines] of seqs) {
    const first = lines[0].data.seq;
    const dense = lines.map((_, index) => first + index);
    assert.deepEqual(
      lines.map((line) => line.data.seq),
      dense,
      `seq of ${audience}`,
    );
  }

  const inbox = await wholeInbox(server, "alice");
  assert.deepEqual(
    inbox.map((item) => item.id),
    sent,
    "the inbox says the same",
  );
  const unread = inbox.filter((item) => !item.read).length;
  assert.equal(entries.at(-1).data.unread, unread, "and so does the last count");
}

function byAudience(entries) {
  const groups = new Map();
  for (const line of entries) {
    const { audience } = line.data;
    groups.set(audience, [...(groups.get(audience) ?? []), line]);
  }
  return groups;
}
