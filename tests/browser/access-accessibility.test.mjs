// axe-core on the views of passwords, sessions, accounts and keys, at two widths, light and dark.

import { test } from "node:test";
import { check } from "./axe.mjs";
import { DESKTOP, newProfile, PHONE, refused } from "./browser.mjs";
import { fillAccess } from "./content.mjs";
import { InboxPage } from "./inbox-page.mjs";
import { newWorld, PASSWORDS, useBrowser } from "./world.mjs";

const browser = useBrowser();

for (const [width, viewport] of Object.entries({ phone: PHONE, desktop: DESKTOP })) {
  for (const colorScheme of ["light", "dark"]) {
    test(`${width}, ${colorScheme}`, async (t) => {
      const server = await newWorld(t, ["root"]);
      await fillAccess(server);
      const context = await newProfile(t, browser(), {
        viewport,
        colorScheme,
        reducedMotion: "reduce",
        allow: [refused(422, /\/admin\/(users|api-keys)$/)],
      });
      const ui = await InboxPage.open(context, server.url);
      await ui.signIn("root", PASSWORDS.root);
      let views = 0;
      const look = async (view) => {
        await ui.settled(); // colours are judged at rest
        await check(ui.page, view);
        views += 1;
      };
      await sessions(ui, look);
      const password = await accounts(ui, look);
      await keys(ui, look);
      await mustChange(ui, look, password);
      t.diagnostic(`${views} views`);
    });
  }
}

async function sessions(ui, look) {
  await ui.visit("password", "Password and sessions");
  await ui.at("session").first().waitFor();
  await ui.at("sign-out-everywhere").click();
  await ui.at("change-password").click();
  await ui.at("password-save").click();
  await ui.at("password-form").getByRole("alert").waitFor();
  await look("password and sessions: refused, about to sign out");
}

/** Resolves with the password of an account that it has made: carol's. */
async function accounts(ui, look) {
  await ui.visit("accounts", "Accounts");
  await ui.at("new-account").click();
  await ui.at("account-save").click();
  await ui.at("account-form").getByRole("alert").waitFor();
  await ui.at("remove-account").last().click();
  await look("accounts: refused, about to remove");
  await ui.at("account-user").fill("carol");
  await ui.at("account-save").click();
  await ui.at("once").waitFor();
  await look("accounts: a password, shown once");
  return ui.at("once-secret").inputValue();
}

async function keys(ui, look) {
  await ui.visit("api-keys", "API keys");
  await ui.at("new-key").click();
  await ui.at("scope-publish").uncheck();
  await ui.at("key-save").click();
  await ui.at("key-form").getByRole("alert").waitFor();
  await ui.at("revoke-key").last().click();
  await look("keys: refused, about to revoke");
  await ui.at("key-name").fill("CI");
  await ui.at("scope-publish").check();
  await ui.at("key-save").click();
  await ui.at("once").waitFor();
  await look("keys: a key, shown once");
}

async function mustChange(ui, look, password) {
  await ui.at("user-menu").click();
  await ui.at("sign-out").click();
  await ui.form.waitFor();
  await ui.at("user").fill("carol");
  await ui.at("password").fill(password);
  await ui.page.keyboard.press("Enter");
  await ui.at("must-change").waitFor();
  await ui.at("password-save").click();
  await ui.at("password-form").getByRole("alert").waitFor();
  await look("must change the password, refused");
}
