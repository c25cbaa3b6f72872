// Put off, and told again: a snoozed notification goes, waits, and comes back as if it were new.

import assert from "node:assert/strict";
import { test } from "node:test";
import { change, get, publish } from "../support/http.mjs";
import { newProfile } from "./browser.mjs";
import { InboxPage } from "./inbox-page.mjs";
import { newWorld, PASSWORDS, signedIn, useBrowser } from "./world.mjs";

const browser = useBrowser();
const HOUR_MS = 3_600_000;

/** So soon that a test can wait for it, so late that a busy machine has asked for it before. */
const SOON_MS = 5_000;

/** The same, where somebody signs in before. */
const LATER_MS = 12_000;

const ago = (ms) => new Date(Date.now() - ms);

/** One notification, read. The clock of the page can be set. */
async function reader(t, draft = { title: "Water the plants" }) {
  const server = await newWorld(t);
  const { id } = await publish(server, { to: { user: "alice" }, ...draft });
  await change(server, "alice", id, { read: true });
  const context = await newProfile(t, browser());
  await context.clock.install({ time: new Date() });
  const page = await InboxPage.open(context, server.url);
  await page.signIn("alice", PASSWORDS.alice);
  await page.listed(id);
  assert.equal(await page.count(), 0);
  return { server, context, page, id };
}

const itemOf = (server, id) => get(server, server.token("alice"), `/notifications/${id}`);

async function isBackAsNew(page, id) {
  await page.page.locator(`[data-id="${id}"][data-read="false"]`).waitFor();
  await page.badgeSays(1);
}

test("in one hour: it goes at once, and comes back unread, with a toast", async (t) => {
  const { server, context, page, id } = await reader(t);
  // Where this page's clock stands, one hour from now is soon.
  await context.clock.setSystemTime(ago(HOUR_MS - SOON_MS));
  await page.snooze(id, "hour");
  await page.notListed(id);
  await page.at("undo-bar").getByText("Snoozed until").waitFor();
  const { snoozed_until } = await itemOf(server, id);
  assert.ok(Math.abs(Date.parse(snoozed_until) - Date.now()) < 2 * SOON_MS, snoozed_until);

  await isBackAsNew(page, id);
  await page.toasted("Water the plants");
  assert.ok(Date.now() >= Date.parse(snoozed_until), "not before its time");
  assert.deepEqual(await page.toastTitles(), ["Water the plants"]);
  assert.equal((await itemOf(server, id)).snoozed_until, undefined);
});

test("one that another device snoozed comes back on a page that never listed it", async (t) => {
  const server = await newWorld(t);
  const { id } = await publish(server, { to: { user: "alice" }, title: "Call the dentist" });
  const snoozed_until = new Date(Date.now() + LATER_MS).toISOString();
  await change(server, "alice", id, { snoozed_until });
  const { page } = await signedIn(t, browser(), server, "alice");
  await page.at("empty").waitFor();
  assert.equal(await page.count(), 0);
  await isBackAsNew(page, id);
  await page.toasted("Call the dentist");
});

test("while the page is closed: it is there as new when it opens, without a toast", async (t) => {
  const { server, context, page, id } = await reader(t);
  const other = (await signedIn(t, browser(), server, "alice")).page;
  const snoozed_until = new Date(Date.now() + SOON_MS).toISOString();
  await change(server, "alice", id, { snoozed_until });
  for (const each of [page, other]) await each.notListed(id);
  await page.page.close();
  await isBackAsNew(other, id); // it is over on the server
  const again = await InboxPage.open(context, server.url);
  await again.live();
  await isBackAsNew(again, id);
  assert.deepEqual(await again.toastTitles(), []);
});

test("any time: the field refuses the past, and takes the future", async (t) => {
  const { server, page, id } = await reader(t);
  await page.row(id).getByTestId("snooze").click();
  await page.at("snooze-custom").click();
  const field = page.at("snooze-until");
  await field.fill("2020-01-01T08:00");
  await page.at("snooze-confirm").click();
  await page.at("snooze-form").getByText("Choose a time in the future.").waitFor();
  assert.equal(await field.getAttribute("aria-invalid"), "true");
  assert.equal((await itemOf(server, id)).snoozed_until, undefined);

  await field.fill("2099-01-01T08:00");
  await page.at("snooze-confirm").click();
  await page.notListed(id);
  await page.view("snoozed");
  const told = await page.row(id).getByTestId("snoozed-until").textContent();
  assert.match(told, /Snoozed until .*Jan 1.*8:00/);
  const wanted = await page.page.evaluate(() => new Date("2099-01-01T08:00").toISOString());
  assert.equal((await itemOf(server, id)).snoozed_until, wanted);
});

test("brought back by hand it is unread, and the hand that did it needs no toast", async (t) => {
  const { server, page, id } = await reader(t);
  await page.snooze(id, "week");
  await page.notListed(id);
  await page.view("snoozed");
  await page.row(id).getByTestId("bring-back").click();
  await page.at("empty").waitFor();
  await page.view("all");
  await isBackAsNew(page, id);
  const { id: news } = await publish(server, { to: { user: "alice" }, title: "news" });
  await page.listed(news);
  await page.toast("news").waitFor();
  assert.deepEqual(await page.toastTitles(), ["news"]);
});
