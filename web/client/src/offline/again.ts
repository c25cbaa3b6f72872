// When to ask again for what was not answered: never before the server says, and hardly ever for as long as nobody is
// signed in.

import { backoff } from "../core/backoff";
import { obeyed } from "../core/machine";
import type { World } from "../core/world";
import { refusal } from "../transports/transport";

/** The same is said to all: each adds a bit of its own. */
const JITTER_MS = 1_000;
/** So seldom it is asked who is refused. */
const REFUSED_MS = 600_000;

export class Again {
  readonly #world: World;
  readonly #ask: () => void;
  /** It is not the time to ask. */
  waits = false;
  closed = false;
  /** So long the server wants it to be. */
  #told = 0;
  #failures = 0;
  #timer: unknown;

  constructor(world: World, ask: () => void) {
    this.#world = world;
    this.#ask = ask;
  }

  /** It went well. */
  over(): void {
    this.#failures = 0;
  }

  /** `why`: the answer, or whatever was thrown instead of one. */
  later(why: unknown): void {
    if (this.closed) return;
    const { status, retryAfter } = refusal(why);
    this.waits = true;
    // Refused it would be again. Whoever signs in has a stream that is live then, if it was not so all the time.
    let wait = REFUSED_MS;
    if (status !== 401) {
      const chance = this.#world.random();
      this.#told = obeyed(retryAfter);
      wait = Math.max(backoff(this.#failures++, chance), this.#told + chance * JITTER_MS);
    }
    this.#timer = this.#world.setTimer(() => this.#now(), wait);
  }

  /** The stream is live. */
  hurry(): void {
    if (!this.#told) this.#now();
  }

  /** Asks no more. */
  close(): void {
    this.closed = true;
    this.#now();
  }

  #now(): void {
    this.#world.clearTimer(this.#timer);
    this.waits = this.closed;
    this.#told = 0;
    this.#ask();
  }
}
