// Finding something again: the parts of the inbox, search, and a list without an end.

import assert from "node:assert/strict";
import { test } from "node:test";
import { change, publish } from "../support/http.mjs";
import { until } from "../support/wait.mjs";
import { InboxPage } from "./inbox-page.mjs";
import { newWorld, signedIn, useBrowser } from "./world.mjs";

const browser = useBrowser();

/** One of each kind, and the page that shows them. */
async function mixed(t) {
  const server = await newWorld(t);
  const send = async (title, body) =>
    (await publish(server, { to: { user: "alice" }, title, body })).id;
  const made = {
    unread: await send("Invoice of May", "112 EUR"),
    read: await send("Invoice of June", "98 EUR"),
    archived: await send("Invoice of July", "Paid"),
    snoozed: await send("Invoice of August", "Due on Friday"),
    other: await send("Büro geschlossen", "100 % sure_thing\nInvoice inside"),
  };
  await change(server, "alice", made.read, { read: true });
  await change(server, "alice", made.archived, { archived: true });
  await change(server, "alice", made.snoozed, { snoozed_until: "2099-01-01T08:00:00Z" });
  const { context, page } = await signedIn(t, browser(), server, "alice");
  await page.rowsAre(3);
  return { server, context, page, made, send };
}

async function lists(page, ids) {
  await until(`the list is ${ids}`, async () => {
    const shown = (await page.list()).map(({ id }) => id);
    return JSON.stringify(shown) === JSON.stringify(ids);
  });
}

async function search(page, text) {
  await page.at("search").fill(text);
}

const found = (page, text) => page.at("search-count").getByText(text, { exact: true }).waitFor();

test("each part of the inbox has its own, and its own address", async (t) => {
  const { server, context, page, made } = await mixed(t);
  const parts = {
    all: [made.other, made.read, made.unread],
    unread: [made.other, made.unread],
    archived: [made.archived],
    snoozed: [made.snoozed],
  };
  for (const [part, ids] of Object.entries(parts)) {
    await page.view(part);
    await lists(page, ids);
    await page.badgeSays(2);
    const again = await InboxPage.open(context, page.page.url());
    await lists(again, ids);
    await again.page.close();
  }
  await page.page.goBack();
  await lists(page, parts.archived);
  await page.page.goto(`${server.url}/?state=nonsense`);
  await lists(page, parts.all);
});

test("search finds words in titles and texts, and says how many", async (t) => {
  const { page, made } = await mixed(t);
  await search(page, "invoice");
  await found(page, "3 found");
  await lists(page, [made.other, made.read, made.unread]);
  await search(page, "june");
  await found(page, "1 found");
  await lists(page, [made.read]);
  await search(page, "112");
  await lists(page, [made.unread]);
  await search(page, "büro");
  await lists(page, [made.other]);
  for (const literal of ["0 %", "e_t", "\\", "'", '"', "%"]) {
    await search(page, literal);
    await page.page.waitForURL((url) => url.searchParams.get("search") === literal);
    const contains = literal === "0 %" || literal === "e_t" || literal === "%";
    await found(page, contains ? "1 found" : "Nothing found");
  }
  await page.at("empty").waitFor({ state: "detached" });
  await lists(page, [made.other]);
});

test("search goes with the part of the inbox, stands in the address, and Escape ends it", async (t) => {
  const { context, page, made } = await mixed(t);
  await search(page, "invoice");
  await found(page, "3 found");
  await page.view("archived");
  await lists(page, [made.archived]);
  await found(page, "1 found");
  const again = await InboxPage.open(context, page.page.url());
  await lists(again, [made.archived]);
  assert.equal(await again.at("search").inputValue(), "invoice");

  await search(page, "nothing has these words");
  await page.at("empty").getByText("Nothing found").waitFor();
  await page.at("search").press("Escape");
  await lists(page, [made.archived]);
  assert.equal(await page.at("search").inputValue(), "");
  assert.equal(await page.at("search-count").textContent(), "");
});

test("what arrives is in the search when it is found, and only then", async (t) => {
  const { page, made, send } = await mixed(t);
  await search(page, "june");
  await lists(page, [made.read]);
  await send("Something else");
  const hit = await send("Trip in June");
  await lists(page, [hit, made.read]);
  await found(page, "2 found");
  await page.badgeSays(4);
});

test("the list goes on where it ends on screen, without a button", async (t) => {
  const count = 130;
  const server = await newWorld(t);
  const made = [];
  for (let n = 0; n < count; n += 1) {
    made.push((await publish(server, { to: { user: "alice" }, title: `number ${n}` })).id);
  }
  const { page } = await signedIn(t, browser(), server, "alice");
  await page.rows.nth(49).waitFor();
  assert.equal(await page.rows.count(), 50, "no more than a page, before anybody looks further");
  await until("all are listed", async () => {
    await page.page.evaluate(() => window.scrollTo(0, document.documentElement.scrollHeight));
    return (await page.rows.count()) === count;
  });
  assert.deepEqual(
    (await page.list()).map(({ id }) => id),
    made.toReversed(),
  );
  assert.equal(await page.at("load-more").count(), 0);
});
