// The toasts on screen, above whatever the host has there. Each is made once, and stays where it is.

import { arrange, renewed } from "../arrange";
import { make } from "../dom";
import { textButton } from "../icons";
import { fill, type Texts } from "../texts";
import { card } from "./card";
import { ToastQueue, type Toast } from "./queue";

export class Stack {
  readonly root: HTMLElement;
  readonly queue: ToastQueue;
  #list = make("div", { class: "list" });
  #rest = make("p", { class: "rest" });
  #cards = new Map<string, { toast: Toast; element: HTMLElement }>();
  /** Where whoever came into the toasts was before. */
  #from: HTMLElement | null = null;

  /** `home`: has the focus when the last one is closed, and where it was before is gone. */
  constructor(
    private texts: Texts,
    private readonly home: HTMLElement,
  ) {
    const timers = {
      now: () => performance.now(),
      setTimer: (run: () => void, ms: number) => window.setTimeout(run, ms),
      clearTimer: (timer: number) => clearTimeout(timer),
    };
    const queue = (this.queue = new ToastQueue(timers, (...now) => this.#show(...now)));
    this.root = make(
      "section",
      {
        class: "stack",
        part: "toasts",
        popover: "manual",
        "aria-label": texts.title,
        pointerenter: () => queue.pause("pointer"),
        pointerleave: () => queue.resume("pointer"),
        focusin: ({ relatedTarget }: FocusEvent) =>
          this.#enter(relatedTarget as HTMLElement | null),
        focusout: ({ relatedTarget }: FocusEvent) =>
          this.root.contains(relatedTarget as Node | null) || queue.resume("focus"),
        keydown: (event: KeyboardEvent) => event.key === "Escape" && this.#escape(event),
      },
      this.#list,
      this.#rest,
    );
  }

  /** Other words, for the same toasts. */
  speak(texts: Texts): void {
    this.texts = texts;
    this.root.ariaLabel = texts.title;
    for (const one of this.#cards.values()) one.toast = { ...one.toast }; // none is known as it is
    this.queue.tell();
  }

  /** A toast that nobody could see has not been shown: its time runs when the page is looked at. */
  look(): void {
    if (document.hidden) this.queue.pause("hidden");
    else this.queue.resume("hidden");
  }

  /** Above all else that the page has, as long as there are some. */
  raise(): void {
    if (this.root.isConnected) this.root.togglePopover(this.#cards.size > 0);
  }

  #enter(from: HTMLElement | null): void {
    this.queue.pause("focus");
    if (!this.root.contains(from)) this.#from = from;
  }

  #escape(event: KeyboardEvent): void {
    // Not the panel below as well, nor what the host has open.
    event.preventDefault();
    event.stopPropagation();
    for (const [id, { element }] of this.#cards)
      if (element.contains(event.target as Node)) this.queue.close(id);
  }

  #show(shown: Toast[], waiting: number): void {
    const before = this.#cards;
    const focused = (this.root.getRootNode() as ShadowRoot).activeElement;
    const at = [...before.values()].findIndex(({ element }) => element.contains(focused));
    const within = this.root.contains(focused);
    this.#cards = new Map();
    for (const toast of shown) {
      const known = before.get(toast.id);
      const made = () => card(toast, this.texts, () => this.queue.close(toast.id));
      const element = known?.toast === toast ? known.element : renewed(known?.element, made());
      this.#cards.set(toast.id, { toast, element });
    }
    arrange(this.#list, this.#cards.values());
    const { closeAll, waiting: more } = this.texts;
    const button = textButton(closeAll, () => this.queue.closeAll());
    if (shown.length < 2) this.#rest.replaceChildren();
    else if (!this.#rest.contains(focused)) {
      this.#rest.replaceChildren(waiting > 0 ? make("span", {}, fill(more, waiting)) : "", button);
    }
    if (within && shown.length === 0) (this.#from?.isConnected ? this.#from : this.home).focus();
    this.raise();
    // What had the focus goes without a word, and time would stand still for ever: what has its place has it now.
    if (within && !this.root.contains(focused)) {
      const { children } = this.#list;
      const next = children[Math.min(at, children.length - 1)] ?? children[0];
      next?.querySelector<HTMLElement>(".icon")?.focus();
    }
  }
}
