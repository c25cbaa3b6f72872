// What goes wrong in the chaos: on the way, at the server, and to the tabs.

import * as faults from "../../conformance/proxy.mjs";
import { between, pick } from "./dice.mjs";

/** No fault of the way lasts longer. */
const MOST_STILL_MS = 1_500;

/** As a proxy of the same company answers: a browser tells the page of no others. */
function refusal({ dice, host }) {
  const headers = {
    "access-control-allow-origin": host.origin,
    "access-control-allow-headers": "authorization, content-type",
    "access-control-allow-methods": "GET, POST, PATCH",
    "access-control-expose-headers": "retry-after",
  };
  const status = pick(dice, [502, 503, 204, 401]);
  if (status === 503) headers["retry-after"] = "1";
  return faults.answer(status, { headers, times: between(dice, 1, 3) });
}

const PLANS = [
  refusal,
  refusal,
  refusal,
  () => faults.hangUp("rst", 2),
  ({ dice }) => faults.delay(between(dice, 50, 1_000), 5),
  () => faults.lose(),
  () => faults.repeat(3),
  () => faults.repeatPage(),
  () => faults.swap(),
  ({ dice }) => faults.cutInside(pick(dice, ["rst", "fin", "end"])),
  () => faults.stallAfter(),
  () => faults.anywhere(),
  () => faults.everyByte(),
];

/** What was planned before is over. */
async function plan(world) {
  const { dice } = world;
  const way = pick(dice, world.devices).between;
  await way.heal();
  way.plan(pick(dice, PLANS)(world), { on: dice() < 0.7 ? "carrier" : "api" });
}

async function cut({ dice, devices }) {
  pick(dice, devices).between.cut(pick(dice, ["rst", "fin", "end"]));
}

async function standStill(world) {
  const way = pick(world.dice, world.devices).between;
  way.freeze();
  world.later(between(world.dice, 100, MOST_STILL_MS), () => way.thaw());
}

async function unreachable(world) {
  const way = pick(world.dice, world.devices).between;
  await way.refuse();
  way.cut("rst");
  world.later(between(world.dice, 100, MOST_STILL_MS), () => way.accept());
}

async function kill({ server, counted }) {
  await server.kill();
  counted("servers killed");
  await server.start();
}

// ---- to a tab

async function close(world) {
  const tab = world.anyTab();
  if (tab === undefined) return;
  await world.gone(tab);
  await tab.page.close();
  world.counted("tabs closed");
  await world.open(tab.device);
}

async function crash(world) {
  const tab = world.anyTab();
  if (tab === undefined) return;
  await world.gone(tab);
  await tab.crash();
  await tab.page.close();
  world.counted("tabs killed");
  await world.open(tab.device);
}

async function stop(world) {
  const tab = world.anyTab();
  if (tab === undefined) return;
  if (!(await tab.page.evaluate(() => document.hidden))) return;
  tab.busy = true;
  await tab.lifecycle("frozen");
  world.counted("tabs frozen");
  world.later(between(world.dice, 500, 8_000), async () => {
    await tab.lifecycle("active");
    tab.busy = false;
  });
}

async function hang(world) {
  const { host } = world;
  const tab = world.anyTab();
  if (tab === undefined || host.hanging.length > 0) return;
  tab.busy = true;
  await tab.freeze(host);
  world.counted("tabs hung");
  world.later(between(world.dice, 500, 8_000), () => {
    host.thaw();
    tab.busy = false;
  });
}

async function look(world) {
  await world.anyTab()?.page.bringToFront();
}

/** Each with how often it happens, of all that happens. */
export const HARM = [
  [12, plan],
  [3, cut],
  [2, standStill],
  [1, unreachable],
  [1, kill],
  [1, close],
  [1, crash],
  [2, stop],
  [1, hang],
  [2, look],
];
