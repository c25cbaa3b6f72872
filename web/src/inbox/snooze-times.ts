// When a snoozed notification comes back, in the reader's own time.

export interface SnoozeTime {
  key: "hour" | "evening" | "morning" | "week";
  label: string;
  until: Date;
}

const EVENING = 18;
const MORNING = 8;
const MONDAY = 1;

/** An evening that is nearer than this is no putting off. */
const EVENING_MARGIN_HOURS = 1;

export function snoozeTimes(now: Date): SnoozeTime[] {
  const at = (days: number, hour: number) =>
    new Date(now.getFullYear(), now.getMonth(), now.getDate() + days, hour);
  const evening = now.getHours() < EVENING - EVENING_MARGIN_HOURS;
  const toMonday = (MONDAY + 7 - now.getDay()) % 7 || 7;
  return [
    { key: "hour", label: "In 1 hour", until: new Date(now.getTime() + 3_600_000) },
    ...(evening
      ? [{ key: "evening", label: "This evening", until: at(0, EVENING) } satisfies SnoozeTime]
      : []),
    { key: "morning", label: "Tomorrow morning", until: at(1, MORNING) },
    { key: "week", label: "Next week", until: at(toMonday, MORNING) },
  ];
}
