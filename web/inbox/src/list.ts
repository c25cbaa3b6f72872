// The list, by keyboard as well: one row at a time is in the order of Tab, with what it has; arrows go from row to row.

import type { Item } from "@tidings/client";
import type { View } from "@tidings/client/offline";
import { arrange, renewed } from "./arrange";
import { make } from "./dom";
import { row, type Acts } from "./row";
import type { Tongue } from "./texts";
import { relativeTime } from "./time";

const CONTROLS = "a,button";

export class List {
  readonly root: HTMLElement;
  #items: View["items"] = [];
  #rows = new Map<string, { key: string; element: HTMLElement }>();
  #active: string | undefined;

  constructor(
    private readonly tongue: Tongue,
    private readonly acts: Acts,
  ) {
    this.root = make("div", {
      class: "feed",
      part: "list",
      role: "feed",
      "aria-label": tongue.texts.title,
      focusin: ({ target }: FocusEvent) =>
        this.#activate((target as Element).closest("article")?.dataset.id),
      keydown: (event: KeyboardEvent) => this.#key(event),
    });
  }

  show(items: View["items"], now: number): void {
    const at = this.#at();
    const focused = (this.root.getRootNode() as ShadowRoot).activeElement as HTMLElement | null;
    const had = this.root.contains(focused) && focused?.dataset.do;
    const before = this.#rows;
    this.#items = items;
    this.#rows = new Map();
    items.forEach((item, position) => {
      const key = JSON.stringify(item);
      const known = before.get(item.id);
      const made = () => row(item, this.tongue, now, this.acts);
      const element = known?.key === key ? known.element : renewed(known?.element, made());
      element.setAttribute("aria-posinset", `${position + 1}`);
      element.setAttribute("aria-setsize", `${items.length}`);
      this.#rows.set(item.id, { key, element });
    });
    arrange(this.root, this.#rows.values());
    // What was archived is gone: its place has the next one.
    this.#activate(
      this.#rows.has(this.#active ?? "") ? this.#active : (items[at] ?? items.at(-1))?.id,
    );
    if (
      had !== false &&
      !this.root.contains((this.root.getRootNode() as ShadowRoot).activeElement)
    ) {
      this.focus(had);
    }
  }

  /** The row that is active, or a control of it. */
  focus(control?: string): void {
    const element = this.#rows.get(this.#active ?? "")?.element;
    const inside = control && element?.querySelector<HTMLElement>(`[data-do="${control}"]`);
    (inside || element)?.focus();
  }

  /** Times grow older. */
  tick(now: number): void {
    const { lang, texts } = this.tongue;
    for (const time of this.root.querySelectorAll("time")) {
      time.textContent = relativeTime(time.dateTime, now, lang, texts.now);
    }
  }

  #at = (): number =>
    Math.max(
      0,
      this.#items.findIndex(({ id }) => id === this.#active),
    );

  #activate(active: string | undefined): void {
    this.#active = active;
    for (const [id, { element }] of this.#rows) {
      const index = id === active ? 0 : -1;
      element.tabIndex = index;
      for (const control of element.querySelectorAll<HTMLElement>(CONTROLS))
        control.tabIndex = index;
    }
  }

  #key(event: KeyboardEvent): void {
    const { key, ctrlKey, metaKey, altKey, target } = event;
    if (ctrlKey || metaKey || altKey) return;
    const at = this.#at();
    const item = this.#items[at] as Item;
    const last = this.#items.length - 1;
    const places: Record<string, number> = {
      ArrowDown: Math.min(at + 1, last),
      ArrowUp: Math.max(at - 1, 0),
      Home: 0,
      End: last,
    };
    const to = places[key];
    if (to !== undefined) {
      this.#activate(this.#items[to]?.id);
      this.focus();
    } else if (/^r$/i.test(key)) this.acts.read(item);
    else if (/^(e|delete)$/i.test(key)) this.acts.archive(item);
    else if (key === "Enter" && (target as Element).matches("article")) {
      (target as Element).querySelector<HTMLElement>("a.link")?.click();
    } else return;
    event.preventDefault();
  }
}
