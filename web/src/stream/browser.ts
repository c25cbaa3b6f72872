// The browser's own clock, dice, network and EventSource, for the machine.

import { whoAmI } from "../api/calls";
import { streamUrl } from "../api/client";
import { Problem } from "../api/problem";
import { Stream, type Listener, type World } from "./machine";

const world: World = {
  open: (after) => new EventSource(streamUrl(after)),
  whoAmI: () =>
    whoAmI().then(
      () => "signed-in",
      (error: unknown) =>
        error instanceof Problem && error.status === 401 ? "signed-out" : "unreachable",
    ),
  isOnline: () => navigator.onLine,
  now: () => Date.now(),
  random: () => Math.random(),
  setTimer: (run, ms) => window.setTimeout(run, ms),
  clearTimer: (timer) => window.clearTimeout(timer),
};

/** A stream that hears the browser's hints. `stop` also takes the hints away. */
export function openStream(listener: Listener): { start(cursor: string): void; stop(): void } {
  const stream = new Stream(world, listener);
  const hints = new AbortController();
  const { signal } = hints;
  window.addEventListener("online", () => stream.cameOnline(), { signal });
  window.addEventListener("offline", () => stream.wentOffline(), { signal });
  document.addEventListener(
    "visibilitychange",
    () => document.visibilityState === "visible" && stream.becameVisible(),
    { signal },
  );
  return {
    start: (cursor) => stream.start(cursor),
    stop: () => {
      hints.abort();
      stream.stop();
    },
  };
}
