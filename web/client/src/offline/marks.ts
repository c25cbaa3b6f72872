// Marks on their way to the server, in their order, through reloads and nights without network. Each says how
// something shall be, so that one that is sent twice does no harm: the server needs no key to know a repeat by.

import type { Api } from "../core/api";
import { backoff } from "../core/backoff";
import type { World } from "../core/world";
import type { Store } from "./store";

/** What `POST /notifications/mark` takes. */
export interface Marking {
  seen?: boolean;
  read?: boolean;
  archived?: boolean;
  ids?: string[];
  up_to?: string;
}

export interface Mark {
  /** Sorts by time. */
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
  alone<T>(run: () => Promise<T>): Promise<T>;
}

export class Marks {
  readonly #parts: Parts;
  pending: Mark[] = [];
  /** The one that is being sent. */
  sending: Mark | null = null;
  /** Those that stand in the store, as far as this tab knows. */
  #stored = new Set<string>();
  #failures = 0;
  #timer: unknown;
  #closed = false;
  #made = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Those of an earlier visit. */
  async load(): Promise<void> {
    this.pending = await this.#parts.store.marks();
    this.#stored = new Set(this.pending.map(({ key }) => key));
    void this.flush();
  }

  close(): void {
    this.#closed = true;
    this.#parts.world.clearTimer(this.#timer);
  }

  /** False: too many wait already. */
  async add(marking: Marking): Promise<boolean> {
    const { store, world, marked } = this.#parts;
    if (this.pending.length >= MOST_MARKS) return false;
    this.#made += 1;
    const order = `${world.now()}`.padStart(16, "0") + `${this.#made}`.padStart(6, "0");
    const mark = { key: `${order} ${world.random()}`, marking };
    this.pending = [...this.pending, mark];
    marked.changed();
    // Full or forbidden: then it waits for as long as the page lives.
    await store.keepMark(mark).then(
      () => this.#stored.add(mark.key),
      () => {},
    );
    void this.flush();
    return true;
  }

  async flush(): Promise<void> {
    const { world } = this.#parts;
    if (this.sending !== null || this.#closed) return;
    world.clearTimer(this.#timer);
    for (;;) {
      const mark = this.pending[0];
      if (mark === undefined || this.#closed) return;
      this.sending = mark;
      const sent = await this.#parts.alone(() => this.#send(mark)).catch(() => false);
      this.sending = null;
      if (!sent) break;
      this.#failures = 0;
    }
    if (this.#closed) return;
    const wait = backoff(this.#failures, world.random());
    this.#failures += 1;
    this.#timer = world.setTimer(() => void this.flush(), wait);
  }

  /** False: to be tried again. */
  async #send(mark: Mark): Promise<boolean> {
    const { store, api, marked } = this.#parts;
    // Another tab may have sent it, long ago: then it must not undo what was done since, here neither. Where the
    // browser keeps nothing any more nobody knows, and once more does less harm than never.
    const isThere = () =>
      store.marks().then(
        (marks) => marks.some(({ key }) => key === mark.key),
        () => true,
      );
    if (this.#stored.has(mark.key) && !(await isThere())) return this.#drop(mark, () => {});
    const { status, ok } = await api.request("POST", "/notifications/mark", mark.marking);
    if (!ok && (status >= 500 || PASSING.includes(status))) return false;
    await store.dropMark(mark.key).catch(() => {}); // then it is sent once more after a reload
    return this.#drop(mark, () => (ok ? marked.done(mark) : marked.refused(mark.marking, status)));
  }

  #drop(mark: Mark, tell: () => void): true {
    this.pending = this.pending.filter((other) => other !== mark);
    this.#stored.delete(mark.key);
    tell();
    this.#parts.marked.changed();
    return true;
  }
}
