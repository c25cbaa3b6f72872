// Everything can be done without a pointer.

import assert from "node:assert/strict";
import { test } from "node:test";
import { publish, wholeInbox } from "../support/http.mjs";
import { newProfile } from "./browser.mjs";
import { InboxPage } from "./inbox-page.mjs";
import { newWorld, PASSWORDS, useBrowser } from "./world.mjs";

const browser = useBrowser();

/** More stops than any page here has. */
const MAX_TABS = 40;

/** Presses Tab until the focus is where it should be; what has it must be visible. */
async function tabTo(page, what) {
  for (let pressed = 0; pressed < MAX_TABS; pressed += 1) {
    await page.keyboard.press("Tab");
    const there = await what.evaluateAll((all) => all.includes(document.activeElement));
    if (!there) continue;
    const outline = await page.evaluate(
      () => getComputedStyle(document.activeElement).outlineStyle,
    );
    assert.notEqual(outline, "none", "the focus can be seen");
    return;
  }
  assert.fail(`not reached by ${MAX_TABS} tabs: ${what}`);
}

test("sign in, open the list, mark read, sign out: by keyboard alone", async (t) => {
  const server = await newWorld(t);
  for (const title of ["older", "newer"]) await publish(server, { to: { user: "alice" }, title });
  const ui = await InboxPage.open(await newProfile(t, browser()), server.url);
  const { page } = ui;

  await ui.form.waitFor();
  await page.locator('[data-testid="user"]:focus').waitFor();
  await page.keyboard.type("alice");
  await page.keyboard.press("Tab");
  await page.keyboard.type(PASSWORDS.alice);
  await page.keyboard.press("Enter");
  await ui.live();
  await ui.badgeSays(2);

  await tabTo(page, page.getByRole("link", { name: "Inbox, 2 unread" }));
  await page.keyboard.press("Enter");
  await tabTo(page, ui.row((await ui.list())[0].id).getByTestId("mark-read"));
  await page.keyboard.press("Enter");
  await ui.badgeSays(1);
  const [older, newer] = await wholeInbox(server, "alice");
  assert.deepEqual([older.read, newer.read], [false, true]);

  await page.locator('[data-testid="mark-unread"]:focus').waitFor(); // the focus has stayed there
  await tabTo(page, ui.row(older.id).getByTestId("mark-read"));
  await page.keyboard.press("Space");
  await ui.badgeSays(0);

  await page.reload();
  await ui.live();
  await tabTo(page, ui.at("user-menu"));
  await page.keyboard.press("Enter");
  await tabTo(page, ui.at("sign-out"));
  await page.keyboard.press("Enter");
  await ui.form.waitFor();
});

test("a toast can be reached, and closed with Escape", async (t) => {
  const server = await newWorld(t);
  const ui = await InboxPage.open(await newProfile(t, browser()), server.url);
  await ui.signIn("alice", PASSWORDS.alice);
  await publish(server, { to: { user: "alice" }, title: "Stays", critical: true });
  await ui.toasts.first().waitFor();
  await tabTo(ui.page, ui.toasts.getByRole("button"));
  await ui.page.keyboard.press("Escape");
  await ui.toasts.first().waitFor({ state: "detached" });
});
