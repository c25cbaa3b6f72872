// Chance from a seed: what a run did can be done again.

/** Gives numbers in 0..1 (the generator that is known as mulberry32). */
export function newDice(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A whole number from `from` to `to`, both included. */
export const between = (dice, from, to) => from + Math.floor(dice() * (to - from + 1));
