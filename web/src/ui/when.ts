// Times for people, in the words of the pages: relative in the row, exact on demand.

import { exactTime as exact, relativeTime as relative } from "../../inbox/src/time";

export const relativeTime = (iso: string, now: number): string =>
  relative(iso, now, "en", "just now");

export const exactTime = (iso: string): string => exact(iso, "en");

const shortFormat = new Intl.DateTimeFormat("en", {
  weekday: "short",
  month: "short",
  day: "numeric",
  hour: "numeric",
  minute: "2-digit",
});

const weekFormat = new Intl.DateTimeFormat("en", {
  weekday: "short",
  hour: "numeric",
  minute: "2-digit",
});

/** "Fri, Nov 20, 6:00 PM": a time of these days, to the minute. */
export function shortTime(at: string | number): string {
  const time = typeof at === "number" ? at : Date.parse(at);
  return Number.isNaN(time) ? `${at}` : shortFormat.format(time);
}

/** "Fri 6:00 PM": a time within a week. */
export const weekTime = (time: Date): string => weekFormat.format(time);
