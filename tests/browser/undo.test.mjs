// A step can be taken back for a while; when nobody does, or the page goes away, it holds.

import assert from "node:assert/strict";
import { test } from "node:test";
import { get, publish, request } from "../support/http.mjs";
import { until } from "../support/wait.mjs";
import { newWorld, signedIn, useBrowser } from "./world.mjs";

const browser = useBrowser();

async function reader(t) {
  const server = await newWorld(t);
  const made = [];
  for (const title of ["older", "middle", "newer"]) {
    made.push((await publish(server, { to: { user: "alice" }, title })).id);
  }
  const { context, page } = await signedIn(t, browser(), server, "alice");
  await page.rowsAre(3);
  const before = await page.list();
  const statusOf = async (id) =>
    (await request(server, server.token("alice"), "GET", `/notifications/${id}`)).status;
  return { server, context, page, made, before, statusOf };
}

const remove = (page, id) => page.row(id).getByTestId("remove").click();

for (const [what, act] of [
  ["remove", remove],
  ["archive", (page, id) => page.row(id).getByTestId("archive").click()],
  ["snooze", (page, id) => page.snooze(id, "morning")],
]) {
  for (const [how, undo] of [
    ["the button", (page) => page.at("undo").click()],
    ["Ctrl+Z", (page) => page.page.keyboard.press("Control+z")],
  ]) {
    test(`${what} is taken back by ${how}: the list and the badge are as before`, async (t) => {
      const { server, page, made, before } = await reader(t);
      await act(page, made[1]);
      await page.notListed(made[1]);
      await undo(page);
      await page.listed(made[1]);
      await page.at("undo-bar").waitFor({ state: "detached" });
      await page.badgeSays(3);
      assert.deepEqual(await page.list(), before);

      const item = () => get(server, server.token("alice"), `/notifications/${made[1]}`);
      await until("the server has it as before", async () => {
        const { archived, read, snoozed_until } = await item();
        return !archived && !read && snoozed_until === undefined;
      });
      await page.page.reload();
      await page.live();
      await page.rowsAre(3);
      assert.deepEqual(await page.list(), before);
    });
  }
}

test("what was read comes back read", async (t) => {
  const { page, made } = await reader(t);
  await page.row(made[1]).getByTestId("mark-read").click();
  await page.badgeSays(2);
  await page.snooze(made[1], "morning");
  await page.notListed(made[1]);
  await page.at("undo").click();
  await page.page.locator(`[data-id="${made[1]}"][data-read="true"]`).waitFor();
  await page.badgeSays(2);
});

test("what was snoozed from the archive comes back into the archive", async (t) => {
  const { server, page, made } = await reader(t);
  await page.row(made[1]).getByTestId("archive").click();
  await page.notListed(made[1]);
  await page.view("archived");
  await page.listed(made[1]);
  await page.snooze(made[1], "morning");
  await page.notListed(made[1]);
  await page.at("undo").click();
  await page.listed(made[1]);
  await until("the server has it as before", async () => {
    const item = await get(server, server.token("alice"), `/notifications/${made[1]}`);
    return item.archived && !item.read && item.snoozed_until === undefined;
  });
  await page.badgeSays(2);
  await page.view("all");
  await page.rowsAre(2);
});

test("a removal is not sent while it can be taken back, and is sent when its bar is closed", async (t) => {
  const { page, made, statusOf } = await reader(t);
  await remove(page, made[1]);
  await page.notListed(made[1]);
  assert.equal(await statusOf(made[1]), 200);
  await page.at("undo-close").click();
  await until("it is gone", async () => (await statusOf(made[1])) === 404);
  await page.badgeSays(2);
});

test("another removal settles the one before", async (t) => {
  const { page, made, statusOf } = await reader(t);
  await remove(page, made[2]);
  await remove(page, made[1]);
  await until("the first is gone", async () => (await statusOf(made[2])) === 404);
  assert.equal(await statusOf(made[1]), 200);
  await page.at("undo").click();
  await page.listed(made[1]);
  await page.rowsAre(2);
  await page.badgeSays(2);
});

test("the bar closes by itself, and not while somebody is at it", async (t) => {
  const { page, made, statusOf } = await reader(t);
  await page.page.clock.install({ time: new Date() });
  await remove(page, made[1]);
  await page.at("undo").focus();
  await page.page.clock.fastForward(60_000);
  assert.equal(await page.at("undo-bar").count(), 1, "it waits for whoever is in it");
  await page.at("search").focus();
  await page.page.clock.fastForward(60_000);
  await page.at("undo-bar").waitFor({ state: "detached" });
  await until("it is gone", async () => (await statusOf(made[1])) === 404);
});

for (const [what, leave] of [
  ["it goes to another address", ({ page }) => page.page.goto("about:blank")],
  ["it is reloaded", ({ page }) => page.page.reload()],
  ["its tab is closed", ({ page }) => page.page.close({ runBeforeUnload: true })],
  [
    "its reader signs out",
    async ({ page }) => {
      await page.at("user-menu").click();
      await page.at("sign-out").click();
      await page.form.waitFor();
    },
  ],
]) {
  test(`a removal is sent when the page goes away: ${what}`, async (t) => {
    const world = await reader(t);
    const { page, made, statusOf } = world;
    await remove(page, made[1]);
    await page.notListed(made[1]);
    assert.equal(await statusOf(made[1]), 200);
    await leave(world);
    await until("it is gone", async () => (await statusOf(made[1])) === 404);
    assert.equal(await statusOf(made[0]), 200);
  });
}
