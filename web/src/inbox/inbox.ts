// The reader's inbox while they are signed in: fetches the list and follows the stream.
// All decisions about state are in reduce.ts, what the reader does is in marks.ts; this does the effects.

import type { Client, Envelope, Listener as StreamListener } from "@tidings/client";
import { computed, inject, provide, readonly, shallowRef, type InjectionKey } from "vue";
import { backoff } from "../../client/src/core/backoff";
import { listNotifications } from "../api/calls";
import { explain } from "../api/problem";
import type { Query } from "../api/types";
import { createPreferences } from "../preferences/preferences";
import { sessionEnded } from "../session/session";
import { isLogFrame, type InboxChange } from "../stream/frames";
import type { Connect } from "../stream/link";
import { standing, unopened } from "../stream/standing";
import { toasts } from "../bell/toasts";
import { touchClock } from "../ui/clock";
import { createMarks } from "./marks";
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

export function createInbox({ view, search }: Query, connect: Connect) {
  const state = shallowRef(emptyInbox(view, search));
  const link = shallowRef(unopened(Date.now()));
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

  /**
   * The stream starts where the list ends. Preferences are asked for in between: what changes before is in
   * the answer, what changes after comes on the stream.
   */
  let following: Promise<void> | undefined;
  let client: Client | undefined;
  function follow(): Promise<void> {
    following ??= preferences.load().then(() => {
      if (stopped) return;
      client = connect({ cursor: state.value.cursor ?? undefined, ...listener });
      join();
    });
    return following;
  }
  let join = () => {};
  /** The stream has been opened, from where the list ends. */
  const joined = new Promise<void>((resolve) => (join = resolve));

  /** Brought back by this page itself: whoever did it is looking at it. */
  const broughtBack = new Set<string>();
  function isOwn(envelope: Envelope): boolean {
    if (!isLogFrame(envelope) || envelope.type !== "inbox.changed") return false;
    const { ids = [], snoozed_until } = envelope.payload;
    return snoozed_until !== undefined && ids.filter((id) => broughtBack.delete(id)).length > 0;
  }

  const listener: StreamListener = {
    event(frame, live) {
      if (!isLogFrame(frame)) return;
      touchClock();
      if (frame.type === "inbox.changed") heard(frame.payload);
      apply({ on: "frame", frame: { ...frame, live } });
    },
    reset(reset) {
      apply({ on: "reset", reset });
      // It is a whole list, whatever was on its way.
      loadedOnce.value ||= state.value.view === "all" && state.value.search === "";
      heard("reset");
    },
    counts: (counts) => apply({ on: "counts", counts, sentAt: "stream" }),
    state(now) {
      link.value = standing(link.value, now);
      if (now.is === "unauthorized") sessionEnded();
    },
  };

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
      isLive: () => link.value.is === "live",
      broughtBack,
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
    joined,
    /** What comes by the stream was done here, and is no news. */
    isOwn,
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
      client?.close();
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
