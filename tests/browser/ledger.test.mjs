// Who got a notification and who did not, and who is here now.

import assert from "node:assert/strict";
import { test } from "node:test";
import { publish } from "../support/http.mjs";
import { until } from "../support/wait.mjs";
import { newWorld, signedIn, useBrowser } from "./world.mjs";

const browser = useBrowser();

async function world(t) {
  const server = await newWorld(t, ["alice", "bob", "root"]);
  const alice = (await signedIn(t, browser(), server, "alice")).page;
  const { page } = await signedIn(t, browser(), server, "root");
  return { server, alice, page };
}

const verdicts = (page) =>
  page
    .at("delivery")
    .evaluateAll((all) => all.map((one) => [one.querySelector("strong").textContent, one.dataset.verdict]));

/** What is written down every few seconds, and what is read just now, is asked for anew. */
const asksUntil = (page, what, expected) =>
  until(what, async () => {
    await page.at("show-ledger").click();
    await page.at("ledger").waitFor({ state: "detached" });
    await page.at("show-ledger").click();
    await page.at("delivery").first().waitFor();
    return JSON.stringify(await verdicts(page)) === JSON.stringify(expected);
  });

test("to people by name: each with what became of it", async (t) => {
  const { server, alice, page } = await world(t);
  const { id } = await publish(server, { to: { users: ["alice", "bob"] }, title: "Build failed" });
  await alice.listed(id);
  await page.visit("sent", "Sent");
  await page.at("show-ledger").click();
  await page.at("delivery").nth(1).waitFor();
  await asksUntil(page, "alice has seen it", [
    ["alice", "seen"],
    ["bob", "waiting"],
  ]);
  await alice.row(id).getByTestId("mark-read").click();
  await asksUntil(page, "alice has read it", [
    ["alice", "read"],
    ["bob", "waiting"],
  ]);
  await page.at("delivery").getByText("Not connected since").waitFor();
});

test("to everyone: figures, and one may ask for somebody", async (t) => {
  const { server, alice, page } = await world(t);
  const { id } = await publish(server, { to: { everyone: true }, title: "Closed on Monday" });
  await alice.row(id).getByTestId("mark-read").click();
  await page.visit("sent", "Sent");
  const figures = async () => {
    await page.at("show-ledger").click();
    await page.at("ledger").waitFor({ state: "detached" });
    await page.at("show-ledger").click();
    await page.at("reach").waitFor();
    return page.at("reach").innerText();
  };
  await page.at("show-ledger").click();
  await until("one has read it", async () => /Read by\s+1\b/.test(await figures()));
  for (const [user, verdict] of [
    ["alice", "read"],
    ["bob", "waiting"],
  ]) {
    await page.at("ledger-user").fill(user);
    await page.at("ledger-user").press("Enter");
    await page.page.locator(`[data-testid="delivery"][data-verdict="${verdict}"]`).waitFor();
  }
});

test("the overview tells who is here, and follows", async (t) => {
  const { alice, page } = await world(t);
  const users = () => page.at("stream").locator("strong").allTextContents();
  await page.visit("overview", "Overview");
  await page.at("stream").nth(1).waitFor();
  assert.deepEqual((await users()).sort(), ["alice", "root"]);
  await page.at("overview-figures").getByText("Here now").waitFor();
  await alice.page.close();
  await until("alice has gone", async () => {
    await page.at("overview-refresh").click();
    return (await page.at("stream").count()) === 1;
  });
  assert.deepEqual(await users(), ["root"]);
});

for (const [where, link] of [
  ["the link of a row", (page, id) => page.row(id).getByRole("link", { name: "Build failed" })],
  ["an action of a row", (page, id) => page.row(id).getByRole("link", { name: "Retry" })],
  ["the link of a toast", (page) => page.toasts.getByRole("link", { name: "Build failed" })],
  ["an action of a toast", (page) => page.toasts.getByRole("link", { name: "Retry" })],
]) {
  test(`${where} that is followed is told, although the page leaves`, async (t) => {
    const server = await newWorld(t);
    const { page } = await signedIn(t, browser(), server, "alice");
    const { id } = await publish(server, {
      to: { user: "alice" },
      title: "Build failed",
      link: "/builds/4711",
      actions: [{ label: "Retry", link: "/builds/4711/retry" }],
    });
    await page.listed(id);
    const told = page.page.waitForRequest(
      (request) => request.method() === "PATCH" && request.url().endsWith(`/notifications/${id}`),
    );
    await link(page, id).click();
    assert.deepEqual((await told).postDataJSON(), { acted: true });
    await page.page.getByRole("heading", { name: "Nothing here" }).waitFor();
  });
}
