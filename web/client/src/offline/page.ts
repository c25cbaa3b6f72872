// The newest page of an inbox, and what an event makes of it. Values in, values out.
//
// Each event says how something is, not by how much it changes, so one that is applied twice does no harm.

import type { Counts, Envelope, Item } from "../types";

/** As many as the server sends with a `reset`. */
export const MOST_ITEMS = 50;

/** Counts, items and cursor are of one instant. */
export interface Page {
  items: Item[];
  counts: Counts | null;
  /** Where to open the stream, to hear what came since. */
  cursor: string | null;
}

export interface Change {
  seen?: boolean;
  read?: boolean;
  archived?: boolean;
  acted?: boolean;
  deleted?: boolean;
  snoozed_until?: string | null;
  ids?: string[];
  up_to?: string;
}

/** Null: it cannot be told from what is here, and has to be fetched. */
export function apply(
  items: Item[],
  { type, id = "", audience, payload, muted }: Envelope,
): Item[] | null {
  const one = payload as Item;
  switch (type) {
    case "notification": {
      if (items.some((item) => item.id === one.id)) return items;
      const receipt = { seen: false, read: false, archived: false };
      const fresh: Item = { ...one, ...receipt, audience, cursor: id, ...(muted && { muted }) };
      return [fresh, ...items.filter((item) => !replaces(fresh, item))].slice(0, MOST_ITEMS);
    }
    case "notification.updated":
      return items.map((item) => (item.id === one.id ? corrected(item, one) : item));
    case "notification.retracted":
    case "notification.expired":
      return items.filter((item) => item.id !== one.id);
    case "inbox.changed":
      return change(items, payload as Change);
    default:
      return items;
  }
}

/** The same for what a reader did, on whatever device. */
export function change(items: Item[], what: Change): Item[] | null {
  const concerned = whom(items, what);
  if (concerned === null) return null;
  const { seen, read, archived, acted, snoozed_until } = what;
  const gone = what.deleted || archived || typeof snoozed_until === "string";
  const back = archived === false || snoozed_until === null;
  if (back && what.ids?.some((id) => !items.some((item) => item.id === id))) return null;
  return items.flatMap((item) => {
    if (!concerned.has(item.id)) return [item];
    if (gone) return [];
    const isRead = read ?? (acted || item.read);
    const isSeen = seen ?? (read || acted || item.seen);
    return [{ ...item, read: isRead, seen: isSeen }];
  });
}

function whom(items: Item[], { ids, up_to }: Change): Set<string> | null {
  if (ids !== undefined) return new Set(ids);
  if (up_to === undefined) return new Set(); // joined, left, preferences
  const from = items.findIndex((item) => item.cursor === up_to);
  return from < 0 ? null : new Set(items.slice(from).map((item) => item.id));
}

function replaces(fresh: Item, item: Item): boolean {
  const { group_key, audience } = fresh;
  return group_key !== undefined && item.group_key === group_key && item.audience === audience;
}

/** A field that the correction took away is away. */
function corrected(
  { seen, read, archived, audience, cursor, snoozed_until, muted }: Item,
  now: Item,
): Item {
  const kept = { seen, read, archived, audience, cursor };
  return { ...now, ...kept, ...(snoozed_until && { snoozed_until }), ...(muted && { muted }) };
}
