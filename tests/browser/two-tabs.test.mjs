// What is done in one tab shows in the other, without a reload.

import assert from "node:assert/strict";
import { test } from "node:test";
import { publish } from "../support/http.mjs";
import { InboxPage } from "./inbox-page.mjs";
import { newWorld, signedIn, useBrowser } from "./world.mjs";

const browser = useBrowser();

/** Two tabs of one reader, with three unread notifications. */
async function twoTabs(t) {
  const server = await newWorld(t);
  const { context, page: one } = await signedIn(t, browser(), server, "alice");
  const two = await InboxPage.open(context, server.url);
  await two.live();
  // A reload would take this mark away.
  await two.page.evaluate(() => (globalThis.neverReloaded = true));
  const made = [];
  for (const title of ["first", "second", "third"]) {
    made.push((await publish(server, { to: { user: "alice" }, title })).id);
  }
  for (const tab of [one, two]) {
    await tab.rowsAre(3);
    await tab.badgeSays(3);
  }
  const notReloaded = () => two.page.evaluate(() => globalThis.neverReloaded === true);
  return { server, context, one, two, made, notReloaded };
}

test("a notification marked read in one tab is read in the other", async (t) => {
  const { one, two, made, notReloaded } = await twoTabs(t);
  await one.row(made[1]).getByTestId("mark-read").click();
  for (const tab of [one, two]) {
    await tab.page.locator(`[data-id="${made[1]}"][data-read="true"]`).waitFor();
    await tab.badgeSays(2);
    assert.deepEqual(await tab.unreadIds(), [made[2], made[0]]);
  }
  assert.ok(await notReloaded());
});

test("all marked read in one tab is all read in the other, and unread again as well", async (t) => {
  const { one, two, made, notReloaded } = await twoTabs(t);
  await one.at("mark-all-read").click();
  for (const tab of [one, two]) {
    await tab.badgeSays(0);
    assert.deepEqual(await tab.unreadIds(), []);
  }
  await two.row(made[0]).getByTestId("mark-unread").click();
  for (const tab of [one, two]) {
    await tab.page.locator(`[data-id="${made[0]}"][data-read="false"]`).waitFor();
    await tab.badgeSays(1);
  }
  assert.ok(await notReloaded());
});
