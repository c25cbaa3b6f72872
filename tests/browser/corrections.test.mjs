// What a sender corrects, retracts or replaces changes on open screens: rows, toasts and the badge.

import assert from "node:assert/strict";
import { test } from "node:test";
import { asAdmin, publish } from "../support/http.mjs";
import { until } from "../support/wait.mjs";
import { newWorld, signedIn, useBrowser } from "./world.mjs";

const WITHIN_MS = 1000;

/**
 * So often it is tried at most, until it was in time so often: a busy machine alone fails nothing, and what only looks
 * every few seconds is not in time three times.
 */
const TRIES = 10;
const IN_TIME = 3;

/** So soon that a test can wait for it, so late that a busy machine has shown it before. */
const SOON_MS = 5_000;

const browser = useBrowser();

async function opened(t) {
  const server = await newWorld(t);
  const { page } = await signedIn(t, browser(), server, "alice");
  return { server, page, neverReloaded: await page.neverReloaded() };
}

/** A critical one: its toast is there for as long as the test looks at it. Resolves with its id. */
async function shown({ server, page }, draft) {
  const { id } = await publish(server, { to: { user: "alice" }, critical: true, ...draft });
  await page.toast(draft.title).waitFor();
  await page.listed(id);
  await page.badgeSays(1);
  return id;
}

async function withToast(t, draft) {
  const world = await opened(t);
  return { ...world, id: await shown(world, draft) };
}

/** Whether it was in time often enough. */
function inTime(t, what, times) {
  const all = `${what} after ${times.join(", ")} ms`;
  const soon = times.filter((ms) => ms < WITHIN_MS).length >= IN_TIME;
  if (soon) t.diagnostic(all);
  assert.ok(soon || times.length < TRIES, all);
  return soon;
}

test("a correction changes the open toast and the row within a second", async (t) => {
  const draft = { title: "Build 4711 faild", body: "On main.", level: "info", link: "/builds" };
  const { server, page, id, neverReloaded } = await withToast(t, draft);
  const correct = async (title, more = {}) => {
    const began = Date.now();
    await asAdmin(server, "PATCH", `/admin/notifications/${id}`, { title, ...more });
    await page.toast(title).waitFor();
    await page.rowTitled(title).waitFor();
    return Date.now() - began;
  };
  const times = [await correct("Build 4711 failed", { body: null, level: "error", link: null })];
  while (!inTime(t, "corrected in toast and row", times)) {
    times.push(await correct(`Build 4711 failed: step ${times.length}`));
  }

  assert.equal(await page.toasts.count(), 1, "it is the same toast");
  assert.equal(await page.toasts.first().getAttribute("data-level"), "error");
  for (const place of [page.toasts.first(), page.row(id)]) {
    assert.equal(await place.getByText("On main.").count(), 0, "the body is gone");
    assert.equal(await place.locator(".title a").count(), 0, "the link is gone");
  }
  assert.equal(await page.count(), 1, "to correct is not to send again");
  assert.deepEqual(await page.toastTitles(), ["CriticalBuild 4711 faild"], "nor a second toast");
  assert.ok(await neverReloaded());
});

test("what was read stays read when it is corrected", async (t) => {
  const { server, page, id } = await withToast(t, { title: "Lunch at twelve" });
  await page.row(id).getByTestId("mark-read").click();
  await page.badgeSays(0);
  await asAdmin(server, "PATCH", `/admin/notifications/${id}`, { title: "Lunch at one" });
  await page.rowTitled("Lunch at one").waitFor();
  assert.deepEqual(await page.list(), [{ id, read: true }]);
  assert.equal(await page.count(), 0);
});

test("a retraction closes the open toast, takes the row and the count", async (t) => {
  const world = await opened(t);
  const { server, page, neverReloaded } = world;
  const times = [];
  while (!inTime(t, "gone from toast, list and badge", times)) {
    const title = `Wrong recipients ${times.length + 1}`;
    const id = await shown(world, { title });
    const began = Date.now();
    await asAdmin(server, "DELETE", `/admin/notifications/${id}`);
    await page.toast(title).waitFor({ state: "detached" });
    await page.notListed(id);
    await page.badgeSays(0);
    times.push(Date.now() - began);
    assert.equal(await page.page.title(), "Tidings");
  }
  assert.ok(await neverReloaded());
});

test("a retraction of one that was read does not touch the badge", async (t) => {
  const { server, page, id } = await withToast(t, { title: "Read, then retracted" });
  await publish(server, { to: { user: "alice" }, title: "Unread" });
  await page.row(id).getByTestId("mark-read").click();
  await page.badgeSays(1);
  await asAdmin(server, "DELETE", `/admin/notifications/${id}`);
  await page.notListed(id);
  assert.equal(await page.count(), 1);
});

test("a newer one of a group takes the place of the older: row, toast and count", async (t) => {
  const group = { group_key: "build-4711" };
  const { server, page, id } = await withToast(t, { title: "Build 4711: 10 %", ...group });
  const to = { user: "alice" };
  const other = await publish(server, { to, title: "Something else", critical: true });
  await page.toast("Something else").waitFor();
  await page.badgeSays(2);

  const newer = await publish(server, { to, title: "Build 4711: 80 %", critical: true, ...group });
  await page.toast("Build 4711: 80 %").waitFor();
  await page.rowTitled("Build 4711: 80 %").waitFor();
  assert.deepEqual(await page.list(), [
    { id: newer.id, read: false },
    { id: other.id, read: false },
  ]);
  assert.equal(await page.count(), 2);
  assert.equal(await page.row(id).count(), 0);
  assert.equal(await page.toasts.count(), 2, "the toast was replaced, not added");

  // Somebody who opens the page now sees the same.
  await page.page.reload();
  await page.live();
  await until("two rows", async () => (await page.list()).length === 2);
  assert.deepEqual(
    (await page.list()).map((row) => row.id),
    [newer.id, other.id],
  );
  await page.badgeSays(2);
});

test("what expires leaves the list and takes its toast with it", async (t) => {
  const { server, page } = await withToast(t, { title: "Stays" });
  const expires_at = new Date(Date.now() + SOON_MS).toISOString();
  const draft = { to: { user: "alice" }, title: "Milk is warm", critical: true, expires_at };
  const { id } = await publish(server, draft);
  await page.toasted("Milk is warm");
  await page.toast("Milk is warm").waitFor({ state: "detached" });
  assert.ok(Date.now() >= Date.parse(expires_at), "not before its time");
  await page.notListed(id);
  await page.badgeSays(1);
  assert.deepEqual(await page.titles(), ["Stays"]);
});
