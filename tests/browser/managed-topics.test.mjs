// Topics in an administrator's hand: made, changed, removed, and who belongs to them.

import assert from "node:assert/strict";
import { test } from "node:test";
import { asAdmin, get, publish } from "../support/http.mjs";
import { until } from "../support/wait.mjs";
import { refused } from "./browser.mjs";
import { newWorld, signedIn, useBrowser } from "./world.mjs";

const browser = useBrowser();

async function managing(t, options) {
  const server = await newWorld(t, ["alice", "root"]);
  const { page } = await signedIn(t, browser(), server, "root", options);
  await page.visit("managed-topics", "Manage topics");
  const topics = async () =>
    (await get(server, server.token("root", "admin"), "/admin/topics")).items;
  return { server, page, topics };
}

const card = (page, name) =>
  page.page.locator(`[data-testid="managed-topic"][data-topic="${name}"]`);

const countIs = (page, name, text) =>
  card(page, name).getByTestId("member-count").getByText(text, { exact: true }).waitFor();

test("a topic is made, gets members, is written to, changed and removed", async (t) => {
  const allow = [refused(409, /\/admin\/topics\/on-call$/)];
  const { server, page, topics } = await managing(t, { allow });
  const alice = (await signedIn(t, browser(), server, "alice")).page;
  await page.at("no-managed-topics").waitFor();
  await page.at("new-topic").click();
  await page.page.locator('[data-testid="topic-name"]:focus').waitFor();
  await page.at("topic-name").fill("on-call");
  await page.at("topic-title").fill("On call");
  await page.at("topic-open").uncheck();
  await page.at("topic-save").click();
  await card(page, "on-call").getByRole("heading", { name: "On call" }).waitFor();
  await page.page.locator('[data-testid="new-topic"]:focus').waitFor();
  await countIs(page, "on-call", "0 members");

  await card(page, "on-call").getByTestId("show-members").click();
  await page.at("members").getByText("Nobody belongs to it.").waitFor();
  await page.at("people-to-add").fill("alice, bob");
  await page.at("add-members").click();
  await page.at("members-said").getByText("2 added.").waitFor();
  await countIs(page, "on-call", "2 members");
  await until("both are listed", async () => (await page.at("member").count()) === 2);

  await publish(server, { to: { topic: "on-call" }, title: "The pager is yours" });
  await alice.toast("The pager is yours").waitFor();

  await page.at("member").filter({ hasText: "alice" }).getByTestId("remove-member").click();
  await countIs(page, "on-call", "1 member");
  await page.page.locator('[data-testid="remove-member"]:focus').waitFor();
  assert.deepEqual(await page.at("member").locator("span:first-child").allTextContents(), ["bob"]);

  await card(page, "on-call").getByTestId("change-topic").click();
  assert.equal(await page.at("topic-name").count(), 0, "its name never changes");
  await page.at("topic-title").fill("On call, at night");
  await page.at("topic-open").check();
  await page.at("topic-save").click();
  await card(page, "on-call").getByRole("heading", { name: "On call, at night" }).waitFor();
  const [{ title, open, members }] = await topics();
  assert.deepEqual(
    { title, open, members },
    { title: "On call, at night", open: true, members: 1 },
  );

  const remove = async () => {
    await card(page, "on-call").getByTestId("remove-topic").click();
    await card(page, "on-call").getByTestId("remove-topic-confirm").click();
  };
  await remove();
  await page.toast("It has members. Remove them first.").waitFor();
  await page.page.locator('[data-testid="remove-topic"]:focus').waitFor();
  await page.at("remove-member").click();
  await page.at("members").getByText("Nobody belongs to it.").waitFor();
  await page.page.locator('[data-testid="people-to-add"]:focus').waitFor();
  await remove();
  await page.at("no-managed-topics").waitFor();
  assert.deepEqual(await topics(), []);
  await page.page.locator("h1:focus").waitFor(); // the focus has somewhere to be
  assert.deepEqual(await alice.titles(), ["The pager is yours"], "what was sent stays");
});

test("a name that the server refuses is told at its field", async (t) => {
  const { page, topics } = await managing(t, { allow: [refused(422, /\/admin\/topics\//)] });
  await page.at("new-topic").click();
  await page.at("topic-save").click();
  await page.page.locator('[data-testid="topic-name"][aria-invalid="true"]').waitFor();
  await page.at("topic-name").fill("Not A Name!");
  await page.at("topic-save").click();
  await page.at("topic-form").getByRole("alert").waitFor();
  await page.page.locator('[data-testid="topic-name"][aria-invalid="true"]').waitFor();
  await page.at("topic-name").fill("a-name");
  await page.at("topic-save").click();
  await card(page, "a-name").waitFor();
  assert.equal((await topics()).length, 1);
});

test("many members are listed page by page", async (t) => {
  const { server, page } = await managing(t);
  const users = Array.from({ length: 250 }, (_, n) => `user-${String(n).padStart(3, "0")}`);
  await asAdmin(server, "PUT", "/admin/topics/crowd", { open: true });
  await asAdmin(server, "POST", "/admin/topics/crowd/members", { users });
  await page.page.reload();
  await countIs(page, "crowd", "250 members");
  await card(page, "crowd").getByTestId("show-members").click();
  await page.at("member").nth(199).waitFor();
  await page.at("members-more").click();
  await page.at("member").nth(249).waitFor();
  await page.at("members-more").waitFor({ state: "detached" });
  assert.deepEqual(await page.at("member").locator("span:first-child").allTextContents(), users);
});
