// What the preferences form holds, and the request that it becomes.

import type { Level, Preferences } from "../api/types";

export interface Form {
  levels: Level[];
  categories: string[];
  topics: string[];
  quiet: boolean;
  from: string;
  to: string;
  timeZone: string;
}

/** A night, for whoever turns quiet hours on. */
const NIGHT = { from: "22:00", to: "07:00" };

export function toForm({ muted, quiet_hours }: Preferences, ownTimeZone: string): Form {
  return {
    levels: [...muted.levels],
    categories: [...muted.categories],
    topics: [...muted.topics],
    quiet: quiet_hours !== undefined,
    from: quiet_hours?.from ?? NIGHT.from,
    to: quiet_hours?.to ?? NIGHT.to,
    timeZone: quiet_hours?.time_zone ?? ownTimeZone,
  };
}

export function toPreferences(form: Form): Preferences {
  const { levels, categories, topics, quiet, from, to, timeZone } = form;
  return {
    muted: { topics: sorted(topics), categories: sorted(categories), levels: sorted(levels) },
    ...(quiet ? { quiet_hours: { from, to, time_zone: timeZone } } : {}),
  };
}

/** Whether both ask for the same: the order in which names were chosen means nothing. */
export function isSame(one: Preferences, other: Preferences): boolean {
  const told = (preferences: Preferences) =>
    JSON.stringify(toPreferences(toForm(preferences, preferences.quiet_hours?.time_zone ?? "")));
  return told(one) === told(other);
}

/** All time zones that the browser knows, and those that are needed besides. */
export function timeZones(...besides: string[]): string[] {
  return sorted([...Intl.supportedValuesOf("timeZone"), "UTC", ...besides]);
}

function sorted<T extends string>(names: readonly T[]): T[] {
  return [...new Set(names)].sort();
}
