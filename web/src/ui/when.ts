// Times for people: relative in the row, exact on demand.

const STEPS: [unit: Intl.RelativeTimeFormatUnit, seconds: number][] = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["week", 604_800],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

const relativeFormat = new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "short" });
const exactFormat = new Intl.DateTimeFormat("en", { dateStyle: "full", timeStyle: "medium" });

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

/** "5 min. ago". A time just ahead of ours is a clock that differs, not the future. */
export function relativeTime(iso: string, now: number): string {
  const seconds = (now - Date.parse(iso)) / 1000;
  if (Number.isNaN(seconds)) return "";
  for (const [unit, length] of STEPS) {
    if (seconds >= length) return relativeFormat.format(-Math.floor(seconds / length), unit);
  }
  return "just now";
}

export function exactTime(iso: string): string {
  const time = Date.parse(iso);
  return Number.isNaN(time) ? iso : exactFormat.format(time);
}

/** "Fri, Nov 20, 6:00 PM": a time of these days, to the minute. */
export function shortTime(at: string | number): string {
  const time = typeof at === "number" ? at : Date.parse(at);
  return Number.isNaN(time) ? `${at}` : shortFormat.format(time);
}

/** "Fri 6:00 PM": a time within a week. */
export const weekTime = (time: Date): string => weekFormat.format(time);
