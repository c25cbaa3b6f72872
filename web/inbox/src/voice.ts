// What a screen reader says, from two regions that are there from the beginning. The cards are none: an urgent one
// inside a polite list would be spoken twice.

import { make } from "./dom";
import { fill, type Texts } from "./texts";
import type { Toast } from "./toasts/queue";

/** What comes within that time is said in one sentence. */
const GROUPS_MS = 1_000;
/** Then it is gone again: nobody should come upon it while reading. */
const STAYS_MS = 10_000;

export class Voice {
  texts: Texts;
  #came = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly regions: { polite: Element; assertive: Element },
    texts: Texts,
  ) {
    this.texts = texts;
  }

  /** A toast is shown, or would be where the host wants none: it is said in any case. */
  toast({ critical, level, title, body, own }: Toast): void {
    const urgent = critical || level === "error";
    if (own || urgent) this.say(body ? `${title}. ${body}` : title, urgent);
    else this.#arrived(title);
  }

  #arrived(title: string): void {
    if (++this.#came > 1) return;
    this.#timer = setTimeout(() => {
      const { newOne, newMany } = this.texts;
      this.say(this.#came > 1 ? fill(newMany, this.#came) : fill(newOne, title));
      this.#came = 0;
    }, GROUPS_MS);
  }

  say(sentence: string, urgent = false): void {
    const said = make("p", {}, sentence);
    this.regions[urgent ? "assertive" : "polite"].append(said);
    setTimeout(() => said.remove(), STAYS_MS);
  }

  /** What is said and what is about to be is of one reader. */
  end(): void {
    clearTimeout(this.#timer);
    this.#came = 0;
    this.regions.polite.replaceChildren();
    this.regions.assertive.replaceChildren();
  }
}
