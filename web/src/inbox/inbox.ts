// The reader's inbox while they are signed in: fetches the list and follows the stream.
// All decisions about state are in reduce.ts, what the reader does is in marks.ts; this does the effects.

import { computed, inject, provide, readonly, shallowRef, type InjectionKey } from "vue";
import { listNotifications } from "../api/calls";
import { explain } from "../api/problem";
import type { Query } from "../api/types";
import { createPreferences } from "../preferences/preferences";
import { sessionEnded, sessionExpiring } from "../session/session";
import { backoff } from "../stream/backoff";
import { openStream } from "../stream/browser";
import { isLogFrame, type Frame, type GoodbyeReason, type InboxChange } from "../stream/frames";
import type { Link } from "../stream/machine";
import { toasts } from "../toasts/toasts";
import { touchClock } from "../ui/clock";
import { createMarks } from "./marks";
import { createNews } from "./news";
import { reduce, type InboxEvent } from "./reduce";
import { emptyInbox, shownItems } from "./state";
import { UndoBar, type Step } from "./undo";

const PAGE_SIZE = 50;

/** The server's own bound: a page that shows more than this is fetched again only this far. */
const LARGEST_PAGE = 200;

/** Several reasons to fetch again tend to come together: one request answers them all. */
const REFETCH_PAUSE_MS = 150;

/** "reset": whatever was missed, ask anew. */
export type Listener = (change: InboxChange | "reset") => void;

export function createInbox({ view, search }: Query) {
  const state = shallowRef(emptyInbox(view, search));
  const link = shallowRef<Link>("reconnecting");
  const goodbye = shallowRef<GoodbyeReason | null>(null);
  const loadError = shallowRef<string | null>(null);
  const loadedOnce = shallowRef(false);
  const step = shallowRef<Step | null>(null);
  const preferences = createPreferences();
  const listeners = new Set<Listener>();

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
      await follow();
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
      const page = await listNotifications(
        { view: state.value.view, search: state.value.search },
        limit,
        after,
      );
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

  function show({ view, search }: Query): void {
    if (view === state.value.view && search === state.value.search) return;
    loadedOnce.value = false;
    apply({ on: "view", view, search });
    void fetchFirst();
  }

  // --- the stream ---

  const stream = openStream({
    link: (now) => (link.value = now),
    signedOut: sessionEnded,
    frame: receive,
  });

  /**
   * The stream starts where the list ends. What the reader wants to be bothered with is asked for in
   * between: what changes before is in the answer, what changes after comes on the stream, and nothing
   * toasts before it is known.
   */
  let following: Promise<void> | undefined;
  function follow(): Promise<void> {
    following ??= preferences.load().then(() => {
      if (!stopped) stream.start(state.value.cursor ?? "");
    });
    return following;
  }

  const news = createNews({
    held: (id) => state.value.items.find((item) => item.id === id),
    isQuiet: preferences.isQuiet,
    followed: (id) => void marks.followed(id),
  });

  function receive(frame: Frame, live: boolean): void {
    if (isLogFrame(frame)) {
      touchClock();
      if (frame.type === "inbox.changed") heard(frame.payload);
      apply({ on: "frame", frame });
      news.hear(frame, live);
    } else if (frame.type === "reset") {
      apply({ on: "reset", frame });
      // It is a whole list, whatever was on its way.
      loadedOnce.value ||= state.value.view === "all" && state.value.search === "";
      heard("reset");
    } else if (frame.type === "ready") {
      goodbye.value = null;
      apply({ on: "counts", counts: frame, sentAt: "stream" });
    } else if (frame.type === "goodbye") {
      goodbye.value = frame.reason;
    } else if (frame.type === "expiring") {
      sessionExpiring();
    }
  }

  function heard(change: InboxChange | "reset"): void {
    if (change === "reset") void preferences.load();
    else if (change.preferences !== undefined) preferences.changed(change.preferences);
    listeners.forEach((listener) => listener(change));
  }

  // --- what the reader does ---

  const bar = new UndoBar(
    {
      now: () => performance.now(),
      setTimer: (run, ms) => window.setTimeout(run, ms),
      clearTimer: (timer) => window.clearTimeout(timer),
    },
    (now) => (step.value = now),
  );
  const marks = createMarks(
    {
      state: () => state.value,
      apply,
      serial: () => ++serial,
      isLive: () => link.value === "live",
      broughtBack: news.broughtBack,
    },
    bar,
  );
  const leave = () => void marks.settle();
  window.addEventListener("pagehide", leave);

  void fetchFirst();

  return {
    items: computed(() => shownItems(state.value)),
    counts: computed(() => state.value.counts),
    view: computed(() => state.value.view),
    search: computed(() => state.value.search),
    hasMore: computed(() => state.value.next !== null),
    loading: computed(() => state.value.loading !== null),
    loadedOnce: readonly(loadedOnce),
    loadError: readonly(loadError),
    link: readonly(link),
    goodbye: readonly(goodbye),
    preferences,
    show,
    fetchMore,
    retry: fetchFirst,
    ...marks,
    /** The step that can still be taken back. */
    step: readonly(step),
    bar,
    /** What the reader does beside the list: topics, preferences. Returns how to stop listening. */
    listen(listener: Listener): () => void {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    stop(): void {
      leave();
      stopped = true;
      window.removeEventListener("pagehide", leave);
      window.clearTimeout(timer);
      preferences.stop();
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
