// The bell: all that most pages ever show. What it opens comes when somebody wants it.

import { badgeText } from "./badge";
import { icon, make } from "./dom";
import type { Look } from "./look";
import type { BellTexts } from "./texts/bell";
import { fill } from "./texts/tongue";

export const BELL =
  "M10 3a4.5 4.5 0 0 0-4.5 4.5v3L4 13.5h12L14.5 10.5v-3A4.5 4.5 0 0 0 10 3Zm-1.8 12.7a2 2 0 0 0 3.6 0";

export class Bell {
  #badge = make("span", { class: "badge", part: "badge", "aria-hidden": "true" });
  readonly root: HTMLButtonElement;

  /** `wanted`: somebody is about to open it. */
  constructor(wanted: () => void, toggle: (open: boolean) => void) {
    const about = { "aria-haspopup": "dialog", "aria-expanded": "false" };
    const isOpen = () => this.root.ariaExpanded === "true";
    // The browser closes the panel when anything outside is pressed: by the click it is closed already.
    let wasOpen = false;
    this.root = make(
      "button",
      {
        class: "bell",
        part: "bell",
        ...about,
        pointerenter: wanted,
        focus: wanted,
        pointerdown: () => (wasOpen = isOpen()),
        click: ({ detail }: MouseEvent) => toggle(!(detail > 0 ? wasOpen : isOpen())),
      },
      icon(BELL),
      this.#badge,
    );
  }

  show({ state, since, view }: Look, { title, unread, apart }: BellTexts, failed: string): void {
    // Whoever is signed out is told nothing of what there was.
    const { unread: count = 0 } = (state.is !== "unauthorized" && view.counts) || {};
    const badge = badgeText(count);
    const away = since !== null && state.is !== "live";
    const label = [title, badge && fill(unread, badge), away && apart, failed]
      .filter(Boolean)
      .join(", ");
    this.root.title = this.root.ariaLabel = label;
    this.root.classList.toggle("away", away);
    this.#badge.textContent = badge;
  }
}
