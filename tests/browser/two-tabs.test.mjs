// What is done in one tab shows in the other, without a reload, and at nobody else's. Both share one connection.

import assert from "node:assert/strict";
import { test } from "node:test";
import { publish } from "../support/http.mjs";
import { until } from "../support/wait.mjs";
import { newProfile, refused } from "./browser.mjs";
import { connections } from "./client-host.mjs";
import { InboxPage } from "./inbox-page.mjs";
import { newWorld, PASSWORDS, signedIn, useBrowser } from "./world.mjs";

const browser = useBrowser();

/** Two tabs of one reader and one of another, with three unread notifications for everyone. */
async function threeTabs(t) {
  const server = await newWorld(t, ["alice", "bob"]);
  const { context, page: one } = await signedIn(t, browser(), server, "alice");
  const two = await InboxPage.open(context, server.url);
  await two.live();
  const { page: bob } = await signedIn(t, browser(), server, "bob");
  const made = [];
  const send = async (title) => {
    made.push((await publish(server, { to: { everyone: true }, title })).id);
  };
  for (const title of ["first", "second", "third"]) await send(title);
  for (const tab of [one, two, bob]) {
    await tab.rowsAre(3);
    await tab.badgeSays(3);
  }
  await connections(server, 2); // one of each browser
  const toasted = async (...tabs) => {
    const each = await Promise.all(tabs.map((tab) => tab.toastTitles()));
    return each.flat().sort();
  };
  for (const tabs of [[one, two], [bob]]) {
    await until("all were shown", async () => (await toasted(...tabs)).length >= 3);
    assert.deepEqual(await toasted(...tabs), ["first", "second", "third"], "each once a browser");
  }
  const marks = await Promise.all([two, bob].map((tab) => tab.neverReloaded()));

  /** Streams are in order: with the last one here, all that came before has been shown. */
  async function bobHasAllUnread() {
    await send("last");
    await bob.listed(made.at(-1));
    await bob.badgeSays(4);
    assert.deepEqual(await bob.unreadIds(), made.toReversed());
    for (const neverReloaded of marks) assert.ok(await neverReloaded());
  }
  return { server, one, two, made, bobHasAllUnread };
}

test("a notification marked read in one tab is read in the other", async (t) => {
  const { one, two, made, bobHasAllUnread } = await threeTabs(t);
  await one.row(made[1]).getByTestId("mark-read").click();
  for (const tab of [one, two]) {
    await tab.page.locator(`[data-id="${made[1]}"][data-read="true"]`).waitFor();
    await tab.badgeSays(2);
    assert.deepEqual(await tab.unreadIds(), [made[2], made[0]]);
  }
  await bobHasAllUnread();
});

test("all marked read in one tab is all read in the other, and unread again as well", async (t) => {
  const { one, two, made, bobHasAllUnread } = await threeTabs(t);
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
  await bobHasAllUnread();
});

test("a notification archived in one tab goes from the other, and comes back there", async (t) => {
  const { one, two, made, bobHasAllUnread } = await threeTabs(t);
  await one.row(made[1]).getByTestId("archive").click();
  for (const tab of [one, two]) {
    await tab.notListed(made[1]);
    await tab.badgeSays(2);
  }
  await two.view("archived");
  await two.listed(made[1]);
  await two.row(made[1]).getByTestId("unarchive").click();
  await two.notListed(made[1]);
  await one.listed(made[1]);
  await one.badgeSays(3);
  assert.deepEqual(await one.unreadIds(), made.toReversed());
  await bobHasAllUnread();
});

test("a notification snoozed in one tab goes from the other, and is brought back there", async (t) => {
  const { one, two, made, bobHasAllUnread } = await threeTabs(t);
  await one.snooze(made[1], "morning");
  for (const tab of [one, two]) {
    await tab.notListed(made[1]);
    await tab.badgeSays(2);
  }
  await two.view("snoozed");
  await two.row(made[1]).getByTestId("snoozed-until").waitFor();
  await two.row(made[1]).getByTestId("bring-back").click();
  await two.notListed(made[1]);
  await one.listed(made[1]);
  await one.badgeSays(3);
  assert.deepEqual(await one.unreadIds(), made.toReversed());
  await bobHasAllUnread();
});

test("a notification removed in one tab goes from the other", async (t) => {
  const { one, two, made, bobHasAllUnread } = await threeTabs(t);
  await one.row(made[1]).getByTestId("remove").click();
  await one.notListed(made[1]);
  assert.equal(await two.row(made[1]).count(), 1, "it can still be taken back");
  await one.at("undo-close").click();
  for (const tab of [one, two]) {
    await tab.notListed(made[1]);
    await tab.badgeSays(2);
  }
  await bobHasAllUnread();
});

test("a tab that is closed with the connection leaves it to the other, which misses nothing", async (t) => {
  const { server, one, two, made, bobHasAllUnread } = await threeTabs(t);
  await one.page.close();
  const { id } = await publish(server, { to: { user: "alice" }, title: "while nobody listened" });
  await two.listed(id);
  await two.badgeSays(4);
  await two.live();
  assert.deepEqual(await two.unreadIds(), [id, ...made.toReversed()]);
  await connections(server, 2);
  await bobHasAllUnread();
});

test("a browser too many says so, with its list, and has news when another one has gone", async (t) => {
  const server = await newWorld(t, ["alice"], { TIDINGS_STREAMS_PER_USER: "1" });
  const { id } = await publish(server, { to: { user: "alice" }, title: "before" });
  const { page: one } = await signedIn(t, browser(), server, "alice");
  const allow = [refused(429, /\/api\/v1\/(stream|events)/)];
  const two = await InboxPage.open(await newProfile(t, browser(), { allow }), server.url);
  await two.at("user").fill("alice");
  await two.at("password").fill(PASSWORDS.alice);
  await two.form.getByRole("button", { name: "Sign in" }).click();
  const notice = two.page.getByText("Too many tabs or devices are connected");
  await notice.waitFor();
  await two.listed(id);
  await one.page.close();
  await two.live();
  await notice.waitFor({ state: "detached" });
});
