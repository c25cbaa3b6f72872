// What a reader does not want to be bothered with: muted, or at quiet hours.

import assert from "node:assert/strict";
import { test } from "node:test";
import { asAdmin, get, publish, request } from "../support/http.mjs";
import { until } from "../support/wait.mjs";
import { InboxPage } from "./inbox-page.mjs";
import { newWorld, signedIn, useBrowser } from "./world.mjs";

const browser = useBrowser();

async function preferring(t) {
  const server = await newWorld(t);
  const { context, page } = await signedIn(t, browser(), server, "alice");
  await page.visit("preferences", "Preferences");
  await page.at("preferences-form").waitFor();
  const send = async (draft) => (await publish(server, { to: { user: "alice" }, ...draft })).id;
  return { server, context, page, send };
}

async function save(page) {
  await page.at("save-preferences").click();
  await page.at("preferences-saved").waitFor();
}

async function openInbox(page) {
  await page.page.getByRole("link", { name: "Tidings" }).click();
  await page.at("view-all").waitFor();
}

/** Streams are in order: what came before the last one has had its chance. */
async function onlyToasts(page, titles) {
  await page.toast(titles.at(-1)).waitFor();
  assert.deepEqual(await page.toastTitles(), titles);
}

test("a muted level is listed as muted, without a toast and uncounted; critical is not muted", async (t) => {
  const { page, send } = await preferring(t);
  await page.at("mute-level-info").check();
  await save(page);
  await openInbox(page);

  const muted = await send({ title: "Not now", level: "info" });
  const critical = await send({ title: "Fire", level: "info", critical: true });
  const warning = await send({ title: "Smoke", level: "warning" });
  await page.rowsAre(3);
  await onlyToasts(page, ["CriticalFire", "Smoke"]);
  await page.badgeSays(2);
  assert.deepEqual(await page.unreadIds(), [warning, critical]);
  await page.page.locator(`[data-id="${muted}"][data-muted="true"]`).waitFor();
  assert.equal(await page.row(muted).getByTestId("muted").textContent(), "Muted");
  assert.equal(await page.at("muted").count(), 1, "no other says so");

  await page.view("unread");
  await page.notListed(muted);
  await page.rowsAre(2);
  await page.page.reload();
  await page.live();
  await page.badgeSays(2);
  await page.view("all");
  await page.page.locator(`[data-id="${muted}"][data-muted="true"]`).waitFor();

  // Unmuting does not count older ones.
  await page.visit("preferences", "Preferences");
  await page.at("mute-level-info").uncheck();
  await save(page);
  await openInbox(page);
  await send({ title: "Now", level: "info" });
  await page.toast("Now").waitFor();
  await page.badgeSays(3);
});

test("a category and a topic can be muted", async (t) => {
  const { server, page, send } = await preferring(t);
  await asAdmin(server, "PUT", "/admin/topics/lunch", { title: "Lunch", open: true });
  await asAdmin(server, "POST", "/admin/topics/lunch/members", { users: ["alice"] });
  await page.page.reload(); // the topics to choose from are asked for when the page opens
  await page.live();
  await page.at("category-to-mute").fill("builds");
  await page.at("mute-category").click();
  await page.at("category-to-mute").fill("chatter");
  await page.page.keyboard.press("Enter");
  await page.at("mute-topic-lunch").check();
  await save(page);
  assert.deepEqual((await get(server, server.token("alice"), "/preferences")).muted, {
    topics: ["lunch"],
    categories: ["builds", "chatter"],
    levels: [],
  });

  await openInbox(page);
  await send({ title: "Build 1", category: "builds" });
  await publish(server, { to: { topic: "lunch" }, title: "Soup" });
  await send({ title: "Deployed", category: "deploys" });
  await page.rowsAre(3);
  await onlyToasts(page, ["Deployed"]);
  await page.badgeSays(1);
  assert.equal(await page.at("muted").count(), 2);

  await page.visit("preferences", "Preferences");
  assert.deepEqual(await page.at("muted-category").locator("span:first-child").allTextContents(), [
    "builds",
    "chatter",
  ]);
  assert.ok(await page.at("mute-topic-lunch").isChecked());
});

test("at quiet hours there are no toasts but critical ones, and all is counted", async (t) => {
  const { page, send } = await preferring(t);
  const at = (ms) => new Date(Date.now() + ms).toISOString().slice(11, 16);
  await page.at("quiet").check();
  await page.at("quiet-from").fill(at(-2 * 3_600_000));
  await page.at("quiet-to").fill(at(2 * 3_600_000));
  await page.at("quiet-zone").selectOption("UTC");
  await save(page);

  await send({ title: "Whisper" });
  await send({ title: "Fire", critical: true });
  await onlyToasts(page, ["CriticalFire"]);
  await page.badgeSays(2);

  await page.at("quiet-from").fill(at(2 * 3_600_000));
  await page.at("quiet-to").fill(at(4 * 3_600_000));
  await save(page);
  await send({ title: "Aloud" });
  await onlyToasts(page, ["CriticalFire", "Aloud"]);
  await page.badgeSays(3);

  await page.page.reload();
  await page.at("quiet").waitFor();
  assert.ok(await page.at("quiet").isChecked());
  assert.equal(await page.at("quiet-zone").inputValue(), "UTC");
});

test("what is saved in one tab holds in the other, and does not take what is being written there", async (t) => {
  const { server, context, page: one, send } = await preferring(t);
  const two = await InboxPage.open(context, `${server.url}/preferences`);
  await two.at("preferences-form").waitFor();
  await one.at("mute-level-info").check();
  await save(one);
  await two.page.locator('[data-testid="mute-level-info"]:checked').waitFor();
  await send({ title: "Muted in both" });
  await send({ title: "Heard in both", level: "error" });
  const toasted = async () => [...(await one.toastTitles()), ...(await two.toastTitles())];
  for (const page of [one, two]) await page.badgeSays(1);
  await until("one of both shows it", async () => (await toasted()).length > 0);
  assert.deepEqual(await toasted(), ["Heard in both"]);

  await two.at("mute-level-success").check();
  await one.at("mute-level-warning").check();
  await save(one);
  await two.at("changed-elsewhere").waitFor();
  assert.ok(await two.at("mute-level-success").isChecked(), "it is still there");
  await two.at("show-elsewhere").click();
  await two.at("changed-elsewhere").waitFor({ state: "detached" });
  assert.ok(await two.at("mute-level-warning").isChecked());
  assert.ok(!(await two.at("mute-level-success").isChecked()));
});

test("preferences are each reader's own", async (t) => {
  const server = await newWorld(t, ["alice", "bob"]);
  const muted = { topics: [], categories: [], levels: ["info"] };
  const put = await request(server, server.token("alice"), "PUT", "/preferences", { muted });
  assert.ok(put.status < 300, JSON.stringify(put.body));
  const { page: bob } = await signedIn(t, browser(), server, "bob");
  await publish(server, { to: { everyone: true }, title: "For everyone" });
  await bob.toast("For everyone").waitFor();
  await bob.badgeSays(1);
});
