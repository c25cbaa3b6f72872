// Topics: what a reader joins and leaves, and what comes of it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { asAdmin, publish, wholeInbox } from "../support/http.mjs";
import { until } from "../support/wait.mjs";
import { InboxPage } from "./inbox-page.mjs";
import { newWorld, signedIn, useBrowser } from "./world.mjs";

const browser = useBrowser();

async function world(t, users = ["alice"]) {
  const server = await newWorld(t, users);
  const { context, page } = await signedIn(t, browser(), server, "alice");
  return { server, context, page };
}

const putTopic = (server, topic, about) => asAdmin(server, "PUT", `/admin/topics/${topic}`, about);
const topic = (page, name, joined) =>
  page.page.locator(`[data-testid="topic"][data-topic="${name}"][data-joined="${joined}"]`);

test("more topics than a page are all listed, and mutable", async (t) => {
  const { server, page } = await world(t);
  const count = 230; // more than two pages, and more than the largest
  for (let n = 0; n < count; n += 1) {
    await putTopic(server, `topic-${String(n).padStart(3, "0")}`, { open: true });
  }
  const last = `topic-${count - 1}`;
  await asAdmin(server, "POST", `/admin/topics/${last}/members`, { users: ["alice"] });
  await page.visit("topics", "Topics");
  await page.at("topic").nth(49).waitFor();
  await until("all are listed", async () => {
    await page.page.evaluate(() => window.scrollTo(0, document.documentElement.scrollHeight));
    return (await page.at("topic").count()) === count;
  });
  await topic(page, last, true).waitFor();
  await page.visit("preferences", "Preferences");
  await page.at(`mute-topic-${last}`).waitFor();
});

test("without topics the page says so", async (t) => {
  const { page } = await world(t);
  await page.visit("topics", "Topics");
  await page.at("no-topics").waitFor();
});

test("a topic joined in one tab is joined in the other, and what is sent to it arrives", async (t) => {
  const { server, context, page: one } = await world(t, ["alice", "bob"]);
  await putTopic(server, "deploys", { title: "Deployments", open: true });
  await putTopic(server, "lunch", { open: true });
  const two = await InboxPage.open(context, `${server.url}/topics`);
  await two.live();
  const bob = (await signedIn(t, browser(), server, "bob")).page;
  await bob.visit("topics", "Topics");
  await one.visit("topics", "Topics");
  for (const page of [one, two]) {
    await topic(page, "deploys", false).getByRole("heading", { name: "Deployments" }).waitFor();
    await topic(page, "lunch", false).waitFor();
  }
  const neverReloaded = await two.neverReloaded();

  await topic(one, "deploys", false).getByTestId("join").click();
  for (const page of [one, two]) await topic(page, "deploys", true).getByTestId("leave").waitFor();
  await one.at("topics-said").getByText("Joined Deployments.").waitFor({ state: "attached" });
  assert.equal(await topic(two, "lunch", false).count(), 1);

  await publish(server, { to: { topic: "deploys" }, title: "2.4.0 is out" });
  /** A browser toasts once, in the tab that is looked at. */
  const toasted = (title) =>
    until(`${title}: in one of the tabs`, async () => {
      const counts = await Promise.all([one, two].map((page) => page.toast(title).count()));
      return counts[0] + counts[1] === 1;
    });
  await toasted("2.4.0 is out");
  for (const page of [one, two]) await page.badgeSays(1);
  await publish(server, { to: { topic: "lunch" }, title: "Soup" });

  await topic(two, "deploys", true).getByTestId("leave").click();
  await topic(one, "deploys", false).waitFor();
  await publish(server, { to: { topic: "deploys" }, title: "2.4.1 is out" });
  await publish(server, { to: { everyone: true }, title: "For everyone" });
  await toasted("For everyone");
  for (const page of [one, two]) await page.badgeSays(2);
  const titlesOfToasts = await Promise.all([one, two].map((page) => page.toastTitles()));
  assert.deepEqual(titlesOfToasts.flat().toSorted(), ["2.4.0 is out", "For everyone"]);
  assert.ok(await neverReloaded());
  const titles = async (user) => (await wholeInbox(server, user)).map(({ title }) => title);
  assert.deepEqual(await titles("alice"), ["2.4.0 is out", "For everyone"]);

  await topic(bob, "deploys", false).waitFor();
  await bob.badgeSays(1);
  assert.deepEqual(await titles("bob"), ["For everyone"]);
});

test("a topic that an administrator manages is joined and left by their hand alone", async (t) => {
  const { server, page } = await world(t);
  await putTopic(server, "on-call", { title: "On call", open: false });
  await putTopic(server, "secret", { open: false });
  const members = "/admin/topics/on-call/members";
  await page.visit("topics", "Topics");
  await page.at("no-topics").waitFor();

  await asAdmin(server, "POST", members, { users: ["alice"] });
  const joined = topic(page, "on-call", true);
  await joined.getByText("An administrator decides").waitFor();
  assert.equal(await joined.getByRole("button").count(), 0);
  await publish(server, { to: { topic: "on-call" }, title: "The pager is yours" });
  await page.toast("The pager is yours").waitFor();

  await asAdmin(server, "DELETE", `${members}/alice`);
  await page.at("no-topics").waitFor();
});
