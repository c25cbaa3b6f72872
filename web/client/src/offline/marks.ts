// Marks on their way to the server, in their order, through reloads and nights without network. Each has a key that the
// server knows a repeat by: one that is sent twice undoes nothing that was done since.

import type { Api } from "../core/api";
import type { World } from "../core/world";
import { Again } from "./again";
import type { Store } from "./store";

/** What `POST /notifications/mark` takes. */
export interface Marking {
  seen?: boolean;
  read?: boolean;
  archived?: boolean;
  ids?: string[];
  up_to?: string;
}

/** So that all times are of the same length, and sort as they are. */
const EARLIEST = 1e15;

export interface Mark {
  /** Sorts by time, and is its idempotency key. */
  key: string;
  marking: Marking;
}

/** Whoever clicks more often without network is told so: nothing is lost in silence. */
export const MOST_MARKS = 500;

/** These say nothing against the mark: it is sent again. */
const PASSING = [401, 408, 425, 429];

export interface Marked {
  /** What is on its way is another. */
  changed(): void;
  /** The server has it. */
  done(mark: Mark): void;
  /** The server will not have it, ever. */
  refused(marking: Marking, status: number): void;
}

interface Parts {
  store: Store;
  api: Api;
  world: World;
  marked: Marked;
  /** Runs it in one tab at a time. */
  alone(run: () => Promise<void>): Promise<void>;
}

export class Marks {
  readonly #parts: Parts;
  pending: Mark[] = [];
  /** The one that is being sent. */
  sending: Mark | undefined;
  readonly again: Again;
  /** What the key of the last one begins with. */
  #last = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.again = new Again(parts.world, () => void this.#flush());
  }

  /** Those of an earlier visit. */
  async load(): Promise<void> {
    this.pending = await this.#parts.store.marks();
    this.#last = parseInt(this.pending.at(-1)?.key ?? "0");
    void this.#flush();
  }

  /** False: too many wait already, or it is closed. */
  async add(marking: Marking): Promise<boolean> {
    const { store, world, marked } = this.#parts;
    if (this.again.closed || this.pending.length >= MOST_MARKS) return false;
    // A clock may go back, and what was done later must not be sent before.
    this.#last = Math.max(EARLIEST + world.now(), this.#last + 1);
    const mark = { key: `${this.#last}-${world.random()}`, marking };
    this.pending.push(mark);
    marked.changed();
    // Full or forbidden: then it waits for as long as the page lives.
    await store.keepMark(mark).catch(() => {});
    void this.#flush();
    return true;
  }

  async #flush(): Promise<void> {
    const mark = this.pending[0];
    if (!mark || this.sending || this.again.waits) return;
    this.sending = mark;
    try {
      await this.#parts.alone(() => this.#send(mark));
      this.again.over();
    } catch (why) {
      this.again.later(why);
    }
    this.sending = undefined;
    void this.#flush();
  }

  /** What is thrown says when it is to be tried again. */
  async #send(mark: Mark): Promise<void> {
    if (this.again.closed) return;
    const { store, api, marked } = this.#parts;
    const { key, marking } = mark;
    const repeat = { "idempotency-key": key };
    const answer = await api.request("POST", "/notifications/mark", marking, repeat);
    const { status, ok, headers } = answer;
    if (status >= 500 || PASSING.includes(status)) throw answer;
    await store.dropMark(key).catch(() => {}); // then it is sent once more after a reload
    this.pending = this.pending.filter((other) => other !== mark);
    if (!ok) marked.refused(marking, status);
    // It was done before, as the stream has told, and may have been undone since.
    else if (!headers.has("idempotent-replayed")) marked.done(mark);
    marked.changed();
  }
}
