// The reader's inbox while they are signed in: fetches the list, follows the stream, carries out marks.
// All decisions about state are in reduce.ts; this does the effects.

import { computed, inject, provide, readonly, shallowRef, type InjectionKey } from "vue";
import { inboxCounts, listNotifications, markUpTo, patchNotification } from "../api/calls";
import { explain } from "../api/problem";
import type { Item, Receipt, View } from "../api/types";
import { sessionEnded } from "../session/session";
import { backoff } from "../stream/backoff";
import { openStream } from "../stream/browser";
import { isLogFrame, type Frame, type GoodbyeReason } from "../stream/frames";
import type { Link } from "../stream/machine";
import { toasts } from "../toasts/toasts";
import { touchClock } from "../ui/clock";
import { reduce, type InboxEvent } from "./reduce";
import { emptyInbox, isUnread, shownItems } from "./state";

const PAGE_SIZE = 50;

/** The server's own bound: a page that shows more than this is fetched again only this far. */
const LARGEST_PAGE = 200;

/** Several reasons to fetch again tend to come together: one request answers them all. */
const REFETCH_PAUSE_MS = 150;

export function createInbox(view: View) {
  const state = shallowRef(emptyInbox(view));
  const link = shallowRef<Link>("reconnecting");
  const goodbye = shallowRef<GoodbyeReason | null>(null);
  const loadError = shallowRef<string | null>(null);
  const loadedOnce = shallowRef(false);

  let serial = 0; // numbers requests and marks
  let failedLoads = 0;
  let timer: number | undefined;
  let stopped = false;

  function apply(event: InboxEvent): void {
    state.value = reduce(state.value, event);
    if (state.value.stale && state.value.loading === null) fetchLater(REFETCH_PAUSE_MS);
  }

  // --- the list ---

  function fetchLater(ms: number): void {
    window.clearTimeout(timer);
    if (!stopped) timer = window.setTimeout(() => void fetchFirst(), ms);
  }

  async function fetchFirst(): Promise<void> {
    window.clearTimeout(timer);
    const limit = Math.min(LARGEST_PAGE, Math.max(PAGE_SIZE, state.value.items.length));
    const outcome = await fetchPage(limit);
    if (outcome === "done") {
      failedLoads = 0;
      loadError.value = null;
      loadedOnce.value = true;
      stream.start(state.value.cursor ?? "");
    } else if (outcome !== "overtaken") {
      loadError.value = outcome.failed;
      fetchLater(backoff(failedLoads++, Math.random()));
    }
  }

  async function fetchMore(): Promise<void> {
    const after = state.value.next;
    if (after === null || state.value.loading !== null) return;
    const outcome = await fetchPage(PAGE_SIZE, after);
    if (typeof outcome === "object") toasts.say("error", "Could not load more", outcome.failed);
  }

  async function fetchPage(
    limit: number,
    after?: string,
  ): Promise<"done" | "overtaken" | { failed: string }> {
    const load = ++serial;
    const sentAt = state.value.frames;
    const current = () => !stopped && state.value.loading?.load === load;
    apply({ on: "load-started", load });
    try {
      const page = await listNotifications(state.value.view, limit, after);
      if (!current()) return "overtaken";
      touchClock();
      apply({ on: "loaded", load, page, append: after !== undefined, sentAt });
      return "done";
    } catch (error) {
      if (!current()) return "overtaken";
      apply({ on: "load-failed", load });
      return { failed: explain(error) };
    }
  }

  function show(view: View): void {
    if (view === state.value.view) return;
    loadedOnce.value = false;
    apply({ on: "view", view });
    void fetchFirst();
  }

  // --- the stream ---

  const stream = openStream({
    link: (now) => (link.value = now),
    signedOut: sessionEnded,
    frame: receive,
  });

  function receive(frame: Frame, live: boolean): void {
    if (isLogFrame(frame)) {
      touchClock();
      apply({ on: "frame", frame });
      toast(frame, live);
    } else if (frame.type === "reset") {
      apply({ on: "reset", frame });
      loadedOnce.value ||= state.value.view === "all"; // it is a whole list, whatever was on its way
    } else if (frame.type === "ready") {
      goodbye.value = null;
      apply({ on: "counts", counts: frame, sentAt: "stream" });
    } else if (frame.type === "goodbye") {
      goodbye.value = frame.reason;
    }
  }

  function toast(frame: Frame & { type: string }, live: boolean): void {
    if (frame.type === "notification") {
      if (live && frame.payload.muted !== true) toasts.show(frame.payload);
    } else if (frame.type === "notification.retracted" || frame.type === "notification.expired") {
      toasts.close(frame.payload.id);
    } else if (frame.type === "inbox.changed" && frame.payload.read === true) {
      frame.payload.ids?.forEach((id) => toasts.settle(id)); // read on another device, or in the list
    }
  }

  // --- marks ---

  async function mark(item: Item, change: { read?: boolean; archived?: boolean }, failed: string) {
    const op = ++serial;
    apply({ on: "marked", op, ids: [item.id], change });
    try {
      apply({ on: "mark-confirmed", op, item: await patchNotification(item.id, change) });
      if (link.value !== "live") await refreshCounts(); // else the stream brings them
    } catch (error) {
      apply({ on: "mark-refused", op });
      toasts.say("error", failed, explain(error));
    }
  }

  /** The answer to a single mark carries no counts. */
  async function refreshCounts(): Promise<void> {
    const sentAt = state.value.frames;
    const counts = await inboxCounts().catch(() => null); // a hint only: the stream will tell
    if (counts !== null) apply({ on: "counts", counts, sentAt });
  }

  async function markAllRead(): Promise<void> {
    const upTo = watermark();
    if (upTo === null) return;
    const op = ++serial;
    const sentAt = state.value.frames;
    const ids = state.value.items.filter(isUnread).map((item) => item.id);
    apply({ on: "marked", op, ids, change: { read: true } satisfies Partial<Receipt> });
    try {
      const counts = await markUpTo({ read: true }, upTo);
      apply({ on: "mark-confirmed", op });
      apply({ on: "counts", counts, sentAt });
    } catch (error) {
      apply({ on: "mark-refused", op });
      toasts.say("error", "Could not mark all as read", explain(error));
    }
  }

  /** What is on screen has been seen. Nothing is said when this fails: the next time repairs it. */
  async function markSeen(): Promise<void> {
    const upTo = watermark();
    if (upTo === null || state.value.counts.unseen === 0) return;
    const sentAt = state.value.frames;
    const counts = await markUpTo({ seen: true }, upTo).catch(() => null);
    if (counts !== null) apply({ on: "counts", counts, sentAt });
  }

  /**
   * "All up to here." The newest row says it best, for every open page has a row with that cursor and
   * can tell which others it covers; what arrives while the request travels stays unread.
   */
  function watermark(): string | null {
    const { view, items, cursor } = state.value;
    return (view === "archived" ? undefined : items[0]?.cursor) ?? cursor;
  }

  void fetchFirst();

  return {
    items: computed(() => shownItems(state.value)),
    counts: computed(() => state.value.counts),
    view: computed(() => state.value.view),
    hasMore: computed(() => state.value.next !== null),
    loading: computed(() => state.value.loading !== null),
    loadedOnce: readonly(loadedOnce),
    loadError: readonly(loadError),
    link: readonly(link),
    goodbye: readonly(goodbye),
    show,
    fetchMore,
    retry: fetchFirst,
    markAllRead,
    markSeen,
    setRead: (item: Item, read: boolean) =>
      mark(item, { read }, read ? "Could not mark as read" : "Could not mark as unread"),
    setArchived: (item: Item, archived: boolean) =>
      mark(item, { archived }, archived ? "Could not archive" : "Could not move back to the inbox"),
    stop(): void {
      stopped = true;
      window.clearTimeout(timer);
      stream.stop();
    },
  };
}

export type Inbox = ReturnType<typeof createInbox>;

const key: InjectionKey<Inbox> = Symbol("inbox");

export const provideInbox = (inbox: Inbox) => provide(key, inbox);

export function useInbox(): Inbox {
  const inbox = inject(key);
  if (inbox === undefined) throw new Error("no inbox: nobody is signed in here");
  return inbox;
}
