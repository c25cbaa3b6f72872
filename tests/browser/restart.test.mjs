// kill -9 of the server under an open page: the page says so, comes back, and has everything once.

import assert from "node:assert/strict";
import { test } from "node:test";
import { get, publish, wholeInbox } from "../support/http.mjs";
import { SERVER_AWAY } from "./browser.mjs";
import { newWorld, signedIn, useBrowser } from "./world.mjs";

const browser = useBrowser();
const ROUNDS = 2;

test("a killed server loses nothing, and the page shows nothing twice", async (t) => {
  const server = await newWorld(t);
  const send = async (to, title) => (await publish(server, { to, title })).id;
  const { page } = await signedIn(t, browser(), server, "alice", { allow: [SERVER_AWAY] });
  const sent = [];

  for (let round = 1; round <= ROUNDS; round += 1) {
    sent.push(await send({ user: "alice" }, `${round}: before`));
    sent.push(await send({ everyone: true }, `${round}: just before`));
    await server.kill();
    await page.inState("reconnecting");
    await server.start();
    sent.push(await send({ user: "alice" }, `${round}: while the page is away`));
    sent.push(await send({ everyone: true }, `${round}: still away`));
    const began = Date.now();
    await page.live();
    t.diagnostic(`round ${round}: live again ${Date.now() - began} ms after the server was ready`);
    sent.push(await send({ user: "alice" }, `${round}: after`));
    await page.rowsAre(sent.length);
  }

  await page.badgeSays(sent.length);
  assert.deepEqual(
    (await page.list()).map((row) => row.id),
    sent.toReversed(),
  );
  const links = (await page.history()).links.map(({ text }) => text);
  assert.equal(links.at(-1), "live");
  assert.ok(links.filter((link) => link === "reconnecting").length >= ROUNDS, links.join(" "));

  const { unread } = await get(server, server.token("alice"), "/inbox");
  assert.equal(await page.count(), unread);
  assert.deepEqual(
    (await wholeInbox(server, "alice")).map((item) => item.id),
    sent,
  );
});

test("a server that is stopped in order ends its streams itself, and the page comes back", async (t) => {
  const server = await newWorld(t);
  const send = async (title) => (await publish(server, { to: { user: "alice" }, title })).id;
  const { page } = await signedIn(t, browser(), server, "alice", { allow: [SERVER_AWAY] });
  const sent = [await send("before")];
  await page.row(sent[0]).waitFor();
  assert.equal(await server.stop(), 0, "it ends without an error, although a stream was open");
  await page.inState("reconnecting");
  await server.start();
  sent.push(await send("after"));
  await page.live();
  await page.rowsAre(2);
  await page.badgeSays(2);
  assert.deepEqual(
    (await page.list()).map((row) => row.id),
    sent.toReversed(),
  );
});

test("a mark made while the server is away is not lost in silence", async (t) => {
  const server = await newWorld(t);
  const { page } = await signedIn(t, browser(), server, "alice", { allow: [SERVER_AWAY] });
  const { id } = await publish(server, { to: { user: "alice" }, title: "unread" });
  await page.row(id).waitFor();
  await server.kill();
  await page.inState("reconnecting");
  await page.row(id).getByTestId("mark-read").click();
  await page.toasts.filter({ hasText: "Could not mark as read" }).waitFor();
  assert.deepEqual(await page.list(), [{ id, read: false }]);
  await server.start();
  await page.live();
  await page.row(id).getByTestId("mark-read").click();
  await page.badgeSays(0);
});
