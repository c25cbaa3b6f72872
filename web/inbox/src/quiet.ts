// Whether it is quiet now: a part of each day in the reader's own time, which may span midnight.

export interface QuietHours {
  /** Minutes of the day, "22:00". */
  from: string;
  to: string;
  time_zone: string;
}

export function isQuiet(hours: QuietHours | undefined, now: number): boolean {
  if (hours === undefined) return false;
  const from = minutes(hours.from);
  const to = minutes(hours.to);
  const at = minuteOfDay(now, hours.time_zone);
  return from <= to ? from <= at && at < to : at >= from || at < to;
}

/** "22:30" is 1350. */
function minutes(time: string): number {
  const [hour, minute] = time.split(":");
  return Number(hour) * 60 + Number(minute);
}

/** A time zone that this browser does not know is taken for its own: better roughly quiet than loud. */
export function minuteOfDay(now: number, timeZone?: string): number {
  const clock = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone } as const;
  try {
    return minutes(new Intl.DateTimeFormat("en-GB", clock).format(now));
  } catch {
    return minuteOfDay(now);
  }
}
