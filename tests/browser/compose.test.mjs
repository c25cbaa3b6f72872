// The admin's form: to one, to several, to everyone; preview; refusals at their fields.

import assert from "node:assert/strict";
import { test } from "node:test";
import { introduce, request, wholeInbox } from "../support/http.mjs";
import { refused } from "./browser.mjs";
import { newWorld, signedIn, useBrowser } from "./world.mjs";

const browser = useBrowser();

async function composing(t, { allow = [], users = ["alice", "root"] } = {}) {
  const server = await newWorld(t, users);
  await introduce(server, "bob");
  const { page } = await signedIn(t, browser(), server, "root", { allow });
  await page.page.getByRole("link", { name: "Compose" }).click();
  await page.compose.waitFor();
  return { server, page };
}

async function send(page) {
  await page.at("send").click();
  await page.at("sent").waitFor();
}

const titles = async (server, user) => (await wholeInbox(server, user)).map((item) => item.title);

test("sends to one, to several and to everyone", async (t) => {
  const { server, page } = await composing(t);
  const alice = (await signedIn(t, browser(), server, "alice")).page;

  await page.at("people").fill("alice");
  await page.at("title").fill("To one");
  await page.at("body").fill("With a body\nof two lines.");
  await page.at("level").selectOption("warning");
  await send(page);
  await alice.rowTitled("To one").waitFor();
  await page.at("send-another").click();

  await page.at("people").fill("alice, bob");
  await page.at("title").fill("To several");
  await send(page);
  await page.at("send-another").click();

  await page.at("everyone").check();
  await page.at("title").fill("To everyone");
  await page.at("critical").check();
  await send(page);

  await alice.rowsAre(3);
  await alice.badgeSays(3);
  await alice.toasted("To everyone");
  assert.deepEqual(await alice.toastTitles(), ["To one", "To several", "CriticalTo everyone"]);
  assert.deepEqual(await titles(server, "alice"), ["To one", "To several", "To everyone"]);
  assert.deepEqual(await titles(server, "bob"), ["To several", "To everyone"]);
  assert.deepEqual(await titles(server, "root"), ["To everyone"]);
  const [one] = await wholeInbox(server, "alice");
  assert.equal(one.body, "With a body\nof two lines.");
  assert.equal(one.level, "warning");
});

test("shows beforehand what the reader will see", async (t) => {
  const { page } = await composing(t);
  await page.at("title").fill("Build 4711 failed");
  await page.at("body").fill("Two tests of twelve.");
  await page.at("level").selectOption("error");
  for (const preview of ["preview-toast", "preview-row"]) {
    for (const text of ["Build 4711 failed", "Two tests of twelve."]) {
      await page.at(preview).getByText(text).first().waitFor();
    }
  }
  const toast = page.at("preview-toast").locator('[part~="toast"]');
  assert.equal(await toast.getAttribute("data-level"), "error");
  assert.equal(await page.toasts.count(), 0, "a preview is no toast");
});

test("shows a refusal at its field, and sends once it is mended", async (t) => {
  const allow = [refused(422, /\/admin\/notifications$/)];
  const { server, page } = await composing(t, { allow });
  await page.at("people").fill("alice");
  await page.at("title").fill("With a link");
  await page.page.getByRole("button", { name: /Link, category/ }).click();
  const link = page.at("link");
  await link.fill("javascript:alert(1)");
  await page.at("send").click();

  await page.compose.getByRole("alert").waitFor();
  await page.page.locator('[data-testid="link"][aria-invalid="true"]').waitFor();
  const described = (await link.getAttribute("aria-describedby")).split(" ");
  const wrong = page.page.locator(`#${described.at(-1)}.wrong`);
  t.diagnostic(`the field says: ${await wrong.textContent()}`);
  assert.notEqual((await wrong.textContent()).trim(), "");
  assert.equal(
    await page.at("title").getAttribute("aria-invalid"),
    null,
    "no other field is blamed",
  );
  assert.deepEqual(await titles(server, "alice"), []);

  await link.fill("/builds/4711");
  await send(page);
  const [made] = await wholeInbox(server, "alice");
  assert.equal(made.link, "/builds/4711");
});

for (const [what, fill, field] of [
  ["a title of 201 characters", (page) => page.at("title").fill("x".repeat(201)), "title"],
  ["no recipients", (page) => page.at("people").fill(""), "people"],
  ["a body over 8 KiB", (page) => page.at("body").fill("ß".repeat(4097)), "body"],
]) {
  test(`${what}: the server's refusal stands at the field`, async (t) => {
    const { page } = await composing(t, { allow: [refused(422, /\/admin\/notifications$/)] });
    await page.at("people").fill("alice");
    await page.at("title").fill("A title");
    await fill(page);
    await page.at("send").click();
    await page.page.locator(`[data-testid="${field}"][aria-invalid="true"]`).waitFor();
  });
}

test("a user who is no admin gets neither the form nor its effect", async (t) => {
  const server = await newWorld(t);
  const { page } = await signedIn(t, browser(), server, "alice");
  assert.equal(await page.page.getByRole("link", { name: "Compose" }).count(), 0);
  await page.page.goto(`${server.url}/compose`);
  await page.page.getByText("Only administrators can send notifications.").waitFor();
  assert.equal(await page.compose.count(), 0);
  const draft = { to: { everyone: true }, title: "Not allowed" };
  const answer = await request(
    server,
    server.token("alice"),
    "POST",
    "/admin/notifications",
    draft,
  );
  assert.equal(answer.status, 403);
  assert.deepEqual(await titles(server, "alice"), []);
});
