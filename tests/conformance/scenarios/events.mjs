// Events that come otherwise than they were sent: a broken cache, a replay at the wrong place, a bug of a server.

import { lose, repeat, repeatPage, swap } from "../proxy.mjs";

const during = (fault, count) => async (world) => {
  await world.has(await world.send());
  const plan = world.proxy.plan(fault());
  const [, next] = await world.send(count);
  await world.met(plan);
  await world.read(next);
};

export const events = [
  {
    name: "lost",
    what: "One event is dropped on the way, and nothing else.",
    run: during(lose, 3),
  },
  { name: "twice", what: "One event comes twice.", run: during(repeat, 2) },
  { name: "page twice", what: "The last eight events come once more.", run: during(repeatPage, 3) },
  { name: "swapped", what: "Two events change places.", run: during(swap, 4) },
];
