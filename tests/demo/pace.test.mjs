import assert from "node:assert/strict";
import { createServer } from "node:http";
import { once } from "node:events";
import { test } from "node:test";
import { between, retryAfterMs, send } from "./pace.mjs";

test("Retry-After is seconds, or a date, and never for ever", () => {
  const now = Date.parse("2026-11-20T12:00:00Z");
  assert.equal(retryAfterMs("3", now), 3000);
  assert.equal(retryAfterMs("0", now), 0);
  assert.equal(retryAfterMs("Fri, 20 Nov 2026 12:00:05 GMT", now), 5000);
  assert.equal(retryAfterMs("Fri, 20 Nov 2026 11:00:00 GMT", now), 0);
  assert.equal(retryAfterMs("999999", now), 60_000);
  for (const nothing of [null, undefined, "", "soon"])
    assert.equal(retryAfterMs(nothing, now), 1000);
});

test("the pace lies between its bounds", () => {
  assert.equal(
    between(2000, 6000, () => 0),
    2000,
  );
  assert.equal(
    between(2000, 6000, () => 0.5),
    4000,
  );
});

/** A stand-in that answers with each of these once. */
async function answering(t, ...answers) {
  const seen = [];
  const stub = createServer((request, response) => {
    seen.push({ key: request.headers["idempotency-key"], path: request.url });
    const [status, headers, body] = answers.shift();
    if (status === 0) return request.socket.destroy();
    response.writeHead(status, headers).end(body);
  }).listen(0, "127.0.0.1");
  t.after(() => stub.close());
  await once(stub, "listening");
  return { url: `http://127.0.0.1:${stub.address().port}`, token: "t", seen };
}

test("busy or cut off, it comes back with the same key after the time that was asked for", async (t) => {
  const target = await answering(
    t,
    [429, { "retry-after": "2" }],
    [0],
    [503, { "retry-after": "1" }],
    [201, {}, '{"id":"n1"}'],
  );
  const waits = [];
  const made = await send(target, { title: "a" }, "k1", { wait: async (ms) => waits.push(ms) });
  assert.equal(made.id, "n1");
  assert.deepEqual(waits, [2000, 500, 1000]);
  assert.deepEqual([...new Set(target.seen.map(({ key }) => key))], ["k1"]);
});

test("a refusal is an error at once", async (t) => {
  const target = await answering(t, [422, {}, '{"code":"invalid_title"}']);
  await assert.rejects(send(target, {}, "k1"), /422.*invalid_title/);
  assert.equal(target.seen.length, 1);
});

test("it can be called off while it waits", async (t) => {
  const target = await answering(t, [503, { "retry-after": "30" }]);
  const off = new AbortController();
  const sending = send(target, {}, "k1", { signal: off.signal, say: () => off.abort() });
  await assert.rejects(sending, { name: "AbortError" });
});
