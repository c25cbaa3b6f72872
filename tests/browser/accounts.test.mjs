// Accounts and API keys in an administrator's hand.

import assert from "node:assert/strict";
import { test } from "node:test";
import { asAdmin, request } from "../support/http.mjs";
import { until } from "../support/wait.mjs";
import { newProfile, refused } from "./browser.mjs";
import { InboxPage } from "./inbox-page.mjs";
import { newWorld, signedIn, useBrowser } from "./world.mjs";

const browser = useBrowser();
const OWN = "a password of my own";

const card = (ui, user) => ui.page.locator(`[data-testid="account"][data-user="${user}"]`);

async function press(ui, user, button) {
  await card(ui, user).getByTestId(button).click();
  await card(ui, user).getByTestId(`${button}-confirm`).click();
}

/** Signs in with a password that somebody else made, and chooses another. */
async function firstVisit(t, server, user, password, allow) {
  const ui = await InboxPage.open(await newProfile(t, browser(), { allow }), server.url);
  await enterAs(ui, user, password);
  return ui;
}

async function enterAs(ui, user, password) {
  await ui.at("user").fill(user);
  await ui.at("password").fill(password);
  await ui.page.keyboard.press("Enter");
  await ui.at("must-change").waitFor();
  await ui.at("current-password").fill(password);
  await ui.at("new-password").fill(OWN);
  await ui.at("new-password-again").fill(OWN);
  await ui.at("password-save").click();
  await ui.live();
}

test("an account is made, disabled while its owner reads, let in again, reset and removed", async (t) => {
  const server = await newWorld(t, ["root"]);
  const profile = { permissions: ["clipboard-read", "clipboard-write"] };
  const { page: ui } = await signedIn(t, browser(), server, "root", profile);
  await ui.visit("accounts", "Accounts");
  assert.equal(await card(ui, "root").getByRole("button").count(), 0, "nothing to one's own");
  await ui.at("new-account").click();
  await ui.page.locator('[data-testid="account-user"]:focus').waitFor();
  await ui.at("account-user").fill("carol");
  await ui.at("account-save").click();
  const first = await ui.at("once-secret").inputValue();
  await ui.at("once-copy").click();
  await ui.at("once").getByText("Copied.").waitFor();
  assert.equal(await ui.page.evaluate(() => navigator.clipboard.readText()), first);
  await ui.at("once-done").click();
  await ui.page.locator('[data-testid="new-account"]:focus').waitFor();
  assert.ok(!(await ui.page.content()).includes(first), "shown once");

  const carol = await firstVisit(t, server, "carol", first, [refused(401, /\/api\/v1\//)]);
  await press(ui, "carol", "disable-account");
  await card(ui, "carol").getByText("Disabled", { exact: true }).waitFor();
  const disabled = performance.now();
  await carol.form.waitFor();
  t.diagnostic(`signed out ${Math.round(performance.now() - disabled)} ms after it was disabled`);
  await carol.page.getByText("Your session has ended.").waitFor();
  await card(ui, "carol").getByTestId("enable-account").click();
  await card(ui, "carol").getByTestId("disable-account").waitFor();
  await carol.signIn("carol", OWN);

  await press(ui, "carol", "reset-password");
  const second = await ui.at("once-secret").inputValue();
  await ui.at("once-done").click();
  await card(ui, "carol").locator('[data-testid="reset-password"]:focus').waitFor();
  await carol.form.waitFor();
  await enterAs(carol, "carol", second);

  await press(ui, "carol", "change-role");
  await card(ui, "carol").getByText("Administrator", { exact: true }).waitFor();
  await carol.form.waitFor();
  await carol.signIn("carol", OWN);
  await carol.visit("accounts", "Accounts");
  await press(ui, "carol", "sign-out-user");
  await carol.form.waitFor();
  await press(ui, "carol", "remove-account");
  await card(ui, "carol").waitFor({ state: "detached" });
  await ui.page.locator("h1:focus").waitFor(); // the focus has somewhere to be
});

test("a name that is taken is told at its field", async (t) => {
  const server = await newWorld(t, ["root"]);
  const allow = [refused(409, /\/admin\/users$/), refused(422, /\/admin\/users$/)];
  const { page: ui } = await signedIn(t, browser(), server, "root", { allow });
  await ui.visit("accounts", "Accounts");
  await ui.at("new-account").click();
  for (const name of ["", "root"]) {
    await ui.at("account-user").fill(name);
    await ui.at("account-save").click();
    await ui.page.locator('[data-testid="account-user"][aria-invalid="true"]').waitFor();
  }
  const { items } = await asAdmin(server, "GET", "/admin/users");
  assert.deepEqual(
    items.map(({ user }) => user),
    ["root"],
  );
});

test("a key is made by keyboard, shown once, used and revoked", async (t) => {
  const server = await newWorld(t, ["root"]);
  const { page: ui } = await signedIn(t, browser(), server, "root");
  const { page } = ui;
  await ui.visit("api-keys", "API keys");
  await ui.at("no-api-keys").waitFor();
  await ui.at("new-key").focus();
  await page.keyboard.press("Enter");
  await page.locator('[data-testid="key-name"]:focus').waitFor();
  await page.keyboard.type("CI");
  await page.keyboard.press("Tab");
  await page.locator('[data-testid="scope-publish"]:checked:focus').waitFor();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Space");
  await page.keyboard.press("Enter");
  await page.locator('[data-testid="once-secret"]:focus').waitFor();
  const key = await ui.at("once-secret").inputValue();
  const selected = () => page.evaluate(() => getSelection().toString());
  await until("it can be copied at once", async () => (await selected()) === key);
  const draft = { to: { user: "root" }, title: "By a key" };
  const publish = () => request(server, key, "POST", "/admin/notifications", draft);
  assert.equal((await publish()).status, 201);
  await ui.at("once-done").click();
  await page.reload();
  await ui.at("api-key").getByText("manage", { exact: true }).waitFor();
  await ui.at("api-key").getByText("made by root").waitFor();
  assert.ok(!(await page.content()).includes(key), "shown once");

  await ui.at("revoke-key").focus();
  await page.keyboard.press("Enter");
  await page.locator('[data-testid="revoke-key-confirm"]:focus').waitFor();
  assert.equal((await publish()).status, 201, "not before it is confirmed");
  await page.keyboard.press("Enter");
  await ui.at("key-revoked").waitFor();
  await page.locator("h1:focus").waitFor();
  assert.equal((await publish()).status, 401);
});
