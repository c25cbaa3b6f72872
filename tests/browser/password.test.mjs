// A password that somebody else made is changed before anything else, and any other whenever its owner likes.

import assert from "node:assert/strict";
import { test } from "node:test";
import { asAdmin } from "../support/http.mjs";
import { newServer } from "../support/server.mjs";
import { until } from "../support/wait.mjs";
import { newProfile, refused } from "./browser.mjs";
import { InboxPage } from "./inbox-page.mjs";
import { newWorld, PASSWORDS, signedIn, useBrowser } from "./world.mjs";

const browser = useBrowser();
const OWN = "a password of my own";

async function enter(ui, current, next, again = next) {
  await ui.at("current-password").fill(current);
  await ui.at("new-password").fill(next);
  await ui.at("new-password-again").fill(again);
  await ui.page.keyboard.press("Enter");
}

const markedIs = (ui, field) =>
  ui.page.locator(`[data-testid="${field}"][aria-invalid="true"]`).waitFor();

test("the first admin of a fresh installation chooses a password, by keyboard alone", async (t) => {
  const server = await newServer(t);
  await server.start();
  const [, given] = /^ *admin +(\S+)/m.exec(server.log) ?? assert.fail(server.log);
  const allow = [refused(401, /\/auth\/password$/)];
  const context = await newProfile(t, browser(), { allow });
  const ui = await InboxPage.open(context, server.url);
  const { page } = ui;
  await page.locator('[data-testid="user"]:focus').waitFor();
  await page.keyboard.type("admin");
  await page.keyboard.press("Tab");
  await page.keyboard.type(given);
  await page.keyboard.press("Enter");
  await ui.at("must-change").waitFor();
  await page.reload();
  await ui.at("must-change").waitFor(); // no way around it

  await page.locator('[data-testid="current-password"]:focus').waitFor();
  await enter(ui, "a wrong guess", OWN);
  await markedIs(ui, "current-password");
  await enter(ui, given, "short");
  await markedIs(ui, "new-password");
  await enter(ui, given, OWN, `${OWN}!`);
  await markedIs(ui, "new-password-again");
  await ui.at("current-password").focus();
  for (const text of [given, OWN, OWN]) {
    await page.keyboard.press("Control+A");
    await page.keyboard.type(text);
    await page.keyboard.press("Tab");
  }
  await page.keyboard.press("Enter"); // the button
  await ui.live();
  await page.locator('[data-testid="view-all"][aria-current="page"]').waitFor();
  await page.reload();
  await ui.live();
});

test("who must choose a password may also go away", async (t) => {
  const server = await newWorld(t, ["root"]);
  const { password } = await asAdmin(server, "POST", "/admin/users", { user: "carol" });
  const ui = await InboxPage.open(await newProfile(t, browser()), server.url);
  await ui.at("user").fill("carol");
  await ui.at("password").fill(password);
  await ui.page.keyboard.press("Enter");
  await ui.at("must-change").waitFor();
  await ui.at("sign-out").click();
  await ui.form.waitFor();
});

test("whoever changes their password is signed out elsewhere, sees so, and stays here", async (t) => {
  const server = await newWorld(t);
  const allow = [refused(401, /\/api\/v1\//)];
  const { page: here } = await signedIn(t, browser(), server, "alice");
  const { page: there } = await signedIn(t, browser(), server, "alice", { allow });
  await here.visit("password", "Password and sessions");
  await until("both sessions are listed", async () => (await here.at("session").count()) === 2);
  await here.at("change-password").click();
  await here.page.locator('[data-testid="current-password"]:focus').waitFor();
  await enter(here, PASSWORDS.alice, OWN);
  await here.at("password-said").getByText("Changed.").waitFor();
  await here.page.locator('[data-testid="change-password"]:focus').waitFor();
  await there.form.waitFor();
  await until("one session is left", async () => (await here.at("session").count()) === 1);
  await here.live();
  await there.signIn("alice", OWN);
});

test("one session is ended from another, and all from one", async (t) => {
  const server = await newWorld(t);
  const allow = [refused(401, /\/api\/v1\//)];
  const { page: here } = await signedIn(t, browser(), server, "alice", { allow });
  const { page: there } = await signedIn(t, browser(), server, "alice", { allow });
  await here.visit("password", "Password and sessions");
  await here.at("end-session").click();
  await here.at("end-session-confirm").click();
  await there.form.waitFor();
  await until("one session is left", async () => (await here.at("session").count()) === 1);
  await here.page.locator("h2:focus").waitFor(); // the focus has somewhere to be
  await there.signIn("alice", PASSWORDS.alice);
  await here.at("sign-out-everywhere").click();
  await here.at("sign-out-everywhere-confirm").click();
  await here.form.waitFor();
  await there.form.waitFor();
});
