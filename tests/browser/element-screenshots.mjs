// Pictures of <tidings-inbox>, for people: npm run screenshots. They go to tests/screenshots/.

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { introduce, publish } from "../support/http.mjs";
import { newServer } from "../support/server.mjs";
import { until } from "../support/wait.mjs";
import { DESKTOP, newProfile, PHONE, SERVER_AWAY } from "./browser.mjs";
import { fillInbox } from "./content.mjs";
import { buildElement, Element, newElementHost, serveScript } from "./element-host.mjs";
import { useBrowser } from "./world.mjs";

const FOLDER = join(import.meta.dirname, "../screenshots");
const browser = useBrowser();

let built;
before(async () => {
  built = await buildElement();
  await mkdir(FOLDER, { recursive: true });
  await writeFile(join(FOLDER, ".gitignore"), "*\n"); // pictures are made, not kept
});
after(() => built?.dispose());

const SIGHTS = [
  { name: "light", query: { scheme: "light" } },
  { name: "dark", query: { scheme: "dark" } },
  { name: "zh", query: { scheme: "light", lang: "zh" } },
  { name: "rtl", query: { scheme: "dark", dir: "rtl" } },
  { name: "vue", path: "/vue" },
  { name: "react", path: "/react" },
];

for (const viewport of [PHONE, DESKTOP]) {
  for (const { name, path = "/element", query } of SIGHTS) {
    test(`the element, ${viewport.width}, ${name}`, async (t) => {
      const host = await newElementHost(t, built);
      const server = await newServer(t, { TIDINGS_CORS_ORIGINS: host.origin });
      host.server = server;
      await server.start();
      await introduce(server, "alice");
      const touch = viewport === PHONE && { hasTouch: true, isMobile: true };
      const options = { viewport, reducedMotion: "reduce", allow: [SERVER_AWAY], ...touch };
      const context = await newProfile(t, browser(), options);
      await serveScript(context, server, built);
      const own = query ? { "token-url": "/token", href: "/all", ...query } : { server: server.url };
      const element = await Element.open(context, host, path, own);
      const shoot = async (view) => {
        await element.settled();
        const file = `element-${view}-${viewport.width}-${name}.png`;
        await element.page.screenshot({ path: join(FOLDER, file) });
      };
      await element.live();
      await element.openPanel();
      await element.instead.locator("h3").waitFor();
      await shoot("empty");
      await fillInbox(server, "alice");
      await until("all are listed", async () => (await element.rows.count()) === 5);
      await element.page.reload(); // without the toasts of all that
      await element.badgeSays("3");
      await element.openPanel();
      await element.rows.nth(4).waitFor();
      await shoot("open");
      await element.page.keyboard.press("ArrowDown");
      await shoot("focus");
      await element.page.keyboard.press("Escape");
      const to = { user: "alice" };
      await publish(server, { to, title: "Washing machine is done", level: "success" });
      await publish(server, {
        to,
        title: "Water under the sink",
        body: "The sensor in the kitchen has been wet for two minutes.",
        level: "error",
        critical: true,
        actor: { name: "Kitchen" },
        actions: [{ label: "Close the valve", link: "/valve" }],
      });
      await element.toasts.nth(1).waitFor();
      await shoot("toasts");
      await server.kill();
      await element.openPanel();
      await until("it says so", async () => (await element.line.textContent()) !== "");
      await shoot("away");
    });
  }
}
