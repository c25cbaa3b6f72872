// The proxy, by itself: in front of a server of three frames, what a client gets byte by byte.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { connect } from "node:net";
import { test } from "node:test";
import { onEnd } from "../support/cleanup.mjs";
import { until } from "../support/wait.mjs";
import * as faults from "./proxy.mjs";
import { Proxy } from "./proxy.mjs";
import { SocketEntries, socketFrame, SseEntries } from "./proxy/entries.mjs";

const frame = (seq) =>
  `id: ${seq}\nevent: notification\ndata: {"id":"${seq}","type":"notification","seq":${seq},"title":"né ${seq}"}\n\n`;
const READY = 'id: 0\nevent: ready\ndata: {"unread":0,"unseen":0}\n\n';
const HEART = "id: 3\n\n";
const ALL = [READY, frame(1), frame(2), frame(3), HEART];
const PAGE = {
  events: [1, 2, 3].map((seq) => ({ id: `${seq}`, type: "notification", seq })),
  cursor: "3",
  more: false,
};

/** A server that says all of it, and ends or not. */
async function newWorld(t, { ends = true, retryAfter } = {}) {
  const target = createServer((request, response) => {
    if (request.url.includes("/events")) return response.end(JSON.stringify(PAGE));
    if (!request.url.includes("/stream")) return response.end("other");
    response.writeHead(200, { "content-type": "text/event-stream", ...retryAfter });
    response.write(ALL.join(""));
    if (ends) response.end();
  });
  target.listen(0, "127.0.0.1");
  await once(target, "listening");
  onEnd(t, () => {
    target.closeAllConnections();
    return new Promise((closed) => target.close(closed));
  });
  const proxy = await Proxy.start({ target: `http://127.0.0.1:${target.address().port}`, seed: 7 });
  onEnd(t, () => proxy.close());
  return proxy;
}

const url = (proxy, path = "stream") => `${proxy.url}/api/v1/${path}`;
const bodyOf = async (proxy, path) => (await fetch(url(proxy, path))).text();
const seqsOf = (text) => [...text.matchAll(/"seq":(\d+)/g)].map(([, seq]) => Number(seq));

test("without a plan every byte passes, and is counted as one try", async (t) => {
  const proxy = await newWorld(t);
  assert.equal(await bodyOf(proxy), ALL.join(""));
  assert.equal(proxy.tries.length, 1);
  const [{ kind, passed, outcome }] = proxy.tries;
  assert.deepEqual({ kind, passed, outcome }, { kind: "stream", passed: true, outcome: "ended" });
  assert.equal(await bodyOf(proxy, "inbox"), "other");
  assert.equal(proxy.tries.length, 1, "what brings no notifications is no try");
  assert.deepEqual(proxy.done, {});
});

const EDITS = [
  [faults.lose(), [2, 3]],
  [faults.lose(2), [3]],
  [faults.repeat(), [1, 1, 2, 3]],
  [faults.repeat(9), [1, 1, 2, 2, 3, 3]],
  [faults.repeatPage(), [1, 2, 1, 2, 3]],
  [faults.swap(), [2, 1, 3]],
];
for (const path of ["stream", "events"]) {
  for (const [fault, expected] of EDITS) {
    test(`${fault.name} ${fault.times} on ${path}: ${expected}`, async (t) => {
      const proxy = await newWorld(t);
      const plan = proxy.plan(fault);
      const text = await bodyOf(proxy, path);
      assert.deepEqual(seqsOf(text), expected);
      assert.equal(proxy.done[fault.name], plan.used);
      assert.ok(plan.used > 0);
      if (path === "events") assert.equal(JSON.parse(text).cursor, "3");
      else assert.ok(text.startsWith(READY) && text.endsWith(HEART), "the rest as it came");
    });
  }
}

/** What comes, packet by packet, and how it ends. */
async function raw(proxy, path = "stream") {
  const client = connect(proxy.port, "127.0.0.1");
  const packets = [];
  let error = null;
  client.on("data", (bytes) => packets.push(bytes.toString("latin1")));
  client.on("error", (reason) => (error = reason.code));
  client.write(`GET /api/v1/${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
  const over = Promise.race([once(client, "end"), once(client, "close")]).catch(() => {});
  return { client, packets, over, text: () => packets.join(""), error: () => error };
}

for (const how of ["rst", "fin", "end"]) {
  test(`cut inside an event: ${how}`, async (t) => {
    const proxy = await newWorld(t, { ends: false });
    proxy.plan(faults.cutInside(how));
    const { over, text, error, client } = await raw(proxy);
    await over;
    client.destroy();
    assert.match(text(), /event: ready/);
    assert.match(text(), /id: 1\nevent/);
    assert.doesNotMatch(text(), /"seq":1/);
    assert.equal(text().endsWith("0\r\n\r\n"), how === "end", "a proper end");
    assert.equal(error(), how === "rst" ? "ECONNRESET" : null);
    assert.equal(proxy.done[`cut inside ${how}`], 1);
  });
}

test("a page is cut too", async (t) => {
  const proxy = await newWorld(t);
  proxy.plan(faults.cutInside("fin"));
  await assert.rejects(bodyOf(proxy, "events"));
});

test("every byte is a packet of its own, and all come", async (t) => {
  const proxy = await newWorld(t);
  proxy.plan(faults.everyByte());
  const { over, text } = await raw(proxy);
  await over;
  const chunks = text().split("\r\n\r\n").slice(1).join("\r\n\r\n").split("\r\n");
  const sizes = chunks.filter((_, at) => at % 2 === 0).slice(0, -2);
  assert.equal(sizes.length, Buffer.byteLength(ALL.join("")));
  assert.ok(sizes.every((size) => size === "1"));
  assert.equal(await bodyOf(proxy), ALL.join(""));
});

test("it splits anywhere, in the same places for the same seed", async (t) => {
  const pieces = (seed) => {
    const line = { dice: faults.newDice(seed) };
    return faults
      .anywhere()
      .pieces(Buffer.from(ALL.join("")), line)
      .map(String);
  };
  assert.deepEqual(pieces(1), pieces(1));
  assert.notDeepEqual(pieces(1), pieces(2));
  const proxy = await newWorld(t);
  proxy.plan(faults.anywhere());
  assert.equal(await bodyOf(proxy), ALL.join(""));
});

test("noise is what the standard ignores, before each frame", async (t) => {
  const proxy = await newWorld(t);
  proxy.plan(faults.noise());
  const text = await bodyOf(proxy);
  for (const it of ALL) assert.ok(text.includes(it));
  assert.ok(text.length > ALL.join("").length + 5 * 2);
  assert.equal(proxy.done.noise, ALL.length);
});

test("lines end with CR, or CR LF, and it begins with a mark", async (t) => {
  const proxy = await newWorld(t);
  const plan = proxy.plan(faults.carriageReturns());
  assert.equal(await bodyOf(proxy), ALL.join("").replaceAll("\n", "\r"));
  plan.end();
  proxy.plan(faults.bothEnds());
  proxy.plan(faults.byteOrderMark());
  const bytes = Buffer.from(await (await fetch(url(proxy))).arrayBuffer());
  assert.deepEqual([...bytes.subarray(0, 3)], [0xef, 0xbb, 0xbf]);
  assert.equal(bytes.subarray(3).toString(), ALL.join("").replaceAll("\n", "\r\n"));
});

test("it buffers until it has enough, or it is over", async (t) => {
  const proxy = await newWorld(t, { ends: false });
  const plan = proxy.plan(faults.buffering(64));
  const { client, text } = await raw(proxy);
  await until("it has been asked for", () => plan.used > 0);
  await until("the head is there", () => text().includes("\r\n\r\n"));
  assert.ok(!text().includes("ready"));
  assert.equal(proxy.live, false);
  client.destroy();
  const other = await newWorld(t);
  other.plan(faults.buffering(64));
  assert.equal(await bodyOf(other), ALL.join(""));
  const small = await newWorld(t, { ends: false });
  small.plan(faults.buffering(0.2));
  const read = await raw(small);
  await until("what is enough has come", () => read.text().includes("ready"));
  read.client.destroy();
});

test("it answers by itself, so many times", async (t) => {
  const proxy = await newWorld(t);
  proxy.plan(faults.answer(503, { headers: { "retry-after": "2" }, times: 1 }));
  const first = await fetch(url(proxy));
  assert.equal(first.status, 503);
  assert.equal(first.headers.get("retry-after"), "2");
  assert.equal(proxy.tries[0].asked, 2_000);
  assert.equal((await fetch(url(proxy))).status, 200);
  proxy.plan(faults.answer(204, { times: 1 }));
  assert.equal((await fetch(url(proxy))).status, 204);
  proxy.plan(faults.portal({ times: 1 }), { on: "api" });
  const portal = await fetch(url(proxy, "inbox"));
  assert.deepEqual([portal.status, portal.headers.get("content-type")], [200, "text/html"]);
});

test("it redirects to an address that it knows", async (t) => {
  const proxy = await newWorld(t);
  proxy.plan(faults.redirect());
  const answer = await fetch(url(proxy));
  assert.ok(answer.redirected);
  assert.equal(await answer.text(), ALL.join(""));
  assert.deepEqual(
    proxy.tries.map(({ fault }) => fault),
    ["redirect", undefined],
  );
});

test("it says nothing, before the answer or after an event", async (t) => {
  const proxy = await newWorld(t, { ends: false });
  const silent = proxy.plan(faults.silence(1));
  const first = await raw(proxy);
  await until("it was asked", () => silent.used === 1);
  const stalled = proxy.plan(faults.stallAfter());
  const second = await raw(proxy);
  await until("one event is there", () => second.text().includes('"seq":1'));
  await until("it stalls", () => stalled.used === 1 && !proxy.live);
  assert.equal(first.text(), "");
  assert.ok(!second.text().includes('"seq":2'));
  assert.equal(proxy.carriers.length, 2, "neither is closed");
  for (const { client } of [first, second]) client.destroy();
});

test("it hangs up, refuses and comes back", async (t) => {
  const proxy = await newWorld(t);
  proxy.plan(faults.hangUp("rst", 1));
  await assert.rejects(fetch(url(proxy)), ({ cause }) => cause.code === "ECONNRESET");
  await proxy.refuse();
  await assert.rejects(fetch(url(proxy)), ({ cause }) => cause.code === "ECONNREFUSED");
  await proxy.heal();
  assert.equal(await bodyOf(proxy), ALL.join(""));
});

test("frozen, nothing moves; thawed, nothing is lost", async (t) => {
  const proxy = await newWorld(t, { ends: false });
  proxy.freeze();
  const { client, text } = await raw(proxy);
  await until("it is asked", () => proxy.carriers.length === 1);
  assert.equal(proxy.live, false);
  assert.equal(text(), "");
  proxy.thaw();
  await until("all is there", () => text().includes('"seq":3'));
  assert.equal(proxy.live, true);
  proxy.cut("rst");
  await once(client, "close").catch(() => {});
  assert.equal(proxy.tries[0].outcome, "cut rst");
});

test("it delays", async (t) => {
  const proxy = await newWorld(t);
  proxy.plan(faults.delay(120, 1));
  const began = performance.now();
  await bodyOf(proxy);
  assert.ok(performance.now() - began >= 115);
});

test("frames of a WebSocket are found however they are cut", () => {
  const texts = [
    "{}",
    JSON.stringify({ event: "notification", data: { seq: 1, text: "x".repeat(500) } }),
  ];
  const whole = Buffer.concat(texts.map((text) => socketFrame(text)));
  const entries = new SocketEntries();
  const found = [...whole].flatMap((byte) => entries.push(Buffer.of(byte)));
  assert.deepEqual(
    found.map(({ said }) => said),
    texts.map((text) => JSON.parse(text)),
  );
  assert.deepEqual(Buffer.concat(found.map(({ bytes }) => bytes)), whole);
});

test("an entry without an end is not kept for ever", () => {
  const entries = new SseEntries();
  const piece = Buffer.alloc(1024 * 1024, 0x61);
  assert.throws(() => {
    for (let megabytes = 0; megabytes < 9; megabytes += 1) entries.push(piece);
  }, RangeError);
});
