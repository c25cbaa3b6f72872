// What an event makes of a notification in a list, wherever there is one: here, and in the pages of the server.

import type { Envelope, Item } from "../types";

/** What its sender writes. All else is the reader's. */
export type Content = Omit<
  Item,
  "audience" | "cursor" | "seen" | "read" | "archived" | "snoozed_until" | "muted"
>;

/** As it has come. */
export function arrived({ id = "", audience, payload, muted }: Envelope<Content>): Item {
  const receipt = { seen: false, read: false, archived: false };
  return { ...payload, ...receipt, audience, cursor: id, ...(muted && { muted }) };
}

/** A newer notification of a group takes the older one's place. */
export const replaces = (newer: Item, older: Item): boolean =>
  !!newer.group_key && newer.group_key === older.group_key && newer.audience === older.audience;

/**
 * The list may be ahead of the stream, and have the newer one already: then it is the server that can tell. So is any newer one
 * where the list is of after this (`late`): which place it has there is not known.
 */
export const isLate = (one: Item, items: readonly Item[], late?: boolean): boolean =>
  items.some((item) => item.id > one.id && (late || replaces(one, item))); // ids sort by the time when they were made

/** A correction replaces what the sender wrote (a field left out is gone), not what the reader did. */
export function corrected(
  { seen, read, archived, audience, cursor, snoozed_until, muted }: Item,
  now: Content,
): Item {
  return {
    ...now,
    seen,
    read,
    archived,
    audience,
    cursor,
    ...(snoozed_until && { snoozed_until }),
    ...(muted && { muted }),
  };
}

/** These decide whether the reader has it muted, and the server alone can tell. */
export const mayBeMuted = (before: Content, now: Content): boolean =>
  (["level", "category", "critical"] as const).some((field) => before[field] !== now[field]);

/** "All up to here": newest first, so the one at the watermark and all after it. Null: it is at no place known here. */
export function upTo(items: readonly Item[], cursor: string): Item[] | null {
  const at = items.findIndex((item) => item.cursor === cursor);
  return at < 0 ? null : items.slice(at);
}
