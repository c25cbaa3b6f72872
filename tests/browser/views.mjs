// axe-core on every view.

import { test } from "node:test";
import { publish } from "../support/http.mjs";
import { check } from "./axe.mjs";
import { newProfile, refused } from "./browser.mjs";
import { fillAdmin, fillInbox } from "./content.mjs";
import { InboxPage } from "./inbox-page.mjs";
import { newWorld, PASSWORDS, useBrowser } from "./world.mjs";

/** Looks at every view of one width, light and dark. A width is a file of tests: a file has two minutes. */
export function checkViews(width, viewport) {
  const browser = useBrowser();
  for (const colorScheme of ["light", "dark"]) {
    test(`${width}, ${colorScheme}`, async (t) => {
      const server = await newWorld(t, ["root"]);
      const context = await newProfile(t, browser(), {
        viewport,
        colorScheme,
        reducedMotion: "reduce",
        allow: [refused(422, /\/admin\/notifications$/), refused(401, /\/auth\/login$/)],
      });
      const ui = await InboxPage.open(context, server.url);
      await walk(t, server, ui);
    });
  }
}

async function walk(t, server, ui) {
  const { page } = ui;
  let views = 0;
  const look = async (view) => {
    await ui.settled(); // colours are judged at rest
    await check(page, view);
    views += 1;
  };

  await ui.form.waitFor();
  await look("sign-in");
  await ui.at("user").fill("root");
  await ui.at("password").fill("wrong");
  await page.keyboard.press("Enter");
  await page.locator("#sign-in-wrong").waitFor();
  await look("sign-in, refused");

  await ui.signIn("root", PASSWORDS.root);
  await ui.at("empty").waitFor();
  await look("inbox, empty");
  await fillInbox(server, "root");
  await page.reload(); // without the toasts of all that
  await ui.live();
  await ui.rows.first().getByTestId("mark-read").click();
  for (const level of ["info", "success", "warning", "error"]) {
    await publish(server, {
      to: { user: "root" },
      title: `A toast: ${level}`,
      level,
      critical: true, // stays for as long as axe looks
      link: "/somewhere",
      actions: [{ label: "Open", link: "/somewhere" }],
    });
  }
  await ui.toasts.nth(3).waitFor();
  await look("inbox, with toasts");
  await ui.at("user-menu").click();
  await look("inbox, menu open");
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Close all" }).click();
  await look("inbox");
  await ui.bell.click();
  await ui.item("A toast: error").waitFor();
  await look("inbox, bell open");
  await page.keyboard.press("Escape");
  await readers(ui, look);
  await admins(server, ui, look);

  await page.getByRole("link", { name: "Compose" }).click();
  await ui.compose.waitFor();
  await look("compose");
  await page.getByRole("button", { name: /Link, category/ }).click();
  await ui.at("link").fill("javascript:alert(1)");
  await ui.at("send").click();
  await ui.compose.locator('[aria-invalid="true"]').first().waitFor();
  await look("compose, refused");
  await page.goto(`${server.url}/nowhere`);
  await page.getByRole("heading", { name: "Nothing here" }).waitFor();
  await look("no such page");

  t.diagnostic(`${views} views`);
}

/** What every reader has: snoozing, taking back, search, topics, preferences. */
async function readers(ui, look) {
  const { page } = ui;
  await ui.rows.first().getByTestId("snooze").click();
  await ui.at("snooze-menu").waitFor();
  await look("inbox, snooze menu");
  await ui.at("snooze-custom").click();
  await ui.at("snooze-until").fill("2020-01-01T08:00");
  await ui.at("snooze-confirm").click();
  await ui.at("snooze-form").locator(".wrong").waitFor();
  await look("inbox, snooze form, refused");
  await page.keyboard.press("Escape");
  await ui.snooze(await ui.rows.first().getAttribute("data-id"), "week");
  await ui.at("undo-bar").waitFor();
  await look("inbox, undo bar");
  await ui.view("snoozed");
  await ui.at("snoozed-until").waitFor();
  await look("snoozed");
  await ui.view("archived");
  await ui.at("empty").waitFor();
  await look("archive, empty");
  await ui.view("all");
  await ui.at("search").fill("build");
  await ui.at("search-count").getByText("found").waitFor();
  await look("inbox, search");

  await ui.visit("topics", "Topics");
  await ui.at("no-topics").waitFor();
  await look("topics, none");
  await ui.visit("preferences", "Preferences");
  await ui.at("category-to-mute").fill("builds");
  await ui.at("mute-category").click();
  await ui.at("mute-level-success").check();
  await ui.at("quiet").check();
  await look("preferences");
  await ui.at("save-preferences").click();
  await ui.at("preferences-saved").waitFor();
  await look("preferences, saved");
}

/** What administrators have besides: sent, and their topics. */
async function admins(server, ui, look) {
  const { page } = ui;
  await publish(server, { to: { user: "root" }, title: "Build 4712 failed", category: "builds" });
  await fillAdmin(server, "root");
  await ui.visit("topics", "Topics");
  await ui.at("leave").first().waitFor();
  await look("topics");
  await ui.visit("sent", "Sent");
  await page.locator('[data-stage="retracted"]').first().waitFor();
  await ui.at("show-history").first().click();
  await ui.at("retract").first().click();
  await ui.at("correct").first().click();
  await look("sent: history, about to retract, correcting");
  await ui.at("sent-scheduled").click();
  await page.locator('[data-stage="scheduled"]').first().waitFor();
  await ui.at("correct").first().click();
  await look("scheduled, correcting");
  await ui.at("sent-made").click();
  await page.locator('[data-stage="delivered"]').first().waitFor();
  const card = (title) => ui.at("sent-item").filter({ hasText: title });
  await card("Build 4712 failed").getByTestId("show-ledger").click();
  await ui.at("delivery").waitFor();
  await card("The office is closed").getByTestId("show-ledger").click();
  await ui.at("ledger-user").fill("root");
  await ui.at("ledger-look").click();
  await ui.at("delivery").nth(1).waitFor();
  await look("sent: ledgers");
  await ui.visit("overview", "Overview");
  await ui.at("stream").first().waitFor();
  await look("overview");
  await ui.visit("managed-topics", "Manage topics");
  await ui.at("managed-topic").first().waitFor();
  await ui.at("show-members").first().click();
  await ui.at("member").first().waitFor();
  await ui.at("new-topic").click();
  await ui.at("topic-save").click(); // refused: without a name
  await ui.at("topic-form").getByRole("alert").waitFor();
  await ui.at("remove-topic").last().click();
  await look("managed topics: members, refused, about to remove");
  await page.getByRole("link", { name: "Tidings" }).click();
  await ui.at("muted").first().waitFor();
  await look("inbox, with muted ones");
}
