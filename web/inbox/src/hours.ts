// The quiet hours of a reader: asked for when the first toast wants to know of them; changes come by the stream.

import type { Envelope } from "@tidings/client";
import { isQuiet, type QuietHours } from "./quiet";
import type { Session } from "./session";

/** Toasts wait for so long to know whether it is quiet. */
export const HOLDS_MS = 5_000;
/** Where the server did not say, it is asked again, and later each time: up to twice as late, for not all should come together. */
export const AGAIN_MS = 5_000;

interface Preferences {
  quiet_hours?: QuietHours;
}

export class Hours {
  #hours: QuietHours | undefined;
  #isKnown = false;
  /** Undefined: nobody wanted to know yet. */
  #isHeld: boolean | undefined;

  /** `released`: no toast need wait any more. */
  constructor(
    private readonly session: Pick<Session, "said">,
    private readonly released: () => void,
  ) {}

  /** Undefined: that is not known yet. */
  isQuiet(now: number): boolean | undefined {
    if (this.#isHeld === undefined) {
      this.#isHeld = true;
      setTimeout(() => this.#release(), HOLDS_MS);
      void this.#ask();
    }
    return this.#isHeld ? undefined : isQuiet(this.#hours, now);
  }

  /** Its word beats an answer that is late. */
  hear({ type, payload }: Envelope): void {
    const { preferences } = Object(payload) as { preferences?: Preferences };
    if (type === "inbox.changed" && preferences) this.#know(preferences);
  }

  /** Nobody is to be asked any more. */
  close(): void {
    this.#know({});
  }

  async #ask(): Promise<void> {
    for (let wait = AGAIN_MS; !this.#isKnown; wait *= 2) {
      const said = await this.session.said<Preferences>("GET", "/preferences");
      if (said && !this.#isKnown) this.#know(said);
      else await new Promise((again) => setTimeout(again, wait * (1 + Math.random())));
    }
  }

  #know({ quiet_hours }: Preferences): void {
    this.#isKnown = true;
    this.#hours = quiet_hours;
    this.#release();
  }

  #release(): void {
    if (this.#isHeld !== false) {
      this.#isHeld = false;
      this.released();
    }
  }
}
