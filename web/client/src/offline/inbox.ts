// The newest page of an inbox: there at the first paint, kept right by the stream, and with marks shown before the
// server has them. What a mark does to the counts only the server says.

import type { Listener } from "../types";
import { guarded } from "../core/connection";
import type { Api } from "../core/api";
import { backoff } from "../core/backoff";
import type { World } from "../core/world";
import type { Counts, Envelope, Item, Reset, State } from "../types";
import { Marks, type Mark, type Marking } from "./marks";
import { apply, change, MOST_ITEMS, type Change, type Page } from "./page";
import type { Store } from "./store";

/** Written behind by so much. */
const BEHIND_MS = 500;
/** What comes while a page is fetched. When it is more, it is fetched once more. */
const MOST_WAITING = 1_000;

export interface View {
  /** `pending`: as the reader wants it, and the server does not have it yet. */
  items: (Item & { pending?: true })[];
  counts: Counts | null;
  /** Marks on their way. */
  pending: number;
}

export interface Heard {
  changed(view: View): void;
  refused?(marking: Marking, status: number): void;
}

interface Parts {
  store: Store;
  api: Api;
  world: World;
  heard: Heard;
  alone<T>(run: () => Promise<T>): Promise<T>;
  closed(): void;
}

export class Inbox {
  readonly #parts: Parts;
  #page: Page = { items: [], counts: null, cursor: null };
  #marks: Marks;
  /** Whether there has ever been a page. */
  #known = false;
  /** Of the mark that is being sent: what the stream has said of it meanwhile is newer than the answer. */
  #spoken: Change[] = [];
  #waiting: Envelope[] | null = null;
  /** A reset came while a page was fetched: nobody knows which of the two is newer. */
  #stale = false;
  #live = false;
  #failures = 0;
  #again: unknown;
  #timer: unknown;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#marks = new Marks({
      ...parts,
      marked: {
        changed: () => this.#tell(),
        done: (mark) => this.#done(mark),
        refused: (marking, status) => parts.heard.refused?.(marking, status),
      },
    });
  }

  /** What an earlier visit has left. */
  async load(): Promise<void> {
    const page = await this.#parts.store.page().catch(() => null);
    if (page !== null) {
      this.#page = page;
      this.#known = true;
    }
    await this.#marks.load().catch(() => {});
    this.#tell();
  }

  /** Where to open the stream. */
  get cursor(): string | undefined {
    return this.#page.cursor ?? undefined;
  }

  get view(): View {
    let items: View["items"] = this.#page.items;
    for (const { marking } of this.#marks.pending) items = shown(items, marking);
    return { items, counts: this.#page.counts, pending: this.#marks.pending.length };
  }

  /** Shown at once. False: too many are on their way already. */
  mark(marking: Marking): Promise<boolean> {
    this.keep(); // the page that it was made on
    return this.#marks.add(marking);
  }

  close(): void {
    this.#parts.closed();
    this.#live = false;
    this.#parts.world.clearTimer(this.#again);
    this.#marks.close();
    this.keep();
  }

  /** Writes at once what would be written soon: the page may be going. */
  keep(): void {
    if (this.#timer !== undefined) this.#write();
  }

  /** For `connect`. */
  readonly listener: Required<Listener> = {
    event: (envelope: Envelope) => this.#event(envelope),
    counts: (counts: Counts) => this.#set({ counts }),
    reset: ({ notifications, unread, unseen, cursor }: Reset) => {
      this.#known = true;
      this.#stale = this.#waiting !== null;
      this.#set({ items: notifications, counts: { unread, unseen }, cursor });
    },
    state: ({ is }: State) => {
      this.#live = is === "live";
      if (!this.#live) return;
      void this.#marks.flush();
      if (!this.#known) void this.fetch();
    },
  };

  /** Asks for the page anew: at first, and when an event concerns what is not here. */
  async fetch(): Promise<void> {
    if (this.#waiting !== null) return;
    const { api, world } = this.#parts;
    world.clearTimer(this.#again);
    const came: Envelope[] = [];
    this.#waiting = came;
    try {
      const answer = await api.request("GET", `/notifications?limit=${MOST_ITEMS}`);
      if (!answer.ok) throw new Error(`status ${answer.status}`);
      const { items, cursor } = (await answer.json()) as Page;
      this.#waiting = null;
      this.#known = true;
      this.#failures = 0;
      this.#set({ items, cursor });
      // Those that the answer has already do no harm, in their order.
      const again = this.#stale || came.length >= MOST_WAITING;
      this.#stale = false;
      if (again) void this.fetch();
      else for (const envelope of came) this.#event(envelope);
    } catch {
      this.#waiting = null;
      this.#known = false;
      if (!this.#live) return; // asked for again when the stream is
      const wait = backoff(this.#failures, world.random());
      this.#failures += 1;
      this.#again = world.setTimer(() => void this.fetch(), wait);
    }
  }

  #event(envelope: Envelope): void {
    if (envelope.type === "inbox.changed") this.#spoken.push(envelope.payload as Change);
    if (this.#marks.sending === null) this.#spoken = [];
    if (this.#waiting !== null && this.#waiting.length < MOST_WAITING) this.#waiting.push(envelope);
    const items = apply(this.#page.items, envelope);
    if (items === null) void this.fetch();
    const cursor = envelope.id ?? this.#page.cursor;
    this.#set({ items: items ?? this.#page.items, cursor });
  }

  /** What the server has is no longer pending. A frame beats an answer: it may have said something newer. */
  #done({ marking }: Mark): void {
    const spoken = this.#spoken;
    this.#spoken = [];
    if (
      spoken.some(
        ({ ids, up_to }) => up_to !== undefined || ids?.some((id) => concerns(marking, id)),
      )
    )
      return;
    const items = change(this.#page.items, marking);
    if (items !== null) this.#set({ items });
  }

  #set(part: Partial<Page>): void {
    this.#page = { ...this.#page, ...part };
    this.#timer ??= this.#parts.world.setTimer(() => this.#write(), BEHIND_MS);
    this.#tell();
  }

  #write(): void {
    this.#parts.world.clearTimer(this.#timer);
    this.#timer = undefined;
    // A page without a place cannot be gone on from.
    if (this.#known && this.#page.cursor !== null) {
      this.#parts.store.keepPage(this.#page).catch(() => {}); // full or forbidden: it is fetched next time
    }
  }

  #tell(): void {
    guarded(() => this.#parts.heard.changed(this.view));
  }
}

const concerns = ({ ids }: Marking, id: string) => ids === undefined || ids.includes(id);

function shown(items: View["items"], marking: Marking): View["items"] {
  const before = new Set<Item>(items);
  const after = change(items, marking) ?? items;
  return after.map((item) => (before.has(item) ? item : { ...item, pending: true }));
}
