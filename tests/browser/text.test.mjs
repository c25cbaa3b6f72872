// Text of others is shown as text, whatever it pretends to be.

import assert from "node:assert/strict";
import { test } from "node:test";
import { publish } from "../support/http.mjs";
import { newWorld, signedIn, useBrowser } from "./world.mjs";

const browser = useBrowser();

const IMAGE = '<img src=x onerror="globalThis.hit=1;alert(1)">';
const HOSTILE = [
  { title: IMAGE, body: IMAGE },
  { title: "<script>globalThis.hit=1</script>", body: '"><svg onload=alert(1)>' },
  {
    title: "{{ 7 * 7 }} ${7*7} <%= 7 %>",
    body: "{{constructor.constructor('globalThis.hit=1')()}}",
  },
  { title: "A frame in the text", body: "a\rid: 9\revent: reset\rdata: x\r\r" },
  { title: "Line separators", body: "one\u2028two\u2029three" },
  { title: "Another direction", body: "user\u202Etxt.exe\u202C and \u2067שלום\u2069 again" },
  { title: "שלום, עולם 👩‍👩‍👧 Z̷a̷l̷g̷o̷", body: "x".repeat(8192) },
  { title: "<b>W</b>".padEnd(200, "W"), body: "</p></article><h1>Sign in again</h1>" },
];

test("markup, separators and directions are text: in the row, the toast and the title", async (t) => {
  const server = await newWorld(t);
  const { page } = await signedIn(t, browser(), server, "alice");
  for (const { title, body } of HOSTILE) {
    const { id } = await publish(server, {
      to: { user: "alice" },
      title,
      body,
      category: "<i>cat</i>",
      actor: { name: "<u>root</u>" },
      actions: [{ label: "<s>Go</s>", link: "/go" }],
      data: { html: IMAGE },
    });
    const row = page.row(id);
    await row.waitFor();
    const shown = await row.evaluate((element) => ({
      text: element.textContent,
      strangers: element.querySelectorAll("img, script, svg[onload], iframe, b, i, u, s, h1")
        .length,
    }));
    assert.equal((await page.titles())[0], title);
    for (const text of [body, "<i>cat</i>", "<u>root</u>", "<s>Go</s>"]) {
      assert.ok(
        shown.text.includes(text),
        `${JSON.stringify(text.slice(0, 40))} is shown as it is`,
      );
    }
    assert.equal(shown.strangers, 0, title);
    await page.badgeSays(HOSTILE.findIndex((one) => one.title === title) + 1);
  }
  const toasts = await page.toastTitles();
  assert.deepEqual(
    toasts,
    HOSTILE.slice(0, toasts.length).map(({ title }) => title),
  );
  assert.ok(toasts.length >= 4);
  assert.equal(await page.page.evaluate(() => globalThis.hit), undefined);
  await page.rowsAre(HOSTILE.length);
});

test("after a reload it is still text", async (t) => {
  const server = await newWorld(t);
  for (const draft of HOSTILE) await publish(server, { to: { user: "alice" }, ...draft });
  const { page } = await signedIn(t, browser(), server, "alice");
  await page.rowsAre(HOSTILE.length);
  await page.page.reload();
  await page.live();
  await page.rowsAre(HOSTILE.length);
  assert.deepEqual(await page.titles(), HOSTILE.map(({ title }) => title).toReversed());
  assert.equal(await page.page.evaluate(() => globalThis.hit), undefined);
});

test("the compose form's preview is text, too", async (t) => {
  const server = await newWorld(t, ["root"]);
  const { page } = await signedIn(t, browser(), server, "root");
  await page.page.goto(`${server.url}/compose`);
  await page.at("title").fill(IMAGE);
  await page.at("body").fill(IMAGE);
  const toast = page.at("preview-toast").locator('[part~="toast"]');
  for (const preview of [toast, page.at("preview-row")]) {
    assert.ok((await preview.textContent()).includes(IMAGE));
    assert.equal(await preview.locator("img").count(), 0);
  }
});
