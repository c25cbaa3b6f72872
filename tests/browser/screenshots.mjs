// Pictures of the pages, for people: npm run screenshots. They go to tests/screenshots/.

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { publish } from "../support/http.mjs";
import { DESKTOP, newProfile, PHONE } from "./browser.mjs";
import { fillInbox } from "./content.mjs";
import { InboxPage } from "./inbox-page.mjs";
import { newWorld, PASSWORDS, useBrowser } from "./world.mjs";

const FOLDER = join(import.meta.dirname, "../screenshots");
const browser = useBrowser();

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
      });
      const ui = await InboxPage.open(context, server.url);
      const shoot = async (view) => {
        await ui.settled();
        const path = join(FOLDER, `${view}-${viewport.width}-${colorScheme}.png`);
        await ui.page.screenshot({ path });
      };

      await ui.form.waitFor();
      await shoot("sign-in");
      await ui.signIn("root", PASSWORDS.root);
      await fillInbox(server, "root");
      await ui.rowsAre(5);
      await ui.page.reload(); // without the toasts of all that
      await ui.live();
      await toasts(server, ui);
      await shoot("inbox");
      await compose(ui);
      await shoot("compose");
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

async function compose(ui) {
  await ui.page.getByRole("button", { name: "Close all" }).click();
  await ui.page.getByRole("link", { name: "Compose" }).click();
  await ui.at("people").fill("alice, bob");
  await ui.at("title").fill("The heating is off on Tuesday");
  await ui.at("body").fill("From 8 to 12. Hot water stays on.");
  await ui.at("level").selectOption("warning");
}
