// The newest page of an inbox, and what an event makes of it. Values in, values out.
//
// Each event says how something is, not by how much it changes, so one that is applied twice does no harm.

import type { Counts, Envelope, Item } from "../types";
import { arrived, corrected, isLate, mayBeMuted, replaces, upTo } from "./item";

/** As many as the server sends with a `reset`. */
export const MOST_ITEMS = 50;
/** Fewer are soon none: where the server has more, they are asked for. */
export const FEW_ITEMS = 25;

/** Counts, items and cursor are of one instant. */
export interface Page {
  items: Item[];
  counts: Counts | null;
  /** Where to open the stream, to hear what came since. */
  cursor: string | null;
  /** The server has older ones. */
  more: boolean;
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

/** Null: it cannot be told from what is here, and has to be fetched. `late`: the items are of after it. */
export function apply(items: Item[], envelope: Envelope, late?: boolean): Item[] | null {
  const one = envelope.payload as Item;
  const held = items.find(({ id }) => id === one?.id);
  switch (envelope.type) {
    case "notification": {
      if (held) return items;
      const fresh = arrived(envelope as Envelope<Item>);
      if (isLate(fresh, items, late)) return null;
      return [fresh, ...items.filter((item) => !replaces(fresh, item))];
    }
    case "notification.updated":
      if (held && mayBeMuted(held, one)) return null;
      return items.map((item) => (item === held ? corrected(item, one) : item));
    case "notification.retracted":
    case "notification.expired":
      return items.filter((item) => item !== held);
    case "inbox.changed":
      return change(items, envelope.payload as Change);
    default:
      return items;
  }
}

/** The same for what a reader did, on whatever device. */
export function change(items: Item[], what: Change): Item[] | null {
  const { ids, up_to, seen, read, archived, acted, snoozed_until } = what;
  // Neither of the two: joined, left, preferences.
  const concerned =
    up_to === undefined ? items.filter(({ id }) => ids?.includes(id)) : upTo(items, up_to);
  const back = archived === false || snoozed_until === null;
  if (concerned === null || (back && ids && concerned.length < ids.length)) return null;
  if (what.deleted || archived || snoozed_until)
    return items.filter((item) => !concerned.includes(item));
  return items.map((item) =>
    concerned.includes(item)
      ? {
          ...item,
          read: read ?? (acted || item.read),
          seen: seen ?? (read || acted || item.seen),
        }
      : item,
  );
}
