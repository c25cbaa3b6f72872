// What the page knows of the inbox, as one value.

import type { Counts, Item, Receipt, View } from "../api/types";
import type { LogFrame } from "../stream/frames";

/** A mark that the reader made and the server has not answered yet: shown at once, kept apart until it is true. */
export interface PendingMark {
  op: number;
  ids: ReadonlySet<string>;
  change: Partial<Receipt>;
  /** Ids that a frame has spoken about since: the stream is the judge there, not the answer. */
  overtaken: ReadonlySet<string>;
}

/** A list request under way. Frames that come meanwhile are kept, and applied again over its answer. */
export interface Loading {
  load: number;
  frames: LogFrame[];
}

export interface InboxState {
  view: View;
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
  /** Frames with counts so far. An answer to a request sent before the newest one must not touch the badge. */
  frames: number;
}

export const emptyInbox = (view: View): InboxState => ({
  view,
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
  return state.items
    .map((item) => withPending(item, state.pending))
    .filter((item) => belongs(item, state.view));
}

function withPending(item: Item, pending: PendingMark[]): Item {
  let shown = item;
  for (const mark of pending) {
    if (mark.ids.has(item.id) && !mark.overtaken.has(item.id)) shown = { ...shown, ...mark.change };
  }
  return shown;
}

function belongs(item: Item, view: View): boolean {
  if (view === "archived") return item.archived;
  if (item.archived) return false;
  return view === "all" || isUnread(item);
}

/** A muted notification is listed but never counts as unread. */
export function isUnread(item: Item): boolean {
  return !item.read && item.muted !== true;
}
