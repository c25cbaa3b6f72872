// What administrators do with what they sent: schedule, correct, call off, retract.

import assert from "node:assert/strict";
import { test } from "node:test";
import { asAdmin, get, publish, wholeInbox } from "../support/http.mjs";
import { until } from "../support/wait.mjs";
import { refused } from "./browser.mjs";
import { newWorld, signedIn, useBrowser } from "./world.mjs";

const browser = useBrowser();
const DAY_MS = 86_400_000;

/** So soon that a test can wait for it, so late that a busy machine has looked before. */
const SOON_MS = 5_000;

async function world(t, options) {
  const server = await newWorld(t, ["alice", "root"]);
  const { page } = await signedIn(t, browser(), server, "root", options);
  return { server, page };
}

const card = (page, id) => page.page.locator(`[data-testid="sent-item"][data-id="${id}"]`);
const staged = (page, id, stage) =>
  card(page, id).and(page.page.locator(`[data-stage="${stage}"]`));
const sent = (server, id) =>
  get(server, server.token("root", "admin"), `/admin/notifications/${id}`);
const titles = async (server, user) => (await wholeInbox(server, user)).map(({ title }) => title);

/** As a field of date and time has it, in the time zone of the page. */
const localTime = (page, ms) =>
  page.page.evaluate((at) => {
    const local = new Date(at - new Date(at).getTimezoneOffset() * 60_000);
    return local.toISOString().slice(0, 16);
  }, ms);

test("a scheduled one waits where it can be seen, is changed there, and called off", async (t) => {
  const { server, page } = await world(t);
  await page.page.getByRole("link", { name: "Compose" }).click();
  await page.at("people").fill("alice");
  await page.at("title").fill("Maintenance tonite");
  await page.page.getByRole("button", { name: /^More/ }).click();
  await page.at("deliver-at").fill(await localTime(page, Date.now() + DAY_MS));
  await page.at("expires-at").fill(await localTime(page, Date.now() + 3 * DAY_MS));
  await page.at("send").click();
  await page
    .at("sent")
    .getByText(/^ *Scheduled for .*, to alice\.$/)
    .waitFor();
  assert.deepEqual(await titles(server, "alice"), []);

  await page.visit("sent", "Sent");
  await page.at("nothing-sent").waitFor();
  await page.at("sent-scheduled").click();
  const item = page.at("sent-item");
  await item.waitFor();
  const id = await item.getAttribute("data-id");
  assert.equal(await item.getAttribute("data-stage"), "scheduled");
  assert.equal(await item.getByTestId("sent-to").textContent(), "alice");

  await item.getByTestId("correct").click();
  await page.page.locator('[data-testid="correct-title"]:focus').waitFor();
  await page.at("correct-title").fill("Maintenance tonight");
  const later = await localTime(page, Date.now() + 2 * DAY_MS);
  await page.at("correct-deliver-at").fill(later);
  await page.at("correct-save").click();
  await page.at("correct-form").waitFor({ state: "detached" });
  await item.getByTestId("sent-title").getByText("Maintenance tonight").waitFor();
  await page.page.locator('[data-testid="correct"]:focus').waitFor();
  const changed = await sent(server, id);
  assert.equal(changed.title, "Maintenance tonight");
  const wanted = await page.page.evaluate((text) => new Date(text).toISOString(), later);
  assert.equal(changed.deliver_at, wanted);

  await item.getByTestId("retract").click();
  await item.getByTestId("retract-keep").click();
  await page.page.locator('[data-testid="retract"]:focus').waitFor();
  await item.getByTestId("retract").click();
  await item.getByTestId("retract-confirm").click();
  await page.at("nothing-sent").getByText("Nothing is scheduled.").waitFor();
  await page.page.locator("h1:focus").waitFor(); // the focus has somewhere to be
  await page.at("sent-said").getByText("Called off").waitFor({ state: "attached" });
  assert.deepEqual(await titles(server, "alice"), []);
});

test("what is due is delivered: from the scheduled to the made", async (t) => {
  const { server, page } = await world(t);
  const alice = (await signedIn(t, browser(), server, "alice")).page;
  const to = { user: "alice" };
  await page.page.goto(`${server.url}/admin/sent?stage=scheduled`);
  await page.at("nothing-sent").waitFor();
  const deliver_at = new Date(Date.now() + SOON_MS).toISOString();
  const { id } = await publish(server, { to, title: "On time", deliver_at });
  await page.at("sent-refresh").click();
  await staged(page, id, "scheduled").waitFor();
  await alice.toasted("On time");
  assert.ok(Date.now() >= Date.parse(deliver_at), "not before its time");
  await alice.listed(id);
  await alice.badgeSays(1);
  await page.at("sent-refresh").click();
  await page.at("nothing-sent").waitFor();
  await page.at("sent-made").click();
  await staged(page, id, "delivered").waitFor();
});

test("a correction from the page reaches an open screen, and stands in the history", async (t) => {
  const { server, page } = await world(t);
  const alice = (await signedIn(t, browser(), server, "alice")).page;
  const draft = { title: "Build 4711 faild", body: "On main.", link: "/builds/4711" };
  const { id } = await publish(server, { to: { everyone: true }, critical: true, ...draft });
  await alice.toast("Build 4711 faild").waitFor();
  await page.visit("sent", "Sent");
  assert.equal(await card(page, id).getByTestId("sent-to").textContent(), "everyone");
  await card(page, id).getByTestId("correct").click();
  await page.at("correct-title").fill("Build 4711 failed");
  await page.at("correct-body").fill("");
  await page.at("correct-level").selectOption("error");
  await page.at("correct-link").fill("");
  assert.equal(await page.at("correct-deliver-at").count(), 0, "it is delivered");
  await page.at("correct-save").click();

  await alice.toast("Build 4711 failed").waitFor();
  await alice.rowTitled("Build 4711 failed").waitFor();
  assert.equal(await alice.count(), 1);
  assert.equal(await alice.row(id).getByText("On main.").count(), 0);

  await card(page, id).getByTestId("show-history").click();
  const history = card(page, id).getByTestId("history");
  await history.getByText("Corrected by root").waitFor();
  for (const was of ["Build 4711 faild", "On main.", "info", "/builds/4711"]) {
    await history.getByText(was, { exact: true }).waitFor();
  }
});

test("a retraction from the page closes the toast, and the badge follows", async (t) => {
  const { server, page } = await world(t);
  const alice = (await signedIn(t, browser(), server, "alice")).page;
  const to = { user: "alice" };
  const { id } = await publish(server, { to, title: "Wrong one", critical: true });
  await publish(server, { to, title: "Right one", critical: true });
  await alice.toast("Right one").waitFor();
  await alice.badgeSays(2);
  await page.visit("sent", "Sent");
  await card(page, id).getByTestId("retract").click();
  await card(page, id).getByTestId("retract-confirm").click();
  await staged(page, id, "retracted").waitFor();
  await alice.toast("Wrong one").waitFor({ state: "detached" });
  await alice.notListed(id);
  await alice.badgeSays(1);
  assert.deepEqual(await alice.titles(), ["Right one"]);
  for (const button of ["correct", "retract"]) {
    assert.equal(await card(page, id).getByTestId(button).count(), 0, "it is over");
  }
  await card(page, id).getByTestId("show-history").click();
  await card(page, id).getByText("Retracted by root").waitFor();
});

test("one that another administrator called off meanwhile goes from the list", async (t) => {
  const allow = [refused(404, /\/admin\/notifications\//)];
  const { server, page } = await world(t, { allow });
  const deliver_at = new Date(Date.now() + DAY_MS).toISOString();
  const { id } = await publish(server, { to: { user: "alice" }, title: "Twice", deliver_at });
  await page.page.goto(`${server.url}/admin/sent?stage=scheduled`);
  await staged(page, id, "scheduled").waitFor();
  await asAdmin(server, "DELETE", `/admin/notifications/${id}`);
  await card(page, id).getByTestId("retract").click();
  await card(page, id).getByTestId("retract-confirm").click();
  await page.at("nothing-sent").waitFor();
});

test("to a topic, in a group: the newer takes the older one's place", async (t) => {
  const { server, page } = await world(t);
  await asAdmin(server, "PUT", "/admin/topics/deploys", { title: "Deployments", open: true });
  await asAdmin(server, "POST", "/admin/topics/deploys/members", { users: ["alice"] });
  const alice = (await signedIn(t, browser(), server, "alice")).page;
  await page.page.getByRole("link", { name: "Compose" }).click();
  await page.page.getByRole("button", { name: /^More/ }).click();
  for (const [n, title] of ["10 % there", "80 % there"].entries()) {
    if (n > 0) await page.at("send-another").click();
    await page.at("to-topic").check();
    await page.page.locator('datalist option[value="deploys"]').waitFor({ state: "attached" });
    await page.at("topic").fill("deploys");
    await page.at("title").fill(title);
    await page.at("group-key").fill("deploy-7");
    await page.at("send").click();
    await page.at("sent").waitFor();
    await alice.rowTitled(title).waitFor();
  }
  await alice.rowsAre(1);
  await alice.badgeSays(1);
  assert.deepEqual(await alice.titles(), ["80 % there"]);
  await page.visit("sent", "Sent");
  await page.page.getByTestId("sent-to").first().waitFor();
  assert.equal(await page.at("sent-to").first().textContent(), "topic deploys");
});

test("a long list goes on where it ends on screen, and each stands there once", async (t) => {
  const { server, page } = await world(t);
  const count = 60;
  for (let n = 0; n < count; n += 1) {
    await publish(server, { to: { user: "alice" }, title: `number ${n}` });
  }
  await page.visit("sent", "Sent");
  await page.at("sent-item").nth(49).waitFor();
  await until("all are listed", async () => {
    await page.page.evaluate(() => window.scrollTo(0, document.documentElement.scrollHeight));
    return (await page.at("sent-item").count()) === count;
  });
  await page.at("sent-more").waitFor({ state: "detached" });
  const shown = await page.at("sent-title").allTextContents();
  assert.deepEqual(
    shown,
    Array.from({ length: count }, (_, n) => `number ${count - 1 - n}`),
  );
});

test("a user who is no admin sees neither page nor link", async (t) => {
  const server = await newWorld(t);
  const { page } = await signedIn(t, browser(), server, "alice");
  await page.at("user-menu").click();
  await page.at("nav-topics").waitFor();
  for (const link of ["nav-sent", "nav-managed-topics", "nav-overview"])
    assert.equal(await page.at(link).count(), 0);
  for (const path of ["/admin/sent", "/admin/topics", "/admin/overview"]) {
    await page.page.goto(server.url + path);
    await page.page.getByText("This page is for administrators.").waitFor();
  }
});
