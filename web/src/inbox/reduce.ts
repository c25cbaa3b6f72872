// The inbox as a pure function: state and event in, state out.
//
// Three sources speak: the stream, answers to requests, and the reader's own marks. The stream tells frames in
// log order, and counts apart from them: those are never older than the newest frame, as those in a frame may
// be. Answers come whenever they like. So an answer yields wherever a frame that came while it was under way
// says something about the same thing: whatever the answer knew besides, the stream is about to say as well.
// At rest the page then holds what the server holds.

import type { Reset } from "@tidings/client";
import { arrived, corrected, isLate, mayBeMuted, replaces } from "../../client/src/offline/item";
import type { Change, Counts, Item, Notification, Page, View } from "../api/types";
import type { LogFrame } from "../stream/frames";
import { changed } from "./changed";
import { changedItem, emptyInbox, isFound, type InboxState, type PendingMark } from "./state";

export type InboxEvent =
  | { on: "view"; view: View; search: string }
  | { on: "load-started"; load: number }
  | { on: "load-failed"; load: number }
  | { on: "loaded"; load: number; page: Page; append: boolean; sentAt: number }
  | { on: "frame"; frame: LogFrame }
  | { on: "reset"; reset: Reset }
  | { on: "counts"; counts: Counts; sentAt: number | "stream" }
  | { on: "marked"; op: number; ids: string[]; change: Change; after?: Change }
  | { on: "mark-confirmed"; op: number }
  /** The server refused it, or the reader thought better of it before it was asked. */
  | { on: "mark-undone"; op: number };

/** More rows than this are not kept in one page: it starts over from the first ones. */
const MAX_ITEMS = 2_000;

/** More frames than this during one request: its answer is no longer worth mending. */
const MAX_KEPT_FRAMES = 1_000;

export function reduce(state: InboxState, event: InboxEvent): InboxState {
  switch (event.on) {
    case "view":
      return {
        ...emptyInbox(event.view, event.search),
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
      return reset(state, event.reset);
    case "counts":
      return event.sentAt === "stream"
        ? { ...state, counts: pick(event.counts), frames: state.frames + 1 }
        : { ...state, counts: fresher(state, event.counts, event.sentAt) };
    case "marked":
      return { ...state, pending: [...state.pending, pendingMark(event)] };
    case "mark-undone":
      return { ...state, pending: state.pending.filter((mark) => mark.op !== event.op) };
    case "mark-confirmed":
      return confirmed(state, event.op);
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
    stale: applied.stale || applied.items.length > MAX_ITEMS,
  };
}

/** The part of a frame that can be repeated over a list that may or may not know of it already. */
function applyFrame(state: InboxState, frame: LogFrame): InboxState {
  const moved = { ...state, cursor: frame.id };
  switch (frame.type) {
    case "notification":
      return added(moved, frame);
    case "notification.updated":
      return updated(moved, frame.payload);
    case "notification.retracted":
    case "notification.expired":
      return { ...moved, items: state.items.filter((item) => item.id !== frame.payload.id) };
    case "inbox.changed":
      return changed(moved, frame.payload);
  }
}

function added(state: InboxState, frame: LogFrame & { type: "notification" }): InboxState {
  const item = arrived(frame);
  // Known already, from a list that is ahead of the stream: its receipt there is the newer one.
  if (state.items.some((other) => other.id === item.id)) return state;
  if (isLate(item, state.items, frame.live === false)) return { ...state, stale: true };
  const items = state.items.filter((other) => !replaces(item, other));
  return { ...state, items: isFound(item, state.search) ? [item, ...items] : items };
}

function updated(state: InboxState, notification: Notification): InboxState {
  const before = state.items.find((item) => item.id === notification.id);
  const search = state.search !== ""; // it may be found now, or no longer
  if (before === undefined) return search ? { ...state, stale: true } : state;
  const after = corrected(before, notification);
  return {
    ...state,
    items: state.items.map((item) => (item === before ? after : item)),
    stale: state.stale || search || mayBeMuted(before, after),
  };
}

function reset(state: InboxState, { notifications, more }: Reset): InboxState {
  return {
    ...state,
    items: notifications,
    next: null,
    cursor: notifications[0]?.cursor ?? null,
    loading: null, // an answer from before is about another state
    // Of the marks under way the list may or may not know; a removal holds, whatever the list says.
    pending: state.pending.filter((mark) => mark.change.deleted),
    // A reset lists the newest 50 of everything: another view, and "load more", need the server.
    stale: more || state.view !== "all" || state.search !== "",
  };
}

/** It is true now, where no frame has said otherwise. What else the server knows, the stream brings. */
function confirmed(state: InboxState, op: number): InboxState {
  const mark = state.pending.find((pending) => pending.op === op);
  if (mark === undefined) return state;
  const settle = (item: Item): Item[] => {
    if (!mark.ids.has(item.id) || mark.overtaken.has(item.id)) return [item];
    return mark.change.deleted ? [] : [changedItem(item, mark.change)];
  };
  return {
    ...state,
    items: state.items.flatMap(settle),
    pending: state.pending.filter((pending) => pending.op !== op),
  };
}

function pendingMark(event: InboxEvent & { on: "marked" }): PendingMark {
  const { op, ids, change, after } = event;
  return { op, ids: new Set(ids), change, after, overtaken: new Set() };
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
