// The one place among the tabs: who holds the lock leads. A browser gives it on when a tab closes; from one that
// does not answer it is taken.

import type { Locks } from "./messages";

export interface Turns {
  began(): void;
  /** Another tab took it. */
  ended(): void;
}

export class Turn {
  #release: (() => void) | undefined;
  #waiting: AbortController | undefined;
  #closed = false;

  constructor(
    private readonly name: string,
    private readonly locks: Locks | undefined,
    private readonly turns: Turns,
  ) {}

  /** Waits for it, however long that takes. */
  queue(): void {
    this.#leave();
    const waiting = new AbortController();
    this.#waiting = waiting;
    this.#request({ signal: waiting.signal });
  }

  /** Takes it, from whoever has it. */
  seize(): void {
    this.#leave();
    // Without locks there is nobody to take it from: this tab is on its own.
    if (this.locks === undefined) this.turns.began();
    else this.#request({ steal: true });
  }

  /** For good: also where it was about to be taken. */
  close(): void {
    this.#closed = true;
    this.#leave();
  }

  #leave(): void {
    this.#waiting?.abort();
    this.#waiting = undefined;
    this.#release?.();
    this.#release = undefined;
  }

  #request(options: { steal?: boolean; signal?: AbortSignal }): void {
    let release = () => {};
    let had = false;
    const over = () => this.#closed || options.signal?.aborted;
    const held = () =>
      new Promise<void>((resolve) => {
        had = true;
        if (over()) return resolve();
        this.#waiting = undefined;
        this.#release = release = resolve;
        this.turns.began();
      });
    this.locks?.request(this.name, options, held).catch((error: Error) => {
      if (over()) return;
      // Forbidden, as in a frame without an origin: it is on its own here as well.
      if (!had && error.name !== "AbortError") return this.turns.began();
      // Given up. What was stolen before it was given is stolen as well.
      if (had && this.#release !== release) return;
      this.#release = undefined;
      this.turns.ended();
    });
  }
}
