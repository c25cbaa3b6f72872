// The browser's clock, dice, locks and network, for a session that lasts.

import { refreshSession, whoAmI } from "../api/calls";
import { Problem } from "../api/problem";
import type { World } from "./lasting";

/** The name of the lock that the tabs of a browser share. */
const TURN = "tidings-session";

/** Over plain HTTP from another machine there are none: two tabs may try at once, and one is told 409. */
const locks = navigator.locks as LockManager | null | undefined;

const ask = () => whoAmI().then(({ expires_at }) => ({ expires_at }));

export const world: World = {
  now: () => Date.now(),
  random: () => Math.random(),
  setTimer: (run, ms) => window.setTimeout(run, ms),
  clearTimer: (timer) => window.clearTimeout(timer),
  alone: (run) => locks?.request(TURN, run) ?? run(),
  ask,
  refresh: () =>
    refreshSession()
      .then(({ expires_at, ends_at }) => ({ expires_at, ends_at }))
      .catch((error: unknown) => {
        if (error instanceof Problem && error.status === 409) return ask(); // another tab was first
        throw error;
      }),
};

/** Calls when the page may have missed the time: it woke up, or the network is back. */
export function whenBack(then: () => void): void {
  for (const hint of ["online", "pageshow", "focus"]) window.addEventListener(hint, then);
  document.addEventListener("visibilitychange", then);
}
