// The newest page of an inbox: there at the first paint, kept right by the stream, and with marks shown before the
// server has them. What a mark does to the counts only the server says.

import type { Api } from "../core/api";
import { guarded } from "../core/connection";
import { BEHIND_MS } from "../core/storage";
import type { World } from "../core/world";
import type { Counts, Envelope, Item, Listener, Reset, State } from "../types";
import { Again } from "./again";
import { Marks, type Mark, type Marking } from "./marks";
import { apply, change, FEW_ITEMS, MOST_ITEMS, type Change, type Page } from "./page";
import type { Store } from "./store";

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
  alone(run: () => Promise<void>): Promise<void>;
  /** Of what listens for it. */
  over: AbortController;
}

export class Inbox {
  readonly #parts: Parts;
  #page: Page = { items: [], counts: null, cursor: null, more: false };
  #marks: Marks;
  /** The page is as it was at its place. */
  #known = false;
  /** The stream has spoken of it while it was being sent: that is newer than the answer. */
  #overtaken: Mark | undefined;
  #waiting: Envelope[] | null = null;
  #again: Again;
  #timer: unknown;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#again = new Again(parts.world, () => this.#refill());
    this.#marks = new Marks({
      ...parts,
      marked: {
        changed: () => this.#tell(),
        done: (mark) => this.#done(mark),
        refused: (marking, status) => guarded(() => parts.heard.refused?.(marking, status)),
      },
    });
  }

  /** What an earlier visit has left. */
  async load(): Promise<void> {
    const page = await this.#parts.store.page().catch(() => {});
    if (page) {
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

  /** Shown at once. False: it is not taken, as too many are on their way already, or this is closed. */
  mark(marking: Marking): Promise<boolean> {
    this.keep(); // the page that it was made on
    return this.#marks.add(marking);
  }

  close(): void {
    this.#parts.over.abort();
    this.#waiting = null;
    this.#again.close();
    this.#marks.again.close();
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
    // An answer that is on its way is about another state then.
    reset: ({ notifications: items, unread, unseen, cursor, more }: Reset) =>
      this.#take({ items, counts: { unread, unseen }, cursor, more }),
    state: ({ is }: State) => {
      if (is !== "live") return;
      this.#marks.again.hurry();
      this.#again.hurry();
    },
  };

  /** Asks for the page anew: at first, when an event concerns what is not here, and when little of it is left. */
  async fetch(): Promise<void> {
    if (this.#waiting || this.#again.waits) return;
    const came: Envelope[] = [];
    this.#waiting = came;
    try {
      const answer = await this.#parts.api.request("GET", `/notifications?limit=${MOST_ITEMS}`);
      if (!answer.ok) throw answer;
      const { items, cursor, next } = (await answer.json()) as Page & { next: string | null };
      if (this.#waiting !== came) return;
      this.#again.over();
      const more = next !== null && items.length >= FEW_ITEMS; // it would say the same again
      this.#take({ items, cursor, more }, came);
    } catch (why) {
      if (this.#waiting !== came) return;
      this.#waiting = null;
      this.#known = false;
      this.#again.later(why);
    }
  }

  #take(page: Partial<Page>, came: Envelope[] = []): void {
    this.#waiting = null;
    this.#known = came.length < MOST_WAITING;
    this.#set(page);
    // Those that the page has already do no harm, in their order. If there is one that still cannot be told, it is
    // fetched once more, for all of them.
    for (const envelope of came) this.#apply(envelope, true);
    this.#refill();
  }

  #refill(): void {
    const { items, more } = this.#page;
    if (!this.#known || (more && items.length < FEW_ITEMS)) void this.fetch();
  }

  #event(envelope: Envelope): void {
    const { sending } = this.#marks;
    if (sending && envelope.type === "inbox.changed" && concerns(envelope.payload, sending))
      this.#overtaken = sending;
    if (this.#waiting && this.#waiting.length < MOST_WAITING) this.#waiting.push(envelope);
    this.#apply(envelope);
    this.#refill();
  }

  #apply(envelope: Envelope, late?: boolean): void {
    const { items, cursor } = this.#page;
    const after = apply(items, envelope, late);
    if (after === null) this.#known = false;
    this.#set({ items: after ?? items, cursor: envelope.id ?? cursor });
  }

  /** What the server has is no longer pending. A frame beats an answer: it may have said something newer. */
  #done(mark: Mark): void {
    if (mark === this.#overtaken) return;
    const items = change(this.#page.items, mark.marking);
    if (items !== null) this.#set({ items });
    this.#refill();
  }

  #set(part: Partial<Page>): void {
    if (this.#again.closed) return;
    const page = { ...this.#page, ...part };
    page.more ||= page.items.length > MOST_ITEMS;
    page.items = page.items.slice(0, MOST_ITEMS);
    this.#page = page;
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
    guarded(() => this.#again.closed || this.#parts.heard.changed(this.view));
  }
}

function concerns(what: unknown, { marking }: Mark): boolean | undefined {
  const { ids, up_to } = what as Change;
  return up_to !== undefined || ids?.some((id) => marking.ids?.includes(id) ?? true);
}

function shown(items: View["items"], marking: Marking): View["items"] {
  const after = change(items, marking) ?? items;
  return after.map((item) => (items.includes(item) ? item : { ...item, pending: true }));
}
