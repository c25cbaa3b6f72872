// One toast, and the very same for a preview in a page of the host's own.

import { make } from "../dom";
import { iconButton } from "../icons";
import { actionsOf, avatar, titleOf } from "../parts";
import bellCss from "../bell.css?inline";
import restCss from "../rest.css?inline";
import { dress } from "../style";
import { tongue, type Texts } from "../texts";
import type { Toast } from "./queue";

export function card(toast: Toast, texts: Texts, close: () => void): HTMLElement {
  const { critical, level, title, body } = toast;
  const follow = () => {
    toast.followed?.();
    close();
  };
  return make(
    "div",
    { class: `toast ${level}`, part: `toast toast-${level}`, "data-level": level },
    avatar(toast, texts),
    make(
      "div",
      {},
      make(
        "p",
        { class: "title", part: "toast-title" },
        critical && make("span", { class: "critical" }, texts.critical),
        titleOf(toast, follow),
      ),
      make("p", { class: "body" }, body),
      actionsOf(toast, follow),
    ),
    iconButton("close", texts.close, { click: close }, title),
  );
}

export interface CardOptions {
  lang?: string;
  texts?: Partial<Texts>;
  close?: () => void;
}

/** A toast as the element shows it, to put anywhere: it brings its style, and leaves that of the page alone. */
export function toastCard(
  toast: Toast,
  { lang = "en", texts, close = () => {} }: CardOptions = {},
): HTMLElement {
  const frame = make("div");
  const root = dress(dress(frame.attachShadow({ mode: "open" }), bellCss), restCss);
  root.append(card(toast, tongue(lang, texts).texts, close));
  return frame;
}
