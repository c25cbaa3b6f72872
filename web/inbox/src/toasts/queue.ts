// Which toasts are on screen, which wait, and when each one goes. No DOM: time is passed in.

import type { Item } from "@tidings/client";

/** What a toast shows. A notification has all of it; so may a message of the page itself. */
export interface Toast {
  id: string;
  /** A newer one of the same group takes the place of an older one. */
  group?: string;
  level: Item["level"];
  critical: boolean;
  title: string;
  body?: string;
  link?: string;
  actions?: Item["actions"];
  actor?: Item["actor"];
  /** Its link or one of its actions is followed. */
  followed?: () => void;
  /** Of the host: it stays, whoever reads. */
  own?: boolean;
}

export interface Timers {
  now(): number;
  setTimer(run: () => void, ms: number): number;
  clearTimer(timer: number): void;
}

export const SHOWN_AT_ONCE = 4;

/** Toasts wait at most so many at a time: the oldest give way, for the inbox has them anyway. */
export const MAX_WAITING = 20;

/** Of too many: what is critical nobody has closed yet. */
export const oldest = (toasts: Toast[]): Toast | undefined =>
  toasts.find(({ critical }) => !critical) ?? toasts[0];

const LASTS_MS: Record<Item["level"], number> = {
  info: 5_000,
  success: 5_000,
  warning: 8_000,
  error: 10_000,
};

const lasts = (toast: Toast): number | null => (toast.critical ? null : LASTS_MS[toast.level]);

/** Why time stands still: someone is pointing at the toasts, or is in them by keyboard, or cannot see them. */
export type Pause = "pointer" | "focus" | "hidden";

interface Shown {
  toast: Toast;
  /** What is left of its time; null for one that stays until it is closed. */
  left: number | null;
  since: number;
  timer: number | null;
}

export class ToastQueue {
  #shown: Shown[] = [];
  #waiting: Toast[] = [];
  #pauses = new Set<Pause>();

  constructor(
    private readonly timers: Timers,
    private readonly changed: (shown: Toast[], waiting: number) => void,
  ) {}

  push(toast: Toast): void {
    if (this.#find(toast.id)) return;
    const { group } = toast;
    if (group !== undefined && this.#replace((old) => old.group === group, toast, "new")) return;
    this.#waiting.push(toast);
    if (this.#waiting.length > MAX_WAITING) {
      const given = oldest(this.#waiting);
      this.#waiting = this.#waiting.filter((toast) => toast !== given);
    }
    this.#fill();
  }

  close(id: string): void {
    this.keep((toast) => toast.id !== id);
  }

  /** Other words for one that is there. Its time goes on, unless it has become critical or no longer is. */
  correct(toast: Toast): void {
    const before = this.#find(toast.id);
    if (before === undefined) return;
    const sameTime = before.critical === toast.critical;
    this.#replace((old) => old === before, toast, sameTime ? "kept" : "new");
  }

  /** What took the place of this group is not to be shown itself. */
  closeGroup(group: string): void {
    this.keep((toast) => toast.group !== group);
  }

  /** It was read elsewhere. A critical one stays even so: only the reader in front of it may close it. */
  settle(id: string): void {
    this.keep((toast) => toast.id !== id || toast.critical);
  }

  closeAll(): void {
    this.keep(() => false);
  }

  /** Closes all but those that are to stay. */
  keep(stays: (toast: Toast) => boolean): void {
    if (this.#all.every(stays)) return;
    this.#shown = this.#shown.filter((shown) => stays(shown.toast) || this.#stop(shown));
    this.#waiting = this.#waiting.filter(stays);
    this.#fill();
  }

  pause(why: Pause): void {
    const running = this.#pauses.size === 0;
    this.#pauses.add(why);
    if (running) this.#shown.forEach((shown) => this.#stop(shown));
  }

  resume(why: Pause): void {
    if (this.#pauses.delete(why) && this.#pauses.size === 0) {
      this.#shown.forEach((shown) => this.#run(shown));
    }
  }

  /** Puts a toast where another one is. Whether there was one. */
  #replace(which: (toast: Toast) => boolean, toast: Toast, time: "kept" | "new"): boolean {
    const shown = this.#shown.find((shown) => which(shown.toast));
    const waiting = this.#waiting.findIndex(which);
    if (shown !== undefined) {
      shown.toast = toast;
      if (time === "new") {
        this.#stop(shown);
        shown.left = lasts(toast);
        if (this.#pauses.size === 0) this.#run(shown);
      }
    } else if (waiting !== -1) {
      this.#waiting[waiting] = toast;
    } else {
      return false;
    }
    this.tell();
    return true;
  }

  get #all(): Toast[] {
    return [...this.#shown.map((shown) => shown.toast), ...this.#waiting];
  }

  #find(id: string): Toast | undefined {
    return this.#all.find((toast) => toast.id === id);
  }

  #fill(): void {
    if (this.#shown.length === 0 && this.#waiting.length === 0) {
      // Whoever closes the last one leaves it without the browser saying so: its element is gone.
      this.#pauses.delete("pointer");
      this.#pauses.delete("focus");
    }
    while (this.#shown.length < SHOWN_AT_ONCE) {
      const toast = this.#waiting.shift();
      if (toast === undefined) break;
      const shown: Shown = { toast, left: lasts(toast), since: 0, timer: null };
      this.#shown.push(shown);
      if (this.#pauses.size === 0) this.#run(shown);
    }
    this.tell();
  }

  /** What is shown now, once more. */
  tell(): void {
    this.changed(
      this.#shown.map((shown) => shown.toast),
      this.#waiting.length,
    );
  }

  #run(shown: Shown): void {
    if (shown.left === null || shown.timer !== null) return;
    shown.since = this.timers.now();
    shown.timer = this.timers.setTimer(() => this.close(shown.toast.id), shown.left);
  }

  #stop(shown: Shown): void {
    if (shown.timer === null || shown.left === null) return;
    this.timers.clearTimer(shown.timer);
    shown.timer = null;
    shown.left = Math.max(0, shown.left - (this.timers.now() - shown.since));
  }
}
