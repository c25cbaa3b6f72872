// Whether it is quiet now: a part of each day in the reader's own time, which may span midnight.

export interface QuietHours {
  /** Minutes of the day, "22:00". */
  from: string;
  to: string;
  time_zone: string;
}

/** Such times are compared as the texts that they are. */
export function isQuiet(hours: QuietHours | undefined, now: number): boolean {
  if (hours === undefined) return false;
  const { from, to } = hours;
  const at = timeOfDay(now, hours.time_zone);
  return from <= to ? from <= at && at < to : at >= from || at < to;
}

/** A time zone that this browser does not know is taken for its own: better roughly quiet than loud. */
export function timeOfDay(now: number, timeZone?: string): string {
  try {
    return new Intl.DateTimeFormat("en-GB", { timeStyle: "short", timeZone }).format(now);
  } catch {
    return timeOfDay(now);
  }
}
