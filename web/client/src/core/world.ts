// Time, chance and the browser's hints, as arguments: a test has its own.

import type { Input } from "./model";

export type Hint = (Input & { on: "hint" })["hint"];

export interface World {
  now(): number;
  random(): number;
  setTimer(run: () => void, ms: number): unknown;
  clearTimer(timer: unknown): void;
  fetch: typeof fetch;
  /** Calls when the browser says something of the network or of the page. Gives what ends that. */
  hints(hear: (hint: Hint) => void): () => void;
}

export const browser: World = {
  now: () => Date.now(),
  random: () => Math.random(),
  setTimer: (run, ms) => setTimeout(run, ms),
  clearTimer: (timer) => clearTimeout(timer as number),
  fetch: (...request) => fetch(...request),
  hints(hear) {
    const over = new AbortController();
    const { signal } = over;
    for (const hint of ["online", "offline"] as const)
      addEventListener(hint, () => hear(hint), { signal });
    // Of the document. A worker has none, that could be hidden.
    addEventListener(
      "visibilitychange",
      () => document.visibilityState === "visible" && hear("visible"),
      { signal },
    );
    return () => over.abort();
  },
};
