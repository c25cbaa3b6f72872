// The panel that the bell opens. The browser closes the panel with Esc, or with a click elsewhere.

import { BELL } from "./bell";
import { icon, make } from "./dom";
import { iconButton, textButton } from "./icons";
import { List } from "./list";
import type { Acts } from "./row";
import type { Tongue } from "./texts";
import type { Look } from "./look";
import { connection, instead } from "./view";

/** The finest step shown is a minute. */
const TICK_MS = 20_000;
/** Less room than that below the bell, and it opens upwards where there is more. */
const LOW_PX = 360;

export interface Doings extends Acts {
  readAll(): void;
  retry(): void;
  toggled(open: boolean): void;
}

export class Panel {
  readonly root: HTMLElement;
  readonly link = make("a", { class: "link", part: "footer-link" });
  isOpen = false;
  #all!: HTMLElement; // from the beginning, by `speak`, as those that follow
  #state = make("p", { class: "state", part: "state" });
  #instead = make("div", { class: "instead", part: "empty" });
  #list!: List;
  #tongue!: Tongue;
  #look: Look | undefined;
  #shown = "";
  #due = false;
  #over: AbortController | undefined;

  constructor(
    private readonly bell: HTMLButtonElement,
    tongue: Tongue,
    private readonly doings: Doings,
  ) {
    this.root = make("div", {
      class: "panel",
      part: "panel",
      id: "panel",
      popover: "auto",
      role: "dialog",
      tabindex: -1,
      beforetoggle: ({ newState }: ToggleEvent) => this.#toggle(newState === "open"),
      toggle: () => this.isOpen && this.#focus(),
      focusout: ({ relatedTarget }: FocusEvent) => this.#leave(relatedTarget as Node | null),
    });
    this.speak(tongue);
  }

  /** All words anew. It stays open where it is. */
  speak(tongue: Tongue): void {
    const { texts, lang } = (this.#tongue = tongue);
    const { root, doings } = this;
    this.#list = new List(tongue, doings);
    this.#all = iconButton("checks", texts.markAll, {
      part: "mark-all",
      click: () => doings.readAll(),
    });
    root.ariaLabel = texts.title;
    root.lang = lang;
    root.replaceChildren(
      // Neither is of the page, as the tags of these names would say.
      make(
        "div",
        { class: "head", part: "header" },
        make("h2", {}, texts.title),
        this.#all,
        iconButton("close", texts.close, { click: () => root.hidePopover() }),
      ),
      this.#state,
      this.#list.root,
      this.#instead,
      make(
        "div",
        { class: "foot", part: "footer" },
        make("span", { class: "keys" }, texts.keys),
        make("slot", { name: "footer" }, this.link),
      ),
    );
    this.#shown = "";
    if (this.isOpen) this.#paint();
  }

  show(look: Look): void {
    this.#look = look;
    if (!this.isOpen || this.#due) return;
    this.#due = true;
    requestAnimationFrame(() => {
      this.#due = false;
      if (this.isOpen) this.#paint();
    });
  }

  /** Taken out of the page, the browser closes it without a word. */
  left(): void {
    if (this.isOpen && !(this.root.isConnected && this.root.matches(":popover-open")))
      this.#toggle(false);
  }

  #paint(): void {
    if (this.#look === undefined) return;
    const { view, state } = this.#look;
    this.#state.textContent = connection(this.#look, this.#tongue);
    const words = instead(this.#look, this.#tongue);
    this.#list.root.hidden = words !== null;
    this.#all.hidden = !view.counts?.unread || words !== null;
    // Made anew only when it says something else: its button may have the focus.
    const says = `${words}`;
    if (says !== this.#shown) {
      this.#shown = says;
      const [heading, more] = words ?? ["", ""];
      const { retry } = this.#tongue.texts;
      this.#instead.replaceChildren(
        ...(heading ? [icon(BELL), make("h3", {}, heading), make("p", {}, more)] : []),
        state.is === "unauthorized" ? textButton(retry, () => this.doings.retry()) : "",
      );
    }
    this.#list.show(words === null ? view.items : [], Date.now());
    // What had the focus is gone, as the button is that marked all as read: then the panel has it.
    const lost = document.activeElement === document.body;
    if (lost && this.root.matches(":popover-open")) this.root.focus();
  }

  #toggle(open: boolean): void {
    this.isOpen = open;
    this.bell.ariaExpanded = `${open}`;
    // Whoever was in it is back at the bell.
    const { activeElement } = this.root.getRootNode() as ShadowRoot;
    if (!open && (this.root.contains(activeElement) || this.#isSlotted(document.activeElement)))
      this.bell.focus();
    this.#over?.abort();
    if (open) {
      const { signal } = (this.#over = new AbortController());
      const place = () => this.#place();
      addEventListener("resize", place, { signal });
      addEventListener("scroll", place, { signal, capture: true, passive: true });
      const timer = setInterval(() => this.#list.tick(Date.now()), TICK_MS);
      signal.addEventListener("abort", () => clearInterval(timer));
      this.#place();
      this.#paint();
    }
    this.doings.toggled(open);
  }

  #focus(): void {
    this.root.focus();
    this.#list.focus();
  }

  /** Whoever goes on by Tab should see where they are. Not before they are there: hiding moves the focus. */
  #leave(to: Node | null): void {
    const outside = to && !this.root.getRootNode().contains(to) && !this.#isSlotted(to);
    if (outside) setTimeout(() => this.isOpen && this.root.hidePopover());
  }

  /** What the host has put at its foot is no part of this tree, but of the panel. */
  #isSlotted(node: Node | null): boolean {
    const { host } = this.bell.getRootNode() as ShadowRoot;
    return node !== host && host.contains(node);
  }

  /** Below the bell, or above, on the side that has room; the rest is the style's. */
  #place(): void {
    const { left, right, top, bottom } = this.bell.getBoundingClientRect();
    const { clientWidth: width, clientHeight: height } = document.documentElement;
    const up = height - bottom < LOW_PX && top > height - bottom;
    const toLeft = left + right > width;
    const px = (name: string, value: number) => this.root.style.setProperty(name, `${value}px`);
    this.root.classList.toggle("up", up);
    this.root.classList.toggle("left", toLeft);
    px("--x", toLeft ? width - right : left);
    px("--y", up ? height - top : bottom);
  }
}
