// What an `inbox.changed` does to the list: the part of reduce.ts that is about the reader's own hand.

import { upTo } from "../../client/src/offline/item";
import type { Change, View } from "../api/types";
import type { InboxChange } from "../stream/frames";
import { changedItem, type InboxState, type PendingMark } from "./state";

export function changed(state: InboxState, inboxChange: InboxChange): InboxState {
  const change = changeOf(inboxChange);
  const given = Object.keys(change) as (keyof Change)[];
  if (given.length === 0) return isBesideTheList(inboxChange) ? state : { ...state, stale: true };

  const touched = touchedIds(state, inboxChange);
  // A watermark that no item here marks: let the server say what is listed. Seen decides the unseen
  // count, which the frame carries, and nothing that a row shows.
  if (touched === null) {
    return given.every((key) => key === "seen") ? state : { ...state, stale: true };
  }
  if (change.deleted) {
    return { ...state, items: state.items.filter((item) => !touched.has(item.id)) };
  }
  const held = new Set(state.items.map((item) => item.id));
  const missing = (inboxChange.ids ?? []).some((id) => !held.has(id));
  return {
    ...state,
    items: state.items.map((item) => (touched.has(item.id) ? changedItem(item, change) : item)),
    pending: state.pending.map((mark) => overtake(mark, touched, change)),
    stale: state.stale || (missing && mayEnter(state.view, change)),
  };
}

const KEYS = ["seen", "read", "archived", "snoozed_until", "deleted"] as const;

function changeOf(inboxChange: InboxChange): Change {
  return Object.fromEntries(
    KEYS.filter((key) => inboxChange[key] !== undefined).map((key) => [key, inboxChange[key]]),
  );
}

/** Topics and preferences change what comes from now on, and no row tells of a link that was followed. */
function isBesideTheList({ joined, left, preferences, acted }: InboxChange): boolean {
  return [joined, left, preferences, acted].some((told) => told !== undefined);
}

/** The held items that a change speaks about; null when its watermark is at no place known here. */
function touchedIds({ items }: InboxState, { ids = [], up_to }: InboxChange): Set<string> | null {
  const below = up_to === undefined ? [] : upTo(items, up_to);
  return below && new Set([...ids, ...below.map(({ id }) => id)]);
}

/** Whether a change to an item that is not held could bring it into the view. */
function mayEnter(view: View, change: Change): boolean {
  if (view === "snoozed") return typeof change.snoozed_until === "string";
  if (view === "archived") return change.archived === true || change.snoozed_until === null;
  return (
    change.archived === false ||
    change.snoozed_until === null ||
    (view === "unread" && change.read === false)
  );
}

/** Only a word about the same thing overtakes: a "seen" says nothing about a pending "read". */
function overtake(mark: PendingMark, touched: Set<string>, change: Change): PendingMark {
  const sameThing = KEYS.some(
    (key) => key !== "seen" && mark.change[key] !== undefined && change[key] !== undefined,
  );
  if (!sameThing || isBefore(mark, change)) return mark;
  const overtaken = new Set(mark.overtaken);
  for (const id of touched) if (mark.ids.has(id)) overtaken.add(id);
  return { ...mark, overtaken };
}

/** What a mark takes back was before it: a row that has just come back must not go and come once more. */
function isBefore({ after }: PendingMark, change: Change): boolean {
  return (
    after !== undefined &&
    KEYS.every((key) => after[key] === change[key] || after[key] === undefined)
  );
}
