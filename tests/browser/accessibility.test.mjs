// axe-core on every view, at the width of a phone and of a desk, light and dark.

import { test } from "node:test";
import { publish } from "../support/http.mjs";
import { check } from "./axe.mjs";
import { DESKTOP, newProfile, PHONE, refused } from "./browser.mjs";
import { fillInbox } from "./content.mjs";
import { InboxPage } from "./inbox-page.mjs";
import { newWorld, PASSWORDS, useBrowser } from "./world.mjs";

const browser = useBrowser();

for (const [width, viewport] of Object.entries({ phone: PHONE, desktop: DESKTOP })) {
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
  const seen = [];
  const look = async (view) => {
    await ui.settled(); // colours are judged at rest
    seen.push(await check(t, page, view));
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
  await ui.at("view-archived").click();
  await ui.at("empty").waitFor();
  await look("archive, empty");

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

  const findings = seen.reduce((sum, one) => sum + one.findings, 0);
  t.diagnostic(`${seen.length} views, ${findings} findings`);
}
