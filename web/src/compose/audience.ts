// How many a notification would reach, in words.

import type { Audience, To } from "../api/types";

/** What the server is asked for; null for nobody yet, and for several, who are counted by their names. */
export function addressOf(to: To): string | null {
  if ("everyone" in to) return "everyone";
  if ("topic" in to) return to.topic === "" ? null : `topic:${to.topic}`;
  if ("user" in to) return to.user === "" ? null : `user:${to.user}`;
  return null;
}

export function reachOf({ recipients, connected }: Audience): string {
  if (recipients === 0) return "Reaches nobody yet.";
  if (recipients === 1) return `Reaches 1 person, ${connected > 0 ? "here" : "not here"} now.`;
  const count = (people: number) => people.toLocaleString("en");
  const here = connected === 0 ? "none" : connected >= recipients ? "all" : count(connected);
  return `Reaches ${count(recipients)} people, ${here} of them here now.`;
}
