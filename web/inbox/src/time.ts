// Times for people: relative in the row, exact on demand.

const STEPS: [unit: Intl.RelativeTimeFormatUnit, seconds: number][] = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["week", 604_800],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

/** "5 min. ago". A time just ahead of ours is a clock that differs, not the future. */
export function relativeTime(iso: string, now: number, lang: string, justNow: string): string {
  const seconds = (now - Date.parse(iso)) / 1000;
  if (Number.isNaN(seconds)) return "";
  const step = STEPS.find(([, length]) => seconds >= length);
  if (step === undefined) return justNow;
  const format = new Intl.RelativeTimeFormat(lang, { numeric: "auto", style: "short" });
  return format.format(-Math.floor(seconds / step[1]), step[0]);
}

export function exactTime(iso: string, lang: string): string {
  const time = Date.parse(iso);
  const format = new Intl.DateTimeFormat(lang, { dateStyle: "full", timeStyle: "medium" });
  return Number.isNaN(time) ? iso : format.format(time);
}

/** "14:05": for what began, or comes, today. */
export const clockTime = (time: number, lang: string): string =>
  new Intl.DateTimeFormat(lang, { timeStyle: "medium" }).format(time);
