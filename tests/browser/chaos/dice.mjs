// Chance, from the seed of a run.

export { between, newDice } from "../../conformance/proxy/dice.mjs";

export const pick = (dice, list) => list[Math.floor(dice() * list.length)];

/** Of `[weight, what]`. */
export function weighed(dice, choices) {
  let left = dice() * choices.reduce((sum, [weight]) => sum + weight, 0);
  for (const [weight, what] of choices) {
    left -= weight;
    if (left < 0) return what;
  }
  return choices.at(-1)[1];
}
