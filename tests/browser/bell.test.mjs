// The bell in the bar is on every page: its panel is the inbox in small, by the same connection, and what is done in
// it shows in the list.

import assert from "node:assert/strict";
import { test } from "node:test";
import { publish } from "../support/http.mjs";
import { connections } from "./client-host.mjs";
import { newWorld, signedIn, useBrowser } from "./world.mjs";

const browser = useBrowser();

async function reader(t) {
  const server = await newWorld(t);
  const { page } = await signedIn(t, browser(), server, "alice");
  const send = (title, more) => publish(server, { to: { user: "alice" }, title, ...more });
  return { server, page, send, neverReloaded: await page.neverReloaded() };
}

test("what is done in the panel shows in the list, and the other way round", async (t) => {
  const { server, page, send } = await reader(t);
  const [older, newer] = [await send("older"), await send("newer")];
  await page.rowsAre(2);
  await page.bell.click();
  await page.item("newer").getByRole("button", { name: "Mark as read: newer" }).click();
  await page.page.locator(`[data-testid="row"][data-id="${newer.id}"][data-read="true"]`).waitFor();
  await page.badgeSays(1);
  await page.item("newer").getByRole("button", { name: "Archive: newer" }).click();
  await page.notListed(newer.id);
  await page.page.keyboard.press("Escape");
  await page.row(older.id).getByTestId("mark-read").click();
  await page.badgeSays(0);
  await page.bell.click();
  await page.item("older").getByRole("button", { name: "Mark as unread: older" }).waitFor();
  assert.equal(await page.item("newer").count(), 0);
  await connections(server, 1);
});

test("its links to pages are followed without a reload, and close it", async (t) => {
  const { page, send, neverReloaded } = await reader(t);
  await send("Choose your topics", { link: "/topics" });
  await page.badgeSays(1);
  await page.bell.click();
  await page.item("Choose").getByRole("link").click();
  await page.page.getByRole("heading", { level: 1, name: "Topics" }).waitFor();
  await page.panel.waitFor({ state: "hidden" });
  await page.badgeSays(0);
  await page.bell.click();
  await page.page.getByRole("link", { name: "Open the inbox" }).click();
  await page.rowsAre(1);
  await page.panel.waitFor({ state: "hidden" });
  assert.ok(await neverReloaded());
});

test("over another page it shows a toast, and takes it away with what is removed", async (t) => {
  const { page, send } = await reader(t);
  await page.visit("topics", "Topics");
  const { id } = await send("Fire", { critical: true });
  await page.toast("Fire").waitFor();
  await page.page.goBack();
  await page.row(id).getByTestId("remove").click();
  await page.toast("Fire").waitFor({ state: "detached" });
  await page.at("undo").click();
  await page.listed(id);
});
