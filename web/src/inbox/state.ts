// What the page knows of the inbox, as one value.

import type { Change, Counts, Item, Notification, Query, View } from "../api/types";
import type { LogFrame } from "../stream/frames";

/** A mark that the reader made and the server has not answered yet: shown at once, kept apart until it is true. */
export interface PendingMark {
  op: number;
  ids: ReadonlySet<string>;
  change: Change;
  /** The mark of this page that it takes back, and whose frame may still be on its way. */
  after?: Change;
  /** Ids that a frame has spoken about since: the stream is the judge there, not the answer. */
  overtaken: ReadonlySet<string>;
}

/** A list request under way. Frames that come meanwhile are kept, and applied again over its answer. */
export interface Loading {
  load: number;
  frames: LogFrame[];
}

export interface InboxState extends Query {
  /** Newest first. May hold items that the view does not show; see `shownItems`. */
  items: Item[];
  next: string | null;
  counts: Counts;
  /** The newest place that the page has applied. */
  cursor: string | null;
  pending: PendingMark[];
  loading: Loading | null;
  /** Something happened that only the server can place: the first page must be fetched again. */
  stale: boolean;
  /** How often the stream told the counts. An answer to a request sent before the last time must not touch the badge. */
  frames: number;
}

export const emptyInbox = (view: View, search = ""): InboxState => ({
  view,
  search,
  items: [],
  next: null,
  counts: { unread: 0, unseen: 0 },
  cursor: null,
  pending: [],
  loading: null,
  stale: false,
  frames: 0,
});

/** The rows of the view, newest first, with pending marks laid over them. */
export function shownItems(state: InboxState): Item[] {
  return state.items.flatMap((item) => {
    const change = pendingChange(item, state.pending);
    if (change === null) return belongs(item, state.view) ? [item] : [];
    if (change.deleted) return [];
    const shown = changedItem(item, change);
    return belongs(shown, state.view) ? [shown] : [];
  });
}

/** All that is under way for an item, the later over the earlier; null for nothing. */
function pendingChange(item: Item, pending: PendingMark[]): Change | null {
  const meant = pending.filter((mark) => mark.ids.has(item.id) && !mark.overtaken.has(item.id));
  return meant.length === 0 ? null : Object.assign({}, ...meant.map((mark) => mark.change));
}

/**
 * The item with a change, and with what follows from it: what is read was seen, what is put away is not put off, and
 * what is put off is not put away.
 */
export function changedItem(item: Item, change: Change): Item {
  const { deleted: _, snoozed_until: until, ...receipt } = change;
  const { snoozed_until: before, ...changed } = { ...item, ...receipt };
  if (change.read === true) changed.seen = true;
  if (typeof until === "string") changed.archived = change.archived ?? false;
  const snoozed = change.archived === true ? null : until === undefined ? before : until;
  return snoozed == null ? changed : { ...changed, snoozed_until: snoozed };
}

function belongs(item: Item, view: View): boolean {
  if (view === "snoozed" || isSnoozed(item)) return view === "snoozed" && isSnoozed(item);
  if (view === "archived" || item.archived) return view === "archived" && item.archived;
  return view === "all" || isUnread(item);
}

/** A muted notification is listed but never counts as unread. */
export function isUnread(item: Item): boolean {
  return !item.read && item.muted !== true;
}

export function isSnoozed(item: Item): boolean {
  return item.snoozed_until !== undefined;
}

/** Whether something new belongs into a search. What the server found needs no second opinion. */
export function isFound({ title, body }: Notification, search: string): boolean {
  const wanted = search.toLowerCase();
  return [title, body ?? ""].some((text) => text.toLowerCase().includes(wanted));
}
