// The proxy before a WebSocket: what a client gets, frame by frame.

import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { test } from "node:test";
import { onEnd } from "../support/cleanup.mjs";
import { until } from "../support/wait.mjs";
import { answer, cutInside, hangUp, lose, noise, Proxy, stallAfter, swap } from "./proxy.mjs";
import { SocketEntries, socketFrame } from "./proxy/entries.mjs";

const message = (seq) =>
  JSON.stringify({ event: "notification", id: `${seq}`, data: { seq, title: "né".repeat(99) } });
const READY = JSON.stringify({ event: "ready", data: { unread: 0, unseen: 0 } });
const ALL = [READY, message(1), message(2), message(3)];
const ACCEPTED =
  "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";

/** A server that takes every handshake, says all of it at once, and keeps what it hears. */
async function newWorld(t, greeting = ACCEPTED) {
  const heard = [];
  const target = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", (head) => {
      heard.push(head.toString());
      socket.on("data", (bytes) => heard.push(bytes.toString("latin1")));
      socket.write(Buffer.concat([Buffer.from(greeting), ...ALL.map((text) => socketFrame(text))]));
    });
    onEnd(t, () => socket.destroy());
  });
  target.listen(0, "127.0.0.1");
  await once(target, "listening");
  onEnd(t, () => target.close());
  const proxy = await Proxy.start({ target: `http://127.0.0.1:${target.address().port}`, seed: 3 });
  onEnd(t, () => proxy.close());
  return { proxy, heard };
}

async function open(t, proxy) {
  const client = connect(proxy.port, "127.0.0.1");
  let bytes = Buffer.alloc(0);
  let over = null;
  client.on("data", (more) => (bytes = Buffer.concat([bytes, more])));
  client.on("error", (error) => (over = error.code));
  client.on("end", () => (over ??= "end"));
  client.write(
    "GET /api/v1/ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
      "Sec-WebSocket-Extensions: permessage-deflate\r\nSec-WebSocket-Key: abc\r\n\r\n",
  );
  onEnd(t, () => client.destroy());
  const entries = () => {
    const from = bytes.indexOf("\r\n\r\n") + 4;
    return from < 4 ? [] : new SocketEntries().push(bytes.subarray(from));
  };
  return {
    client,
    text: () => bytes.toString("latin1"),
    said: () => entries().map(({ said }) => said?.data.seq ?? said?.event ?? "control"),
    over: () => over,
  };
}

test("handshake and frames pass, both ways; only compression is withheld", async (t) => {
  const { proxy, heard } = await newWorld(t);
  const { client, said } = await open(t, proxy);
  await until("all have come", () => said().length === 4);
  assert.deepEqual(said(), ["ready", 1, 2, 3]);
  assert.equal(proxy.live, true);
  assert.match(heard[0], /^GET \/api\/v1\/ws HTTP\/1.1\r\nHost: x\r\n/);
  assert.doesNotMatch(heard[0], /extensions/i);
  client.write("from the client");
  await until("it has come", () => heard[1] === "from the client");
});

for (const [fault, expected] of [
  [lose(), ["ready", 2, 3]],
  [swap(), ["ready", 2, 1, 3]],
]) {
  test(`${fault.name}: ${expected}`, async (t) => {
    const { proxy } = await newWorld(t);
    proxy.plan(fault);
    const { said } = await open(t, proxy);
    await until("the last has come", () => said().includes(3));
    assert.deepEqual(said(), expected);
  });
}

test("noise is what a WebSocket ignores", async (t) => {
  const { proxy } = await newWorld(t);
  proxy.plan(noise());
  const { said } = await open(t, proxy);
  await until("all have come", () => said().length === 8);
  assert.deepEqual(
    said().filter((_, at) => at % 2 === 1),
    ["ready", 1, 2, 3],
  );
  assert.ok(said().every((one, at) => at % 2 === 1 || ["control", "x-nonsense"].includes(one)));
});

test("who takes leave has left then, and not when it is over", async (t) => {
  const { proxy, heard } = await newWorld(t);
  const { client, said } = await open(t, proxy);
  await until("all have come", () => said().length === 4);
  client.write(Buffer.from([0x88, 0x80, 1, 2, 3, 4]));
  await until("it has come", () => heard.length === 2);
  const before = performance.now();
  client.destroy();
  const [{ endedAt, outcome }] = await until(
    "it is over",
    () => proxy.carriers.length === 0 && proxy.tries,
  );
  assert.equal(outcome, "left");
  assert.ok(endedAt < before);
});

test("it is cut inside a frame, by RST", async (t) => {
  const { proxy } = await newWorld(t);
  proxy.plan(cutInside("rst"));
  const { said, over, text } = await open(t, proxy);
  await until("it is over", over);
  assert.equal(over(), "ECONNRESET");
  assert.deepEqual(said(), ["ready"]);
  assert.match(text(), /"seq":1/, "a part of it has come");
});

test("it stalls after an event, and is not closed", async (t) => {
  const { proxy } = await newWorld(t);
  const plan = proxy.plan(stallAfter());
  const { said, over } = await open(t, proxy);
  await until("it stalls", () => plan.used === 1 && !proxy.live);
  await until("the event has come", () => said().length === 2);
  assert.equal(over(), null);
});

test("the handshake is answered, or hung up", async (t) => {
  const { proxy } = await newWorld(t);
  proxy.plan(answer(503, { headers: { "retry-after": "2" }, times: 1 }));
  const first = await open(t, proxy);
  await until("it is over", first.over);
  assert.match(first.text(), /^HTTP\/1.1 503 .*\r\nretry-after: 2\r\n/);
  assert.equal(proxy.tries[0].asked, 2_000);
  proxy.plan(hangUp("rst", 1));
  const second = await open(t, proxy);
  await until("it is over", second.over);
  assert.equal(second.over(), "ECONNRESET");
});

test("a refusal of the server passes as it is", async (t) => {
  const refusal = "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n";
  const { proxy } = await newWorld(t, refusal);
  const { text } = await open(t, proxy);
  await until("it has come", () => text().startsWith(refusal));
  assert.notEqual(proxy.tries[0].passed, true);
});
