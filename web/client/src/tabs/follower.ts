// A tab without a connection. It hears what the leader tells, proves for itself that nothing lacks, and asks the
// server by a request of its own for what it has missed: because it is new, was frozen, or the leader changed.

import { backoff } from "../core/backoff";
import { EMPTY, take } from "../core/intake";
import { obeyed } from "../core/machine";
import type { Seat } from "../client";
import { query, refusal, type Events } from "../transports/transport";
import type { Counts, Envelope, Held, Reset } from "../types";

/** What comes meanwhile waits. When it is more, the tab asks for it once more instead. */
const MOST_WAITING = 1_000;

export class Follower {
  /** Told while something lacks before it; null: nothing does. */
  #waiting: [Envelope, boolean][] | null = null;
  #busy = false;
  #overflowed = false;
  /** The leader's newest event, up to which all is here by what the server said. */
  #proven: string | undefined;
  #joined = false;
  /** The leader's since a page was asked for: newer than that page's. */
  #counts: Counts | null = null;
  /** What its counts were when it told them last. */
  #led = "";
  #failures = 0;
  #stopped = false;
  #again: unknown;

  constructor(
    private readonly seat: Seat,
    /** Whether all is here that the leader has told of. */
    private readonly complete: (isIt: boolean) => void,
  ) {}

  stop(): void {
    this.#stopped = true;
    this.seat.world.clearTimer(this.#again);
  }

  event(envelope: Envelope, live: boolean): void {
    // Whether something lacks before the first one only the server knows.
    if (!this.#joined && envelope.id !== undefined) {
      this.#joined = true;
      void this.catchUp(envelope.id);
    }
    if (this.#waiting === null) {
      if (!this.#take(envelope, live, true)) void this.catchUp();
    } else if (this.#waiting.length < MOST_WAITING) this.#waiting.push([envelope, live]);
    else this.#overflowed = true;
  }

  /** `news`: the server has just said so. Otherwise the leader has them, and where they are as before, others may be newer. */
  counts(counts: Counts, news: boolean): void {
    const led = JSON.stringify(counts);
    if (!news && led === this.#led) return;
    this.#led = led;
    this.#counts = counts;
    this.#count(counts);
  }

  reset(reset: Reset): void {
    this.#hold({ ...EMPTY, cursor: reset.cursor });
    if (this.#waiting !== null) this.#waiting = [];
    this.seat.tell({ say: "reset", reset });
  }

  /** The leader is there. Cursors only tell whether two places are the same; so what it told last is looked at. */
  follow(cursor: string | null, last: string | undefined): void {
    const { held } = this.seat.known;
    const same = cursor !== null && cursor === held.cursor;
    const known = last === undefined ? this.#joined : held.recent.includes(last);
    this.#joined = true;
    if (!same && !known && (last === undefined || last !== this.#proven)) void this.catchUp(last);
  }

  async catchUp(last?: string): Promise<void> {
    if (this.#busy || this.#stopped || this.#again) return;
    this.#busy = true;
    this.#waiting ??= [];
    this.complete(false);
    try {
      do {
        this.#overflowed = false;
        while (await this.#page()) continue;
      } while (this.#overflowed);
    } catch (why) {
      return this.#later(why);
    } finally {
      this.#busy = false;
      if (this.#counts !== null && !this.#stopped) this.#count(this.#counts);
    }
    if (this.#stopped) return;
    this.#failures = 0;
    this.#proven = last;
    const waiting = this.#waiting;
    this.#waiting = null;
    for (const [envelope, live] of waiting) this.event(envelope, live);
    if (this.#waiting === null) this.complete(true);
  }

  /** It tries again, for ever, and never together with all other tabs. */
  #later(why: unknown): void {
    if (this.#stopped) return;
    const { world } = this.seat;
    const wait = obeyed(refusal(why).retryAfter) + backoff(this.#failures, world.random());
    this.#failures += 1;
    this.#again = world.setTimer(() => {
      this.#again = undefined;
      void this.catchUp();
    }, wait);
  }

  /** True: there is more. */
  async #page(): Promise<boolean> {
    const { held } = this.seat.known;
    const after = held.cursor;
    const before = this.#counts;
    const answer = await this.seat.api.request("GET", `/events${query({ after })}`);
    if (!answer.ok) throw answer;
    const { events, cursor, more, reset } = (await answer.json()) as Events;
    // Where the leader told a reset meanwhile, this is of before it.
    if (this.#stopped || held !== this.seat.known.held) return false;
    if (this.#counts === before) this.#counts = null;
    if (reset !== undefined) {
      this.reset({ ...reset, cursor });
      this.#count(reset);
    }
    const dense = after !== null && reset === undefined;
    for (const envelope of events) {
      this.#count(envelope);
      if (!this.#take(envelope, false, dense)) return true; // once more, from the last good place or from none
    }
    this.#hold({ ...this.seat.known.held, cursor, ...(after === null && { seqs: {} }) });
    return more;
  }

  /** False: something lacks before it. */
  #take(envelope: Envelope, live: boolean, dense: boolean): boolean {
    const { is, held } = take(this.seat.known.held, envelope, dense);
    if (is === "repeat") return true;
    this.#hold(held);
    if (is === "gap") return false;
    this.seat.tell({ say: "event", envelope, live });
    return true;
  }

  #count({ unread, unseen }: Counts): void {
    this.seat.tell({ say: "counts", counts: { unread, unseen } });
  }

  #hold(held: Held): void {
    if (!this.#stopped) this.seat.keep({ held });
  }
}
