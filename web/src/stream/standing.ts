// How the connection stands, in the three words that matter to a reader.

import type { Is, State } from "@tidings/client";

export interface Standing {
  is: "live" | "reconnecting" | "offline";
  /** Of this computer's clock. */
  since: number;
  /** Why it is not live, in the client's words. */
  reason: string;
  /** What the client said last, and how often in a row it failed. */
  was: Is;
  failures: number;
}

/** So many tries fail in a row before the page admits to being offline. */
const TRIES_BEFORE_OFFLINE = 3;

export const unopened = (now: number): Standing => ({
  is: "reconnecting",
  since: now,
  reason: "",
  was: "closed",
  failures: 0,
});

export function standing(before: Standing, { is: was, since, reason }: State): Standing {
  const failed = was === "waiting" && before.was !== "waiting";
  const failures = was === "live" ? 0 : before.failures + Number(failed);
  const given = was === "offline" || failures >= TRIES_BEFORE_OFFLINE;
  const is = was === "live" ? was : given ? "offline" : "reconnecting";
  return { is, since: is === before.is ? before.since : since, reason, was, failures };
}

/** As a stream says it, and as the answer to any request. */
const TOO_MANY = ["goodbye limit", "status 429"];

/** There are more connections of this reader than the server grants. */
export const isOneTooMany = ({ is, reason }: Standing): boolean =>
  is !== "live" && TOO_MANY.includes(reason);
