// One step that can still be taken back, for a few seconds. No DOM, no Vue: time is passed in.

import type { Timers } from "@tidings/inbox";

export interface Step {
  /** The notification that it was done to. */
  id: string;
  /** What was done: "Removed." */
  text: string;
  undo(): unknown;
  /** It was not taken back: what is to be done for good is done now. */
  settle?(): unknown;
}

export const LASTS_MS = 6_000;

/** Someone is pointing at the bar, or is in it by keyboard. */
export type Hold = "pointer" | "focus";

export class UndoBar {
  #step: Step | null = null;
  #left = 0;
  #since = 0;
  #timer: number | null = null;
  #holds = new Set<Hold>();

  constructor(
    private readonly timers: Timers,
    private readonly changed: (step: Step | null) => void,
  ) {}

  /** There is one bar: the step before this one is settled. */
  offer(step: Step): void {
    this.settle();
    this.#step = step;
    this.#left = LASTS_MS;
    this.#holds.clear();
    this.#run();
    this.changed(step);
  }

  undo(): Step | null {
    const step = this.#take();
    step?.undo();
    return step;
  }

  /** The bar closes: by itself, by hand, or because the page goes away. */
  settle(): void {
    this.#take()?.settle?.();
  }

  /** The server refused the step: there is nothing to take back. */
  withdraw(step: Step): void {
    if (this.#step === step) this.#take();
  }

  /** Something else was done to it meanwhile: taking the step back would undo that as well. */
  forget(id: string): void {
    if (this.#step?.id === id) this.settle();
  }

  hold(why: Hold): void {
    this.#holds.add(why);
    this.#pause();
  }

  release(why: Hold): void {
    if (this.#holds.delete(why) && this.#holds.size === 0 && this.#step !== null) this.#run();
  }

  #take(): Step | null {
    const step = this.#step;
    if (step === null) return null;
    this.#pause();
    this.#holds.clear(); // its element is gone, and cannot say that anybody left it
    this.#step = null;
    this.changed(null);
    return step;
  }

  #run(): void {
    this.#since = this.timers.now();
    this.#timer = this.timers.setTimer(() => this.settle(), this.#left);
  }

  #pause(): void {
    if (this.#timer === null) return;
    this.timers.clearTimer(this.#timer);
    this.#timer = null;
    this.#left = Math.max(0, this.#left - (this.timers.now() - this.#since));
  }
}
