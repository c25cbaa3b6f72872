// Who was away finds what came meanwhile: each once, as unread, and without a shower of toasts.

import assert from "node:assert/strict";
import { test } from "node:test";
import { publish } from "../support/http.mjs";
import { InboxPage } from "./inbox-page.mjs";
import { newWorld, signedIn, useBrowser } from "./world.mjs";

const browser = useBrowser();

test("what was sent while the page was closed is there when it opens, and makes no toasts", async (t) => {
  const server = await newWorld(t);
  const send = async (title) => (await publish(server, { to: { user: "alice" }, title })).id;
  const { context, page: before } = await signedIn(t, browser(), server, "alice");
  const old = [await send("old one"), await send("old two")];
  await before.rowsAre(2);
  await before.at("mark-all-read").click();
  await before.badgeSays(0);
  await before.page.close();

  const missed = [await send("missed one"), await send("missed two"), await send("missed three")];

  const page = await InboxPage.open(context, server.url);
  await page.live();
  await page.badgeSays(3);
  const expected = [
    ...missed.toReversed().map((id) => ({ id, read: false })),
    ...old.toReversed().map((id) => ({ id, read: true })),
  ];
  assert.deepEqual(await page.list(), expected);

  // The stream is live and in order: were there any other toast, it would have come before this one.
  const news = await send("news");
  await page.row(news).waitFor();
  await page.badgeSays(4);
  await page.toasts.first().waitFor();
  assert.deepEqual(await page.toastTitles(), ["news"]);
  assert.deepEqual(await page.list(), [{ id: news, read: false }, ...expected]);
});

test("more than a page of them: the badge is right, and all can be reached", async (t) => {
  const count = 120;
  const server = await newWorld(t);
  const made = [];
  for (let n = 0; n < count; n += 1) {
    made.push((await publish(server, { to: { user: "alice" }, title: `missed ${n}` })).id);
  }
  const { page } = await signedIn(t, browser(), server, "alice");
  await page.badge.filter({ hasText: "99+" }).waitFor();
  while (await page.at("load-more").count()) {
    const shown = await page.rows.count();
    await page.at("load-more").click();
    await page.rows.nth(shown).waitFor();
  }
  assert.deepEqual(
    (await page.list()).map((row) => row.id),
    made.toReversed(),
  );
  assert.deepEqual(await page.toastTitles(), []);
});
