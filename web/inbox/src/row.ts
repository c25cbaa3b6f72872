// One notification in the list.

import type { Item } from "@tidings/client";
import type { View } from "@tidings/client/offline";
import { make } from "./dom";
import { iconButton } from "./icons";
import { actionsOf, avatar, titleOf } from "./parts";
import type { Tongue } from "./texts";
import { exactTime, relativeTime } from "./time";

export interface Acts {
  read(item: Item): void;
  archive(item: Item): void;
  follow(item: Item): void;
}

/** What is muted is not counted, read or not. */
export const isUnread = ({ read, muted }: Item): boolean => !read && !muted;

export function row(
  item: View["items"][number],
  { texts, lang }: Tongue,
  now: number,
  acts: Acts,
): HTMLElement {
  const { id, title, body, level, critical, muted, actor, category, created_at, pending } = item;
  const unread = isUnread(item);
  const follow = () => acts.follow(item);
  const part = (words: string | false | undefined, named = "") =>
    words && make("span", { class: named }, words);
  const time = make(
    "time",
    { datetime: created_at, title: exactTime(created_at, lang) },
    relativeTime(created_at, now, lang, texts.now),
  );
  return make(
    "article",
    {
      class: `row ${level}${unread ? " unread" : ""}`,
      part: unread ? "item item-unread" : "item",
      "data-id": id,
      "aria-labelledby": `t-${id}`,
      "aria-keyshortcuts": "R E",
      "aria-busy": `${pending === true}`,
      tabindex: -1,
    },
    avatar(item, texts),
    make(
      "div",
      {},
      make(
        "h3",
        { class: "title", id: `t-${id}`, part: "item-title" },
        unread && make("span", { class: "hidden" }, `${texts.isUnread}: `),
        titleOf(item, follow),
      ),
      make(
        "p",
        { class: "about" },
        part(critical && texts.critical, "critical"),
        part(muted && texts.muted),
        part(actor?.name),
        part(category),
        time,
      ),
      make("p", { class: "body" }, body),
      actionsOf(item, follow),
    ),
    make(
      "div",
      { class: "marks" },
      !muted &&
        iconButton(
          unread ? "check" : "dot",
          unread ? texts.read : texts.unreadAgain,
          { "data-do": "read", click: () => acts.read(item) },
          title,
        ),
      iconButton(
        "archive",
        texts.archive,
        { "data-do": "archive", click: () => acts.archive(item) },
        title,
      ),
    ),
  );
}
