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

// ---- each gives true where it has happened

/** What was planned before is over. */
async function plan(world) {
  const { dice } = world;
  const way = pick(dice, world.devices).between;
  await way.heal();
  way.plan(pick(dice, PLANS)(world), { on: dice() < 0.7 ? "carrier" : "api" });
  return true;
}

const cut = async ({ dice, devices }) =>
  pick(dice, devices).between.cut(pick(dice, ["rst", "fin", "end"])) > 0;

async function standStill(world) {
  const way = pick(world.dice, world.devices).between;
  way.freeze();
  world.later(between(world.dice, 100, MOST_STILL_MS), () => way.thaw());
  return true;
}

async function unreachable(world) {
  const way = pick(world.dice, world.devices).between;
  await way.refuse();
  way.cut("rst");
  world.later(between(world.dice, 100, MOST_STILL_MS), () => way.accept());
  return true;
}

async function kill({ server }) {
  await server.kill();
  await server.start();
  return true;
}

// ---- to a tab

async function close(world) {
  const tab = world.anyTab();
  if (tab === undefined) return false;
  await world.gone(tab);
  await tab.page.close();
  await world.open(tab.device);
  return true;
}

async function crash(world) {
  const tab = world.anyTab();
  if (tab === undefined) return false;
  await world.gone(tab);
  await tab.crash();
  await tab.page.close();
  await world.open(tab.device);
  return true;
}

async function stop(world) {
  const tab = world.anyTab();
  if (tab === undefined) return false;
  if (!(await tab.page.evaluate(() => document.hidden))) return false;
  tab.busy = true;
  await tab.lifecycle("frozen");
  world.later(between(world.dice, 500, 8_000), async () => {
    await tab.lifecycle("active");
    tab.busy = false;
  });
  return true;
}

async function hang(world) {
  const { host } = world;
  const tab = world.anyTab();
  if (tab === undefined || host.hanging.length > 0) return false;
  tab.busy = true;
  await tab.freeze(host);
  world.later(between(world.dice, 500, 8_000), () => {
    host.thaw();
    tab.busy = false;
  });
  return true;
}

async function look(world) {
  const tab = world.anyTab();
  if (tab === undefined) return false;
  await tab.page.bringToFront();
  return true;
}

const KINDS = [
  [12, plan, "faults planned"],
  [3, cut, "ways cut"],
  [2, standStill, "ways stood still"],
  [1, unreachable, "ways refused"],
  [1, kill, "servers killed"],
  [1, close, "tabs closed"],
  [1, crash, "tabs killed"],
  [2, stop, "tabs frozen"],
  [1, hang, "tabs hung"],
  [2, look, "tabs looked at"],
];

/** Each with how often it happens, of all that happens. It is counted by its name. */
export const HARM = KINDS.map(([weight, happens, name]) => [
  weight,
  async (world) => {
    if (await happens(world)) world.counted(name);
  },
]);

export const NAMES = KINDS.map(([, , name]) => name);
