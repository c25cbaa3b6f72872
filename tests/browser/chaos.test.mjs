// Two devices of one reader with three tabs each, and everything that can go wrong at the same time. When it is over
// all of them show what the server says, and each tab has heard of everything once.
//
// TIDINGS_CHAOS_SECONDS is how long it goes on, TIDINGS_CHAOS_SEED repeats a run (as far as a browser lets it).

import assert from "node:assert/strict";
import { test } from "node:test";
import { get, publish } from "../support/http.mjs";
import { until } from "../support/wait.mjs";
import { DEEDS } from "./chaos/deeds.mjs";
import { between, weighed } from "./chaos/dice.mjs";
import { HARM } from "./chaos/harm.mjs";
import { World } from "./chaos/world.mjs";
import { connections } from "./client-host.mjs";
import { asListed, newWorld, useClient } from "./client-world.mjs";

const client = useClient();

const SECONDS = Number(process.env.TIDINGS_CHAOS_SECONDS ?? 15);
const SEED = Number(process.env.TIDINGS_CHAOS_SEED ?? Date.now() % 1_000_000);

/** Between one thing and the next. */
const MOST_PAUSE_MS = 200;
/** Timers of pages that are hidden for long come once in a minute. */
const PATIENCE = { patience: 90_000 };

const rest = (ms) => new Promise((resume) => setTimeout(resume, ms));

/** What everybody must show: the newest page, as the server has it. */
async function inbox(server) {
  const as = server.token("alice");
  const { items, unread, unseen } = await get(server, as, "/notifications?limit=50");
  return { items, counts: { unread, unseen } };
}

/** A page from which things were archived is shorter than the server's, and nothing else. */
function shows(heard, { items, counts }) {
  assert.equal(heard.view.pending, 0);
  assert.deepEqual(heard.counts, counts);
  assert.deepEqual(heard.view.counts, counts);
  assert.ok(heard.items.length > 0);
  assert.deepEqual(asListed(heard.items), items.slice(0, heard.items.length));
}

test(
  `everything breaks for ${SECONDS} s, and all tabs of two devices are right`,
  { timeout: SECONDS * 1_000 + 300_000 },
  async (t) => {
    t.diagnostic(`TIDINGS_CHAOS_SEED=${SEED}`);
    const start = await newWorld(t, client());
    const { server } = start;
    const world = new World(t, start, SEED);
    await world.begin(false, true);

    const end = performance.now() + SECONDS * 1_000;
    while (performance.now() < end) {
      await world.catchUp();
      await weighed(world.dice, [...DEEDS, ...HARM])(world);
      await rest(between(world.dice, 0, MOST_PAUSE_MS));
    }
    await world.peace();

    const asleep = () => get(server, server.token("alice"), "/notifications?state=snoozed");
    await until("all have woken", async () => (await asleep()).items.length === 0, PATIENCE);
    // Marks of tabs that are gone wait for the next one, and the last of each audience shows what lacks before it.
    for (const device of world.devices) await world.open(device);
    for (const to of [{ user: "alice" }, { everyone: true }]) {
      world.made.push((await publish(server, { to, title: "the last" })).id);
      world.counted("notifications");
    }
    for (const tab of world.tabs) {
      await until("a tab is live", async () => (await tab.state()).is === "live", PATIENCE);
    }
    for (const tab of world.tabs) {
      const right = async () => (shows(await tab.heard(), await inbox(server)), true);
      await until("a tab shows what the server says", right, PATIENCE);
    }
    await connections(server, world.devices.length);

    const verdicts = await world.verdicts();
    const sum = (what) => verdicts.reduce((sum, verdict) => sum + what(verdict), 0);
    const done = {};
    for (const { between } of world.devices) {
      for (const [name, times] of Object.entries(between.done)) done[name] = (done[name] ?? 0) + times;
    }
    const figures = {
      ...world.figures,
      tabs: verdicts.length,
      heard: sum(({ heard }) => heard),
      resets: sum(({ resets }) => resets),
      lost: sum(({ lost }) => lost.length),
      twice: sum(({ twice }) => twice.length),
      tries: world.devices.reduce((sum, { between }) => sum + between.tries.length, 0),
    };
    t.diagnostic(JSON.stringify(figures));
    t.diagnostic(`on the way: ${JSON.stringify(done)}`);
    for (const { lost, twice, unknown, states, refused } of verdicts) {
      assert.deepEqual({ lost, twice, unknown, refused }, { lost: [], twice: [], unknown: [], refused: [] });
      assert.ok(!states.some((state) => state.startsWith("closed")), states.join(", "));
    }
    assert.ok(figures.notifications > SECONDS / 2, "something happened");
  },
);
