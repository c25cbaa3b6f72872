// Which tab of the browser shows toasts: the one that is looked at, by a lock that only one has. What another one
// has shown is told to all, so that none shows it again when its turn comes.

/** So many shown ones are remembered, for those whose event comes after the word of another tab. */
const REMEMBERED = 100;
/** What the tab before has just shown may still be on its way. */
const SETTLES_MS = 150;

type Locks = Pick<LockManager, "request">;

export interface Surroundings {
  locks: Locks | undefined;
  channel: Pick<BroadcastChannel, "postMessage" | "close" | "onmessage"> | undefined;
  isLookedAt(): boolean;
}

export class Stage {
  /** This tab shows what comes now. */
  isOn = false;
  #shown = new Set<string>();
  #leave: (() => void) | undefined;
  #over = new AbortController();

  constructor(
    private readonly name: string,
    /** Its turn has come; until then others may have shown what this tab has heard of. */
    private readonly began: () => void,
    private readonly heard: (event: string) => void,
    private readonly around = surroundings(name),
  ) {
    const { channel } = around;
    if (channel) channel.onmessage = ({ data }) => this.#remember(`${data}`);
    const { signal } = this.#over;
    document.addEventListener("visibilitychange", () => this.#look(false), { signal });
    addEventListener("focus", () => this.#look(true), { signal });
    this.#look(document.hasFocus());
  }

  has = (event: string): boolean => this.#shown.has(event);

  /** This tab shows what this event brought. */
  claim(event: string): void {
    this.#remember(event);
    this.around.channel?.postMessage(event);
  }

  close(): void {
    this.#over.abort();
    this.#leave?.();
    this.around.channel?.close();
  }

  #remember(event: string): void {
    this.#shown.add(event);
    for (const oldest of this.#shown) {
      if (this.#shown.size <= REMEMBERED) break;
      this.#shown.delete(oldest);
    }
    this.heard(event);
  }

  #look(focused: boolean): void {
    if (this.#over.signal.aborted) return;
    if (!this.around.isLookedAt()) this.#leave?.();
    else if (!this.isOn && (focused || this.#leave === undefined)) this.#ask(focused);
  }

  /** `steal`: of two windows that are seen, the one that is used. */
  #ask(steal: boolean): void {
    this.#leave?.();
    const over = new AbortController();
    let release = () => {};
    const leave = () => {
      over.abort();
      release();
      if (this.#leave !== leave) return;
      this.#leave = undefined;
      this.isOn = false;
    };
    this.#leave = leave;
    let had = false;
    const hold = () => {
      if (over.signal.aborted) return;
      had = true;
      this.isOn = true;
      setTimeout(() => this.isOn && this.#leave === leave && this.began(), SETTLES_MS);
      return new Promise<void>((released) => (release = released));
    };
    const { locks } = this.around;
    if (locks === undefined) return void hold();
    const lost = () => {
      leave();
      this.#look(false); // once more behind the one that took it
    };
    const options = steal ? { steal } : { signal: over.signal };
    locks.request(this.name, options, hold).catch((error: Error) => {
      if (over.signal.aborted) return;
      // Forbidden, as in a frame without an origin: then it is as without locks, and asking again is in vain.
      if (!had && error.name !== "AbortError") void hold();
      else lost();
    });
  }
}

/** Over plain HTTP from another machine there are no locks: then each tab that is seen shows them. */
function surroundings(name: string): Surroundings {
  let channel: BroadcastChannel | undefined;
  try {
    channel = new BroadcastChannel(name);
  } catch {
    // there, and forbidden
  }
  const isLookedAt = () => document.visibilityState === "visible";
  return { locks: navigator.locks, channel, isLookedAt };
}
