// A bit of everything, by dice: another seed is another scenario, the same seed the same.

import * as faults from "../proxy.mjs";
import { between, newDice } from "../proxy/dice.mjs";

const ROUNDS = 8;
/** So long a fault is waited for. */
const ROUND_MS = 2_500;

const CHOICES = [
  () => faults.cutInside("rst"),
  () => faults.cutInside("fin"),
  () => faults.cutInside("end"),
  () => faults.repeat(),
  () => faults.repeatPage(),
  () => faults.swap(),
  () => faults.lose(),
  () => faults.hangUp("rst", 1),
  () => faults.answer(502, { times: 1 }),
  () => faults.answer(503, { headers: { "retry-after": "1" }, times: 1 }),
  () => faults.portal({ times: 1 }),
  () => faults.noise(5),
];

export const chaos = [
  {
    name: "chaos",
    what: `${ROUNDS} faults one after the other, by dice: cuts, repeats, losses, refusals, noise, all in small pieces.`,
    async run(world) {
      const dice = newDice(world.seed);
      world.proxy.plan(faults.anywhere());
      for (let round = 0; round < ROUNDS; round += 1) {
        const fault = CHOICES[between(dice, 0, CHOICES.length - 1)]();
        const plan = world.proxy.plan(fault);
        if (fault.at === "request") world.proxy.cut("rst");
        const [first] = await world.send(between(dice, 1, 4));
        if (between(dice, 0, 1) === 0) await world.read(first);
        await world.when(fault.name, () => plan.used > 0, ROUND_MS);
      }
    },
    slow: 3,
  },
];
