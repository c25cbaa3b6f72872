// Pictures of the pages, for people: npm run screenshots. They go to tests/screenshots/.

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { asAdmin, publish, request } from "../support/http.mjs";
import { DESKTOP, newProfile, PHONE, refused } from "./browser.mjs";
import { fillAccess, fillAdmin, fillInbox } from "./content.mjs";
import { InboxPage } from "./inbox-page.mjs";
import { newWorld, PASSWORDS, useBrowser } from "./world.mjs";

const FOLDER = join(import.meta.dirname, "../screenshots");
const browser = useBrowser();

/** Taken as a whole, however far they go below the screen. */
const LONG = new Set([
  "preferences",
  "sent",
  "sent-correct",
  "scheduled",
  "managed-topics",
  "new-topic",
  "compose-more",
  "compose-refused",
  "ledger",
  "ledger-reach",
  "overview",
  "password",
  "accounts",
  "account-made",
  "api-keys",
  "api-key-made",
  "must-change",
]);

for (const viewport of [PHONE, DESKTOP]) {
  for (const colorScheme of ["light", "dark"]) {
    test(`${viewport.width}x${viewport.height}, ${colorScheme}`, async (t) => {
      await mkdir(FOLDER, { recursive: true });
      await writeFile(join(FOLDER, ".gitignore"), "*\n"); // pictures are made, not kept
      const server = await newWorld(t, ["root"]);
      const context = await newProfile(t, browser(), {
        viewport,
        colorScheme,
        reducedMotion: "reduce",
        allow: [refused(422, /\/admin\/notifications$/), refused(401, /\/auth\/login$/)],
      });
      // As many people as a picture should show.
      const audience = { recipients: 1204, connected: 37 };
      await context.route("**/api/v1/admin/audience?*", (route) => route.fulfill({ json: audience }));
      const ui = await InboxPage.open(context, server.url);
      const shoot = async (view) => {
        await ui.settled();
        const path = join(FOLDER, `${view}-${viewport.width}-${colorScheme}.png`);
        const fullPage = LONG.has(view);
        if (fullPage) await ui.page.evaluate(() => window.scrollTo(0, 0));
        await ui.page.screenshot({ path, fullPage });
      };

      await ui.form.waitFor();
      await shoot("sign-in");
      await ui.at("user").fill("root");
      await ui.at("password").fill("wrong");
      await ui.page.keyboard.press("Enter");
      await ui.page.locator("#sign-in-wrong").waitFor();
      await shoot("sign-in-refused");
      await ui.signIn("root", PASSWORDS.root);
      await ui.at("empty").waitFor();
      await shoot("inbox-empty");
      await fillInbox(server, "root");
      await ui.rowsAre(5);
      await ui.page.reload(); // without the toasts of all that
      await ui.live();
      await toasts(server, ui);
      await shoot("inbox");
      await ui.page.getByRole("button", { name: "Close all" }).click();
      await ui.bell.click();
      await ui.item("Water under the sink").waitFor();
      await shoot("inbox-bell");
      await ui.page.keyboard.press("Escape");
      await inbox(server, ui, shoot);
      await readers(server, ui, shoot);
      await admins(server, ui, shoot);
      await compose(ui, shoot);
      await access(server, ui, shoot);
    });
  }
}

async function toasts(server, ui) {
  const to = { user: "root" };
  await publish(server, { to, title: "Washing machine is done", level: "success" });
  await publish(server, {
    to,
    title: "Water under the sink",
    body: "The sensor in the kitchen has been wet for two minutes.",
    level: "error",
    critical: true,
  });
  await ui.toasts.nth(1).waitFor();
}

async function inbox(server, ui, shoot) {
  const row = (title) => ui.rowTitled(title);
  await row("Certificate of").getByTestId("snooze").click();
  await ui.at("snooze-menu").waitFor();
  await shoot("snooze-menu");
  await ui.at("snooze-custom").click();
  await ui.at("snooze-form").waitFor();
  await shoot("snooze-form");
  await ui.page.keyboard.press("Escape");
  await row("Deployed 2.4.0").getByTestId("archive").click();
  await ui.at("undo-bar").waitFor();
  await shoot("undo");
  await row("Certificate of").getByTestId("snooze").click();
  await ui.at("snooze-week").click();
  await ui.at("undo-close").click();
  await ui.view("snoozed");
  await ui.at("snoozed-until").waitFor();
  await shoot("snoozed");
  await ui.view("archived");
  await ui.at("unarchive").waitFor();
  await shoot("archived");
  await ui.view("unread");
  await ui.rows.first().waitFor();
  await shoot("unread");
  await ui.view("all");
  await ui.at("search").fill("fail");
  await ui.at("search-count").getByText("found").waitFor();
  await shoot("search");
  await ui.at("search").fill("");
  await ui.at("search-count").getByText("found").waitFor({ state: "detached" });

  const muted = { topics: [], categories: ["builds"], levels: [] };
  await request(server, server.token("root", "admin"), "PUT", "/preferences", { muted });
  const draft = { title: "Build 4712 passed", level: "success", category: "builds" };
  await publish(server, { to: { user: "root" }, ...draft });
  await ui.at("muted").waitFor();
  await shoot("muted");
  await ui.at("user-menu").click();
  await shoot("user-menu");
  await ui.page.keyboard.press("Escape");
}

async function readers(server, ui, shoot) {
  await fillAdmin(server, "root");
  await ui.visit("topics", "Topics");
  await ui.at("leave").first().waitFor();
  await ui.toast("2.4.0 is being").waitFor();
  await ui.page.getByRole("button", { name: "Close all" }).click();
  await ui.toasts.first().waitFor({ state: "detached" });
  await shoot("topics");
  await ui.visit("preferences", "Preferences");
  await ui.at("category-to-mute").fill("chatter");
  await ui.at("mute-category").click();
  await ui.at("mute-level-success").check();
  await ui.at("quiet").check();
  await shoot("preferences");
}

async function admins(server, ui, shoot) {
  const { page } = ui;
  const { items } = await asAdmin(server, "GET", "/admin/notifications");
  const card = (title) => ui.at("sent-item").filter({ hasText: title });
  const id = items.find(({ title }) => title.startsWith("bob mentioned")).id;
  await request(server, server.token("root"), "PATCH", `/notifications/${id}`, { read: true });
  const to = { users: ["ann", "bob", "root"] };
  await publish(server, { to, title: "Lunch is at one today", category: "lunch" });
  await ui.toast("Lunch is at one").waitFor();
  await page.getByRole("button", { name: "Close: Lunch is at one today" }).click();
  await ui.visit("sent", "Sent");
  await page.locator('[data-stage="retracted"]').first().waitFor();
  await card("Lunch is at one").getByTestId("show-ledger").click();
  await ui.at("delivery").nth(2).waitFor();
  await card("bob mentioned").getByTestId("show-ledger").click();
  await ui.at("delivery").nth(3).waitFor();
  await shoot("ledger");
  await card("The office is closed").getByTestId("show-ledger").click();
  await ui.at("ledger-user").fill("root");
  await ui.at("ledger-look").click();
  await ui.at("delivery").nth(4).waitFor();
  await shoot("ledger-reach");
  await ui.visit("overview", "Overview");
  await ui.at("stream").first().waitFor();
  await shoot("overview");
  await ui.visit("sent", "Sent");
  await page.locator('[data-stage="retracted"]').first().waitFor();
  await ui.at("show-history").first().click();
  await shoot("sent");
  await ui.at("retract").first().click();
  await ui.at("correct").first().click();
  await shoot("sent-correct");
  await ui.at("sent-scheduled").click();
  await page.locator('[data-stage="scheduled"]').first().waitFor();
  await ui.at("correct").first().click();
  await shoot("scheduled");
  await ui.visit("managed-topics", "Manage topics");
  await ui.at("show-members").first().click();
  await ui.at("member").first().waitFor();
  await ui.at("remove-topic").last().click();
  await shoot("managed-topics");
  await ui.at("new-topic").click();
  await shoot("new-topic");
}

async function compose(ui, shoot) {
  await ui.page.getByRole("link", { name: "Compose" }).click();
  await ui.at("people").fill("alice, bob");
  await ui.at("title").fill("The heating is off on Tuesday");
  await ui.at("body").fill("From 8 to 12. Hot water stays on.");
  await ui.at("level").selectOption("warning");
  await shoot("compose");
  await ui.at("everyone").check();
  await ui.at("audience").getByText("Reaches 1,204").waitFor();
  await shoot("compose-everyone");
  await ui.at("to-topic").check();
  await ui.at("topic").fill("deploys");
  await ui.at("audience").getByText("Reaches 1,204").waitFor();
  await ui.page.getByRole("button", { name: /^More/ }).click();
  await shoot("compose-more");
  await ui.at("link").fill("javascript:alert(1)");
  await ui.at("title").fill("");
  await ui.at("send").click();
  await ui.compose.locator('[aria-invalid="true"]').first().waitFor();
  await shoot("compose-refused");
}

async function access(server, ui, shoot) {
  const { page } = ui;
  await fillAccess(server);
  const elsewhere = { user: "root", password: PASSWORDS.root };
  await request(server, server.token("root", "admin"), "POST", "/auth/login", elsewhere);
  await ui.visit("password", "Password and sessions");
  await ui.at("session").nth(1).waitFor();
  await shoot("sessions");
  await ui.at("change-password").click();
  await ui.at("current-password").fill("mine");
  await ui.at("password-save").click();
  await ui.at("password-form").getByRole("alert").waitFor();
  await ui.at("sign-out-everywhere").click();
  await shoot("password");
  await ui.visit("accounts", "Accounts");
  await ui.at("account").nth(2).waitFor();
  await ui.at("new-account").click();
  await ui.at("disable-account").last().click();
  await shoot("accounts");
  await ui.at("account-user").fill("carol");
  await ui.at("account-save").click();
  await ui.at("once").waitFor();
  const password = await ui.at("once-secret").inputValue();
  await ui.at("once-copy").click();
  await shoot("account-made");
  await ui.visit("api-keys", "API keys");
  await ui.at("api-key").nth(2).waitFor();
  await ui.at("new-key").click();
  await ui.at("revoke-key").first().click();
  await shoot("api-keys");
  await ui.at("key-name").fill("CI");
  await ui.at("key-save").click();
  await ui.at("once").waitFor();
  await shoot("api-key-made");
  await ui.at("user-menu").click();
  await shoot("user-menu-admin");
  await ui.at("sign-out").click();
  await ui.form.waitFor();
  await ui.at("user").fill("carol");
  await ui.at("password").fill(password);
  await page.keyboard.press("Enter");
  await ui.at("must-change").waitFor();
  await shoot("must-change");
}
