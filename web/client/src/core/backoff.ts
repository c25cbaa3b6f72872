// How long to wait before trying again: never at once, and never all clients together.

const FLOOR_MS = 250;
const FIRST_SPREAD_MS = 1_000;
const WIDEST_SPREAD_MS = 30_000;

/** `failures` counts the tries that failed in a row; `random` is in 0..1. */
export function backoff(failures: number, random: number): number {
  // The exponent is bounded too, so that a night without network cannot overflow it.
  const spread = Math.min(WIDEST_SPREAD_MS, FIRST_SPREAD_MS * 2 ** Math.min(failures, 16));
  return FLOOR_MS + random * spread;
}
