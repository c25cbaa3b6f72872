// What a row and a toast have in common: who it is from, how grave it is, and where it leads.

import type { Item } from "@tidings/client";
import { icon, make } from "./dom";
import { ICONS } from "./icons";
import { initials } from "./initials";
import { leavesSite, safeHref } from "./link";
import type { Texts } from "./texts";

type Shown = Pick<Item, "level" | "title" | "link" | "actions" | "actor">;

/** Their picture, else their initials, with the level in the corner: by shape and word as well as by colour. */
export function avatar({ actor, level }: Shown, texts: Texts): HTMLElement {
  const word = texts[level];
  const mark = make(
    "span",
    { class: "mark", role: "img", "aria-label": word, title: word },
    icon(ICONS[level]),
  );
  const letters = () => make("b", { "aria-hidden": "true" }, initials(actor?.name ?? ""));
  const src = safeHref(actor?.image);
  const picture = { src, alt: "", loading: "lazy", referrerpolicy: "no-referrer" };
  const error = () => face?.replaceWith(letters());
  const face = actor && (src ? make("img", { ...picture, error }) : letters());
  return make("span", { class: face ? "face" : "", part: "avatar" }, face, mark);
}

/** A link that a sender gave, or its words alone where it is not safe. A middle click follows as well. */
function outLink(
  link: string | undefined,
  words: string,
  follow: () => void,
  of: object,
): HTMLElement | null {
  const href = safeHref(link);
  if (href === null) return null;
  const away = leavesSite(href);
  const auxclick = ({ button }: MouseEvent) => button === 1 && follow();
  return make(
    "a",
    { href, target: away && "_blank", rel: "noopener noreferrer", click: follow, auxclick, ...of },
    words,
  );
}

export const titleOf = ({ link, title }: Shown, follow: () => void): Node =>
  outLink(link, title, follow, { class: "link", part: "link" }) ?? document.createTextNode(title);

/** The server allows no more; anything else would burst the row. */
const MOST_ACTIONS = 3;

export function actionsOf({ actions = [] }: Shown, follow: () => void): HTMLElement | null {
  const links = actions
    .slice(0, MOST_ACTIONS)
    .map(({ label, link }) => outLink(link, label, follow, { class: "button", part: "action" }));
  return links.some(Boolean) ? make("div", { class: "actions" }, ...links) : null;
}
