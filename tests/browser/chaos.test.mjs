// Two devices of one reader with three tabs each, and everything that can go wrong at the same time. When it is over
// all of them show what the server says, each tab has heard of everything once, and no browser has toasted it twice.
//
// TIDINGS_CHAOS_SECONDS is how long it goes on, TIDINGS_CHAOS_SEED repeats a run (as far as a browser lets it). Without
// the first it is the same short run each time, so that nobody's build fails by chance; with it (`make chaos`) another one.

import assert from "node:assert/strict";
import { test } from "node:test";
import { get } from "../support/http.mjs";
import { until } from "../support/wait.mjs";
import { useBell } from "./chaos/bell.mjs";
import { DEEDS } from "./chaos/deeds.mjs";
import { between, weighed } from "./chaos/dice.mjs";
import { HARM, NAMES } from "./chaos/harm.mjs";
import { World } from "./chaos/world.mjs";
import { connections } from "./client-host.mjs";
import { asListed, newWorld, useClient } from "./client-world.mjs";

const client = useClient();
const bell = useBell();

const { TIDINGS_CHAOS_SECONDS: LONG, TIDINGS_CHAOS_SEED: GIVEN } = process.env;
const SECONDS = Number(LONG ?? 15);
const SEED = Number(GIVEN ?? (LONG === undefined ? 1 : Date.now() % 1_000_000));

/** So long a run has done all that there is, and hundreds of times what matters most. */
const LONG_SECONDS = 300;
const HUNDREDS = 200;

/** One shares by a lock, each of its tabs by its own way; the other one by a worker. */
const DEVICES = [{ ways: ["", "websocket"] }, { worker: true }];

/** Between one thing and the next. */
const MOST_PAUSE_MS = 200;
/** Timers of pages that are hidden for long come once in a minute. */
const PATIENCE = { patience: 90_000 };

const rest = (ms) => new Promise((resume) => setTimeout(resume, ms));

/** So many a page holds at most, and at least, where the server has more. */
const PAGE = 50;
const FEW = 25;

/** What everybody must show: the newest page, as the server has it. */
async function inbox(server) {
  const as = server.token("alice");
  const { items, unread, unseen } = await get(server, as, `/notifications?limit=${PAGE}`);
  return { items, counts: { unread, unseen } };
}

/**
 * `all`: it has never had to forget one, and is the server's page, item by item. Otherwise one from which things were
 * archived is shorter for as long as there are some, and nothing else.
 */
function shows(heard, { items, counts }, all) {
  assert.equal(heard.view.pending, 0);
  assert.deepEqual(heard.counts, counts);
  assert.deepEqual(heard.view.counts, counts);
  assert.deepEqual(heard.badge, counts);
  assert.ok(heard.items.length >= Math.min(FEW, items.length));
  assert.deepEqual(asListed(heard.items), all ? items : items.slice(0, heard.items.length));
}

test(
  `everything breaks for ${SECONDS} s, and all tabs of two devices are right`,
  { timeout: SECONDS * 1_000 + 300_000 },
  async (t) => {
    t.diagnostic(`TIDINGS_CHAOS_SEED=${SEED}`);
    const start = await newWorld(t, client(), bell);
    const { server } = start;
    const world = new World(t, start, SEED);
    await world.begin(...DEVICES);

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
    await world.sendToAll();
    for (const tab of world.tabs) {
      await until("a tab is live", async () => (await tab.state()).is === "live", PATIENCE);
    }
    const all = world.made.length <= PAGE;
    for (const tab of world.tabs) {
      const right = async () => (shows(await tab.heard(), await inbox(server), all), true);
      await until("a tab shows what the server says", right, PATIENCE);
    }
    await connections(server, world.devices.length);

    const { tabs: verdicts, toasts } = await world.verdicts();
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
      toasts: toasts.map(({ shown }) => shown),
      tries: world.devices.reduce((sum, { between }) => sum + between.tries.length, 0),
    };
    t.diagnostic(JSON.stringify(figures));
    t.diagnostic(`on the way: ${JSON.stringify(done)}`);
    for (const { lost, twice, unknown, states, refused } of verdicts) {
      assert.deepEqual({ lost, twice, unknown, refused }, { lost: [], twice: [], unknown: [], refused: [] });
      assert.ok(!states.some((state) => state.startsWith("closed")), states.join(", "));
    }
    for (const { shown, ...wrong } of toasts) {
      assert.deepEqual(wrong, { twice: [], replayed: [] });
      assert.ok(shown > 0, "there were toasts");
    }
    assert.ok(figures.notifications > SECONDS / 2, "something happened");
    if (SECONDS < LONG_SECONDS) return;
    for (const what of ["notifications", "marks"]) {
      assert.ok(figures[what] >= HUNDREDS, `hundreds of ${what}: ${figures[what]}`);
    }
    assert.deepEqual(
      NAMES.filter((name) => !figures[name]),
      [],
      "all that can happen has happened",
    );
  },
);
