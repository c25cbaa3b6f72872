// What an admin sends is on the reader's screen within a second.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { test } from "node:test";
import { finished } from "../support/child.mjs";
import { newProfile, refused } from "./browser.mjs";
import { InboxPage } from "./inbox-page.mjs";
import { newWorld, signedIn, useBrowser } from "./world.mjs";

/** Half of them must be in time: a busy machine alone fails nothing. */
const WITHIN_MS = 1000;
const browser = useBrowser();

/** The admin's own tool: no library in between. */
async function curl(server, draft) {
  const args = [
    "-sS",
    "--fail-with-body",
    "--data-binary",
    "@-",
    "-H",
    "content-type: application/json",
  ];
  const bearer = `authorization: Bearer ${server.token("root", "admin")}`;
  const url = `${server.url}/api/v1/admin/notifications`;
  const { code, stdout, stderr } = await finished(
    spawn("curl", [...args, "-H", bearer, url]),
    JSON.stringify(draft),
  );
  assert.equal(code, 0, stdout + stderr);
  return JSON.parse(stdout);
}

test("a user who signed in sees what an admin posts within a second", async (t) => {
  const server = await newWorld(t);
  const { page } = await signedIn(t, browser(), server, "alice");
  assert.equal(await page.count(), 0);

  const times = [];
  for (const level of ["info", "success", "warning", "error"]) {
    const title = `A ${level} for alice`;
    const began = Date.now();
    const { id } = await curl(server, { to: { user: "alice" }, title, level });
    await page.row(id).waitFor();
    await page.badgeSays(times.length + 1);
    await page.toasted(title);
    const { toasts, badges } = await page.history();
    const toast = toasts.find(({ text }) => text === title);
    assert.equal(toast?.level, level, "a toast of that level");
    const badge = badges.find(({ text }) => text === String(times.length + 1));
    times.push(Math.max(toast.at, badge.at) - began);
  }
  t.diagnostic(`curl started to toast and badge shown: ${times.join(", ")} ms`);
  const inTime = times.filter((ms) => ms < WITHIN_MS);
  assert.ok(inTime.length >= times.length / 2, `${times.join(", ")} ms`);
});

test("a notification for somebody else does not show", async (t) => {
  const server = await newWorld(t, ["alice", "bob"]);
  const { page } = await signedIn(t, browser(), server, "alice");
  await curl(server, { to: { user: "bob" }, title: "Only for bob" });
  await curl(server, { to: { user: "alice" }, title: "For alice" });
  await page.rowTitled("For alice").waitFor();
  await page.rowsAre(1);
  await page.badgeSays(1);
  await page.toasted("For alice");
  assert.deepEqual(await page.toastTitles(), ["For alice"]);
});

test("a wrong password is refused in words, and the form stays", async (t) => {
  const server = await newWorld(t);
  const allow = [refused(401, /\/auth\/login$/)];
  const page = await InboxPage.open(await newProfile(t, browser(), { allow }), server.url);
  await page.at("user").fill("alice");
  await page.at("password").fill("not the password");
  await page.page.keyboard.press("Enter");
  await page.page.locator("#sign-in-wrong").waitFor();
  assert.equal(await page.form.count(), 1);
  assert.equal(await page.rows.count(), 0);
});
