// What the compose form holds, and the request that it becomes.

import type { Action, Draft, Item, Level, To } from "../api/types";
import { fromField } from "../ui/local-time";

export type Kind = "people" | "topic" | "everyone";

export interface Form {
  kind: Kind;
  /** User names, separated by commas, spaces or lines. */
  people: string;
  topic: string;
  title: string;
  body: string;
  level: Level;
  critical: boolean;
  link: string;
  category: string;
  actor: string;
  actions: Action[];
  groupKey: string;
  /** As a field of date and time has them: local. */
  deliverAt: string;
  expiresAt: string;
}

export const MAX_ACTIONS = 3;
export const MAX_TITLE_CHARS = 200;
export const MAX_BODY_BYTES = 8 * 1024;

export const emptyForm = (): Form => ({
  kind: "people",
  people: "",
  topic: "",
  title: "",
  body: "",
  level: "info",
  critical: false,
  link: "",
  category: "",
  actor: "",
  actions: [],
  groupKey: "",
  deliverAt: "",
  expiresAt: "",
});

/** Names in the order in which they were typed, each once. */
export function recipients(people: string): string[] {
  return [...new Set(people.split(/[\s,;]+/u).filter((name) => name !== ""))];
}

function toOf({ kind, people, topic }: Form): To {
  if (kind === "everyone") return { everyone: true };
  if (kind === "topic") return { topic: topic.trim() };
  const names = recipients(people);
  const [first = ""] = names;
  return names.length > 1 ? { users: names } : { user: first };
}

/** Only what was filled in: an empty optional field is left out. */
export function toDraft(form: Form): Draft {
  const actions = form.actions
    .map(({ label, link }) => ({ label: label.trim(), link: link.trim() }))
    .filter(({ label, link }) => label !== "" || link !== "");
  return {
    to: toOf(form),
    title: form.title.trim(),
    ...filled("body", form.body.trimEnd()),
    level: form.level,
    ...(form.critical ? { critical: true } : {}),
    ...filled("link", form.link.trim()),
    ...(actions.length > 0 ? { actions } : {}),
    ...(form.actor.trim() === "" ? {} : { actor: { name: form.actor.trim() } }),
    ...filled("category", form.category.trim()),
    ...filled("group_key", form.groupKey.trim()),
    ...filled("deliver_at", fromField(form.deliverAt) ?? ""),
    ...filled("expires_at", fromField(form.expiresAt) ?? ""),
  };
}

/** The draft as its recipients would find it in their inbox. */
export function toItem(draft: Draft, now: string): Item {
  const { to: _, deliver_at: _at, ...content } = draft;
  return {
    ...content,
    title: content.title === "" ? "Title" : content.title,
    critical: content.critical ?? false,
    id: "preview",
    created_at: now,
    audience: "preview",
    cursor: "",
    seen: false,
    read: false,
    archived: false,
  };
}

/** Characters as a reader counts them, which is how the server counts too. */
export const countChars = (text: string): number => [...text].length;

export const countBytes = (text: string): number => new TextEncoder().encode(text).length;

function filled<K extends string>(key: K, value: string): { [key in K]?: string } {
  return value === "" ? {} : ({ [key]: value } as { [key in K]: string });
}
