// Runs a client in a page of a browser that is there already, as a child process of the kit. The page is of the same
// origin as the API: the proxy serves it.

import { createInterface } from "node:readline";
import { chromium } from "playwright-core";

const kit = JSON.parse(process.env.CONFORMANCE_SUBJECT);
const browser = await chromium.connect(kit.browser);
const context = await browser.newContext();
const page = await context.newPage();
const session = await context.newCDPSession(page);

await page.exposeFunction("tell", (line) => process.stdout.write(`${line}\n`));
page.on("pageerror", (error) => process.stderr.write(`${error.stack}\n`));

const commands = createInterface({ input: process.stdin });
commands.once("close", () => browser.close().finally(() => process.exit()));
commands.on("line", (line) => {
  const command = JSON.parse(line).do;
  const states = { freeze: "frozen", thaw: "active" };
  if (command in states) {
    session.send("Page.setWebLifecycleState", { state: states[command] }).catch(() => {});
  } else {
    page.evaluate((name) => window.client[name]?.(), command).catch(() => {});
  }
});

await page.goto(`${kit.url}/kit/`);
await page.evaluate(async (kit) => {
  const { start } = await import(`/kit/${kit.name}.js`);
  const tell = (line) => window.tell(JSON.stringify(line));
  // What a browser hints at explains why a client came back sooner, for who reads the story of a run.
  const note = (event) => tell({ note: `${event.type} ${document.visibilityState}` });
  for (const hint of ["online", "offline", "pageshow"]) addEventListener(hint, note);
  for (const hint of ["visibilitychange", "freeze", "resume"])
    document.addEventListener(hint, note);
  window.client = start({ ...kit, tell });
}, kit);
