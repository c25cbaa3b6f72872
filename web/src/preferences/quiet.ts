// Whether it is quiet now: a part of each day in the reader's own time, which may span midnight.

import type { QuietHours } from "../api/types";

export function isQuiet(hours: QuietHours | undefined, now: number): boolean {
  if (hours === undefined) return false;
  const from = minutes(hours.from);
  const to = minutes(hours.to);
  const at = minuteOfDay(now, hours.time_zone);
  return from <= to ? from <= at && at < to : at >= from || at < to;
}

/** "22:30" is 1350. */
function minutes(time: string): number {
  const [hour = "", minute = ""] = time.split(":");
  return Number(hour) * 60 + Number(minute);
}

const formats = new Map<string, Intl.DateTimeFormat>();

export function minuteOfDay(now: number, timeZone: string): number {
  return minutes(formatOf(timeZone).format(now));
}

/** A time zone that this browser does not know is taken for its own: better roughly quiet than loud. */
function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone);
  if (known !== undefined) return known;
  const clock = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" } as const;
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat("en-GB", { ...clock, timeZone });
  } catch {
    format = new Intl.DateTimeFormat("en-GB", clock);
  }
  formats.set(timeZone, format);
  return format;
}
