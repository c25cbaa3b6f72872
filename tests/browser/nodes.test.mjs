// One reader in two browsers, each at another node: what happens at one node shows at the other.

import assert from "node:assert/strict";
import { test } from "node:test";
import { asAdmin, publish } from "../support/http.mjs";
import { newPostgres } from "../support/postgres.mjs";
import { newServer } from "../support/server.mjs";
import { until } from "../support/wait.mjs";
import { newWorld, signedIn, useBrowser } from "./world.mjs";

const WITHIN_MS = 1000;

/** Half of them in each direction, of which the best must be in time: a busy machine alone fails nothing. */
const ROUNDS = 6;

const browser = useBrowser();

/** Two nodes that share a database and ring for each other. They look by themselves as seldom as can be. */
async function twoNodes(t) {
  const settings = {
    TIDINGS_DATABASE_URL: await newPostgres(t),
    TIDINGS_BUS_URL: "postgres",
    TIDINGS_POLL_MS: "2000",
  };
  const first = await newWorld(t, ["alice"], settings);
  const second = await newServer(t, { ...settings, TIDINGS_JWT_SECRET: first.secret });
  await second.start();
  for (const node of [first, second]) {
    await until("the bus rings", async () => {
      const answer = await fetch(`${node.url}/readyz`);
      return (await answer.json()).parts.bus === "ok";
    });
  }
  return [first, second];
}

/** How many events the node heard of by a bell of the other, and how many because it looked. */
async function heard(node) {
  const headers = { authorization: `Bearer ${node.token("root", "admin")}` };
  const figures = await (await fetch(`${node.url}/metrics`, { headers })).text();
  const by = (way) => Number(figures.match(`tidings_events_total{by="${way}"} (\\d+)`)[1]);
  return { bell: by("bell"), poll: by("poll") };
}

/** Marks one read on a page. Resolves with how long after the click the badge of the other said so. */
async function followed(page, other, id, left) {
  // The button may be below a toast for some seconds: when it is really clicked, the page knows.
  await page.page.evaluate(() => {
    const note = () => (globalThis.clickedAt = Date.now());
    document.addEventListener("click", note, { capture: true, once: true });
  });
  await page.row(id).getByTestId("mark-read").click();
  for (const one of [page, other]) await one.badgeSays(left);
  const clicked = await page.page.evaluate(() => globalThis.clickedAt);
  const { badges } = await other.history();
  return badges.findLast(({ text }) => text === String(left)).at - clicked;
}

test("two browsers at two nodes show the same, and are both signed out by an admin", async (t) => {
  const nodes = await twoNodes(t);
  // Cookies know no ports: a profile each keeps their sessions apart.
  const both = await Promise.all(nodes.map((node) => signedIn(t, browser(), node, "alice")));
  const [here, there] = both.map(({ page }) => page);
  const marks = await Promise.all([here, there].map((page) => page.neverReloaded()));

  const made = [];
  while (made.length < ROUNDS) {
    const title = `${made.length + 1} of the first node`;
    made.push((await publish(nodes[0], { to: { user: "alice" }, title })).id);
  }
  for (const page of [here, there]) {
    await page.badgeSays(ROUNDS);
    assert.deepEqual(await page.unreadIds(), made.toReversed());
  }

  const ways = [
    { name: "first to second", from: here, to: there, times: [] },
    { name: "second to first", from: there, to: here, times: [] },
  ];
  for (const [round, id] of made.entries()) {
    const { from, to, times } = ways[round % ways.length];
    times.push(await followed(from, to, id, ROUNDS - round - 1));
  }
  for (const { name, times } of ways) {
    const all = `${name}, click to the other's badge: ${times.join(", ")} ms`;
    t.diagnostic(all);
    assert.ok(Math.min(...times) < WITHIN_MS, all);
  }
  // Who only looks is in time by luck, too.
  for (const node of nodes) {
    const { bell, poll } = await heard(node);
    t.diagnostic(`heard of by a bell: ${bell}, by looking: ${poll}`);
    assert.ok(bell > poll, "most is heard by a bell");
  }
  for (const neverReloaded of marks) assert.ok(await neverReloaded());

  await asAdmin(nodes[0], "POST", "/admin/users/alice/revoke");
  for (const page of [there, here]) {
    await page.form.waitFor();
    await page.page.getByText("Your session has ended.").waitFor();
    assert.equal(await page.rows.count(), 0);
  }
});
