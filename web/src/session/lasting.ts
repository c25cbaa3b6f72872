// A session lasts while a page of it is open: it is refreshed long before it ends, by one tab of the browser.
//
// The server is the truth, and not this computer's clock: the stream says a minute before the end that it is
// near, whatever time it is here.

import { backoff } from "@tidings/client";
import type { Ends } from "../api/types";

/** So long before the end at the latest, when half of what is left is later than that. */
const MARGIN_MS = 60_000;

/** A clock that is far ahead takes every session for over: it must not make a page refresh without a pause. */
const LEAST_PAUSE_MS = 60_000;

/** Timers stand still while a computer sleeps, and overflow after 24 days. */
const LONGEST_TIMER_MS = 600_000;

export interface World {
  now(): number;
  random(): number;
  setTimer(run: () => void, ms: number): number;
  clearTimer(timer: number): void;
  /** Runs it in one tab of the browser at a time. */
  alone(run: () => Promise<Ends>): Promise<Ends>;
  /** When the session ends, as the server says. */
  ask(): Promise<Ends>;
  refresh(): Promise<Ends>;
}

export class Lasting {
  #ends: Ends | null = null;
  #due = 0;
  #timer: number | undefined;
  #renewing: Promise<boolean> | null = null;
  #failures = 0;

  constructor(
    private readonly world: World,
    /** This tab has found out that it ends later: the others need not ask. */
    private readonly moved: (ends: Ends) => void,
  ) {}

  /** The session that ends then, from now on. */
  follow(ends: Ends, pause = 0): void {
    const now = this.world.now();
    const left = Date.parse(ends.expires_at) - now;
    this.#ends = ends;
    this.#failures = 0;
    this.#due = now + Math.max(pause, Math.min(left / 2, left - MARGIN_MS));
    this.look();
  }

  stop(): void {
    this.#ends = null;
    this.world.clearTimer(this.#timer ?? 0);
  }

  /** The server says that the end is near. Whether it is later now; otherwise it may be as late as it gets. */
  hurry(): Promise<boolean> {
    this.#due = this.world.now();
    this.look();
    return this.#renewing ?? Promise.resolve(false);
  }

  /** Is it time? Also a hint: the page was asleep, or without network. */
  look(): void {
    this.world.clearTimer(this.#timer ?? 0);
    if (this.#ends === null || this.#renewing || isLast(this.#ends)) return;
    const wait = this.#due - this.world.now();
    if (wait <= 0) {
      this.#renewing = this.#renew(this.#ends);
      return;
    }
    this.#timer = this.world.setTimer(() => this.look(), Math.min(wait, LONGEST_TIMER_MS));
  }

  async #renew(held: Ends): Promise<boolean> {
    const told = await this.world.alone(() => this.#later(held)).catch(() => null);
    this.#renewing = null;
    if (this.#ends !== held) {
      this.look(); // signed out meanwhile, or another tab was first
    } else if (told === null) {
      // A session that is over has led to the sign-in page already. What else it was may pass.
      this.#due = this.world.now() + backoff(this.#failures++, this.world.random());
      this.look();
    } else {
      const later = Date.parse(told.expires_at) > Date.parse(held.expires_at);
      const ends = { ends_at: later ? held.ends_at : held.expires_at, ...told };
      this.follow(ends, LEAST_PAUSE_MS);
      if (later) this.moved(ends);
    }
    return told !== null;
  }

  /** While this tab waited for its turn another one may have refreshed the session, here or long ago. */
  async #later(held: Ends): Promise<Ends> {
    if (this.#ends !== held) return held;
    const known = await this.world.ask();
    return Date.parse(known.expires_at) > Date.parse(held.expires_at)
      ? known
      : this.world.refresh();
  }
}

/** No refresh goes beyond that end. */
function isLast({ expires_at, ends_at }: Ends): boolean {
  return ends_at !== undefined && Date.parse(expires_at) >= Date.parse(ends_at);
}
