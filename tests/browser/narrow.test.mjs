// On the narrowest phones nothing is wider than the screen, and nothing that can be pressed is cut off.

import assert from "node:assert/strict";
import { test } from "node:test";
import { publish } from "../support/http.mjs";
import { newProfile } from "./browser.mjs";
import { fillAccess, fillAdmin, fillInbox } from "./content.mjs";
import { InboxPage } from "./inbox-page.mjs";
import { newWorld, PASSWORDS, useBrowser } from "./world.mjs";

const browser = useBrowser();
const NARROW = { width: 360, height: 740 };

/** Without a place to break: what only careful styles keep inside. */
const LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft";

/** What sticks out of the screen, besides what is hidden on purpose. */
function tooWide() {
  const { clientWidth, scrollWidth } = document.documentElement;
  const out = [...document.querySelectorAll("a, button, input, select, textarea, [role]")]
    .filter((element) => element.checkVisibility() && !element.closest(".visually-hidden, .skip"))
    .filter((element) => {
      const { left, right, width } = element.getBoundingClientRect();
      return width > 0 && (left < -1 || right > clientWidth + 1);
    })
    .map((element) => element.outerHTML.slice(0, 120));
  return { scrolls: scrollWidth > clientWidth, out };
}

test("no page scrolls sideways at 360 pixels", async (t) => {
  const server = await newWorld(t, ["root"]);
  const context = await newProfile(t, browser(), { viewport: NARROW, reducedMotion: "reduce" });
  const ui = await InboxPage.open(context, server.url);
  const { page } = ui;
  const looked = [];
  const look = async (what) => {
    await ui.settled();
    assert.deepEqual(await page.evaluate(tooWide), { scrolls: false, out: [] }, what);
    looked.push(what);
  };

  await ui.form.waitFor();
  await look("sign-in");
  await ui.signIn("root", PASSWORDS.root);
  await fillInbox(server, "root");
  await fillAdmin(server, "root", LONG);
  await publish(server, {
    to: { user: "root" },
    title: LONG,
    body: LONG.repeat(3),
    category: LONG,
    actor: { name: LONG },
    critical: true,
    actions: [{ label: LONG.slice(0, 40), link: "/a" }],
  });
  await ui.rowTitled(LONG).first().waitFor();
  await look("inbox, with toasts");
  await page.getByRole("button", { name: "Close all" }).click();
  await ui.bell.click();
  await ui.item(LONG).first().waitFor();
  await look("inbox, with the bell open");
  await page.keyboard.press("Escape");
  await ui.at("user-menu").click();
  await look("inbox, with the user menu");
  await page.keyboard.press("Escape");
  for (const row of [ui.rows.first(), ui.rows.last()]) {
    await row.getByTestId("snooze").click();
    await ui.at("snooze-menu").waitFor();
    await look("inbox, with the snooze menu");
    await ui.at("snooze-custom").click();
    await ui.at("snooze-form").waitFor();
    await look("inbox, with the snooze form");
    await page.keyboard.press("Escape");
  }
  await ui.rows.first().getByTestId("archive").click();
  await ui.at("undo-bar").waitFor();
  await look("inbox, with the undo bar");
  await ui.at("undo-close").click();
  await ui.snooze(await ui.rows.first().getAttribute("data-id"), "week");
  await ui.at("undo-close").click();
  await ui.view("snoozed");
  await ui.at("snoozed-until").waitFor();
  await look("snoozed");
  await ui.view("archived");
  await ui.at("unarchive").waitFor();
  await look("archived");
  await ui.at("search").fill("w".repeat(100));
  await ui.at("empty").waitFor();
  await look("nothing found");

  await ui.visit("topics", "Topics");
  await ui.at("topic").first().waitFor();
  await look("topics");
  await ui.visit("preferences", "Preferences");
  await ui.at("category-to-mute").fill(LONG);
  await ui.at("mute-category").click();
  await ui.at("quiet").check();
  await look("preferences");
  await ui.visit("sent", "Sent");
  await ui.at("sent-item").first().waitFor();
  await look("sent");
  await ui.at("retract").first().click();
  await look("sent, about to retract");
  await ui.at("retract-keep").click();
  await ui.at("show-history").first().click();
  await ui.at("correct").first().click();
  await look("sent, correcting");
  await ui.at("sent-scheduled").click();
  await page.locator('[data-stage="scheduled"]').first().waitFor();
  await ui.at("correct").first().click();
  await ui.at("correct-deliver-at").waitFor();
  await look("scheduled, correcting");
  await ui.at("sent-made").click();
  await page.locator('[data-stage="delivered"]').first().waitFor();
  await ui.at("show-ledger").first().click();
  await ui.at("ledger").waitFor();
  await look("ledger");
  await ui.visit("overview", "Overview");
  await ui.at("stream").first().waitFor();
  await look("overview");
  await ui.visit("managed-topics", "Manage topics");
  await ui.at("managed-topic").first().waitFor();
  await ui.at("show-members").first().click();
  await ui.at("member").first().waitFor();
  await ui.at("new-topic").click();
  await look("managed topics");
  await ui.at("remove-topic").first().click();
  await look("managed topics, about to remove");

  await fillAccess(server, LONG);
  await ui.visit("password", "Password and sessions");
  await ui.at("session").first().waitFor();
  await ui.at("change-password").click();
  await ui.at("sign-out-everywhere").click();
  await look("password and sessions");
  await ui.visit("accounts", "Accounts");
  await ui.at("account").nth(2).waitFor();
  await ui.at("reset-password").last().click();
  await ui.at("change-role").last().click();
  await look("accounts, about to reset");
  await ui.at("reset-password-confirm").click();
  await ui.at("once").waitFor();
  await look("accounts, with a password");
  await ui.visit("api-keys", "API keys");
  await ui.at("api-key").first().waitFor();
  await ui.at("new-key").click();
  await ui.at("key-name").fill(LONG);
  await ui.at("key-save").click();
  await ui.at("once").waitFor();
  await ui.at("revoke-key").first().click();
  await look("keys, with a key");

  await page.getByRole("link", { name: "Compose" }).click();
  await page.getByRole("button", { name: /^More/ }).click();
  await ui.at("title").fill(LONG);
  await ui.at("people").fill(`${LONG}, ${LONG}-2`);
  await look("compose");
  await ui.at("to-topic").check();
  await page.locator("datalist option").first().waitFor({ state: "attached" });
  await look("compose, to a topic");
  t.diagnostic(`${looked.length} views`);
});
