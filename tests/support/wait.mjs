// Waiting without sleeping: ask again, at short intervals, until it is so or the patience is over.

const EVERY_MS = 15;

/** More than any step takes on a busy machine, less than a reader of the output would wait. */
const PATIENCE_MS = 15_000;

/**
 * Resolves with the first value of `probe` that is not false, null or undefined. A probe that throws
 * has not succeeded yet; when time runs out, its last error is the cause.
 */
export async function until(what, probe, { patience = PATIENCE_MS } = {}) {
  const deadline = performance.now() + patience;
  let cause;
  for (;;) {
    try {
      const value = await probe();
      if (value !== false && value !== null && value !== undefined) return value;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    if (performance.now() > deadline) {
      throw new Error(`waited ${patience} ms in vain: ${what}`, { cause });
    }
    await new Promise((resume) => setTimeout(resume, EVERY_MS));
  }
}
