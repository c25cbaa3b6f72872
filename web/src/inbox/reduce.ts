// The inbox as a pure function: state and event in, state out.
//
// Three sources speak: frames of the stream, answers to requests, and the reader's own marks. Frames
// are in log order; answers come whenever they like. So an answer yields wherever a frame that came
// while it was under way says something about the same thing: whatever the answer knew besides, the
// stream is about to say as well. At rest the page then holds what the server holds.

import type { Counts, Item, Notification, Page, Receipt, View } from "../api/types";
import type { InboxChange, LogFrame, ResetFrame } from "../stream/frames";
import { emptyInbox, type InboxState, type PendingMark } from "./state";

export type InboxEvent =
  | { on: "view"; view: View }
  | { on: "load-started"; load: number }
  | { on: "load-failed"; load: number }
  | { on: "loaded"; load: number; page: Page; append: boolean; sentAt: number }
  | { on: "frame"; frame: LogFrame }
  | { on: "reset"; frame: ResetFrame }
  | { on: "counts"; counts: Counts; sentAt: number | "stream" }
  | { on: "marked"; op: number; ids: string[]; change: Partial<Receipt> }
  | { on: "mark-confirmed"; op: number; item?: Item }
  | { on: "mark-refused"; op: number };

/** More rows than this are not kept in one page: it starts over from the first ones. */
const MAX_ITEMS = 2_000;

/** More frames than this during one request: its answer is no longer worth mending. */
const MAX_KEPT_FRAMES = 1_000;

export function reduce(state: InboxState, event: InboxEvent): InboxState {
  switch (event.on) {
    case "view":
      return {
        ...emptyInbox(event.view),
        counts: state.counts,
        cursor: state.cursor,
        pending: state.pending,
        frames: state.frames,
      };
    case "load-started":
      return { ...state, loading: { load: event.load, frames: [] }, stale: false };
    case "load-failed":
      return state.loading?.load === event.load ? { ...state, loading: null } : state;
    case "loaded":
      return loaded(state, event);
    case "frame":
      return framed(state, event.frame);
    case "reset":
      return reset(state, event.frame);
    case "counts":
      return event.sentAt === "stream"
        ? { ...state, counts: pick(event.counts), frames: state.frames + 1 }
        : { ...state, counts: fresher(state, event.counts, event.sentAt) };
    case "marked":
      return { ...state, pending: [...state.pending, pendingMark(event)] };
    case "mark-refused":
      return { ...state, pending: state.pending.filter((mark) => mark.op !== event.op) };
    case "mark-confirmed":
      return confirmed(state, event.op, event.item);
  }
}

function loaded(state: InboxState, event: InboxEvent & { on: "loaded" }): InboxState {
  const { page } = event;
  if (state.loading?.load !== event.load) return state; // a newer request has taken its place
  const kept = state.loading.frames;
  if (kept.length > MAX_KEPT_FRAMES) return { ...state, loading: null, stale: true };

  const fresh: InboxState = {
    ...state,
    items: event.append ? appended(state.items, page.items) : page.items,
    next: page.next,
    counts: fresher(state, page, event.sentAt),
    cursor: event.append ? state.cursor : page.cursor,
    loading: null,
  };
  return kept.reduce((mended, frame) => applyFrame(mended, frame), fresh);
}

function framed(state: InboxState, frame: LogFrame): InboxState {
  const loading = state.loading && { ...state.loading, frames: [...state.loading.frames, frame] };
  const applied = applyFrame({ ...state, loading }, frame);
  return {
    ...applied,
    counts: pick(frame),
    frames: state.frames + 1,
    stale: applied.stale || applied.items.length > MAX_ITEMS,
  };
}

/** The part of a frame that can be repeated over a list that may or may not know of it already. */
function applyFrame(state: InboxState, frame: LogFrame): InboxState {
  const moved = { ...state, cursor: frame.id };
  switch (frame.type) {
    case "notification":
      return arrived(moved, frame.payload, frame.audience, frame.id);
    case "notification.updated":
      return {
        ...moved,
        items: state.items.map((item) =>
          item.id === frame.payload.id ? corrected(item, frame.payload) : item,
        ),
      };
    case "notification.retracted":
    case "notification.expired":
      return { ...moved, items: state.items.filter((item) => item.id !== frame.payload.id) };
    case "inbox.changed":
      return changed(moved, frame.payload);
  }
}

function arrived(
  state: InboxState,
  notification: Notification,
  audience: string,
  cursor: string,
): InboxState {
  // Known already, from a list that is ahead of the stream: its receipt there is the newer one.
  if (state.items.some((item) => item.id === notification.id)) return state;
  const item: Item = {
    ...notification,
    audience,
    cursor,
    seen: false,
    read: false,
    archived: false,
  };
  const others = state.items.filter((other) => !replaces(item, other));
  return { ...state, items: [item, ...others] };
}

/** A newer notification of a group takes the older one's place. */
function replaces(newer: Item, older: Item): boolean {
  return (
    newer.group_key !== undefined &&
    newer.group_key === older.group_key &&
    newer.audience === older.audience
  );
}

/** A correction replaces what the sender wrote (a field left out is gone), not what the reader did. */
function corrected(item: Item, notification: Notification): Item {
  const { audience, cursor, seen, read, archived } = item;
  return { ...notification, audience, cursor, seen, read, archived };
}

function changed(state: InboxState, change: InboxChange): InboxState {
  const receipt = receiptOf(change);
  const touched = touchedIds(state, change);
  if (change.deleted && touched) {
    return { ...state, items: state.items.filter((item) => !touched.has(item.id)) };
  }
  // Snoozed, muted, joined, or a watermark that no item here marks: let the server say what is listed.
  if (Object.keys(receipt).length === 0) return { ...state, stale: true };
  if (touched === null) return onlySeen(receipt) ? state : { ...state, stale: true };

  const held = new Set(state.items.map((item) => item.id));
  const missing = (change.ids ?? []).some((id) => !held.has(id));
  return {
    ...state,
    items: state.items.map((item) => (touched.has(item.id) ? { ...item, ...receipt } : item)),
    pending: state.pending.map((mark) => overtake(mark, touched, receipt)),
    stale: state.stale || (missing && mayEnter(state.view, receipt)),
  };
}

/** The held items that a change speaks about; null when its watermark is at no place known here. */
function touchedIds(state: InboxState, change: InboxChange): Set<string> | null {
  const touched = new Set(change.ids ?? []);
  if (change.up_to !== undefined) {
    // Newest first: the item at the watermark and all after it in the list are older or equal.
    const mark = state.items.findIndex((item) => item.cursor === change.up_to);
    if (mark === -1) return null;
    for (const item of state.items.slice(mark)) touched.add(item.id);
  }
  return touched;
}

function receiptOf(change: InboxChange): Partial<Receipt> {
  const receipt: Partial<Receipt> = {};
  if (change.read !== undefined) receipt.read = change.read;
  if (change.seen !== undefined) receipt.seen = change.seen;
  if (change.archived !== undefined) receipt.archived = change.archived;
  return receipt;
}

/** Seen decides the unseen count, which the frame carries, and nothing that a row shows. */
function onlySeen(receipt: Partial<Receipt>): boolean {
  return receipt.read === undefined && receipt.archived === undefined;
}

/** Whether a change to an item that is not held could bring it into the view. */
function mayEnter(view: View, receipt: Partial<Receipt>): boolean {
  if (view === "archived") return receipt.archived === true;
  return receipt.archived === false || (view === "unread" && receipt.read === false);
}

/** Only a word about the same thing overtakes: a "seen" says nothing about a pending "read". */
function overtake(mark: PendingMark, touched: Set<string>, receipt: Partial<Receipt>): PendingMark {
  const sameThing =
    (mark.change.read !== undefined && receipt.read !== undefined) ||
    (mark.change.archived !== undefined && receipt.archived !== undefined);
  if (!sameThing) return mark;
  const overtaken = new Set(mark.overtaken);
  for (const id of touched) if (mark.ids.has(id)) overtaken.add(id);
  return { ...mark, overtaken };
}

function reset(state: InboxState, frame: ResetFrame): InboxState {
  return {
    ...state,
    items: frame.notifications,
    next: null,
    counts: pick(frame),
    cursor: frame.notifications[0]?.cursor ?? null,
    loading: null, // an answer from before is about another state
    pending: [],
    // A reset lists the newest 50 of everything: another view, and "load more", need the server.
    stale: frame.more || state.view !== "all",
    frames: state.frames + 1,
  };
}

function confirmed(state: InboxState, op: number, answer: Item | undefined): InboxState {
  const mark = state.pending.find((pending) => pending.op === op);
  if (mark === undefined) return state;
  const settle = (item: Item): Item => {
    if (!mark.ids.has(item.id) || mark.overtaken.has(item.id)) return item;
    return item.id === answer?.id ? { ...item, ...answer } : { ...item, ...mark.change };
  };
  return {
    ...state,
    items: state.items.map(settle),
    pending: state.pending.filter((pending) => pending.op !== op),
  };
}

function pendingMark(event: InboxEvent & { on: "marked" }): PendingMark {
  return { op: event.op, ids: new Set(event.ids), change: event.change, overtaken: new Set() };
}

function appended(held: Item[], more: Item[]): Item[] {
  const known = new Set(held.map((item) => item.id));
  return [...held, ...more.filter((item) => !known.has(item.id))];
}

/** Counts of an answer, unless the stream has spoken since the request was sent. */
function fresher(state: InboxState, counts: Counts, sentAt: number): Counts {
  return state.frames === sentAt ? pick(counts) : state.counts;
}

function pick({ unread, unseen }: Counts): Counts {
  return { unread, unseen };
}
