// How administrators are told about what was sent.

import type { Deed, Notification, Sent, Stage, To } from "../api/types";

export function recipientsOf(to: To): string {
  if ("user" in to) return to.user;
  if ("topic" in to) return `topic ${to.topic}`;
  if ("everyone" in to) return "everyone";
  const [first, second, ...rest] = to.users;
  if (rest.length > 0) return `${first}, ${second} and ${rest.length} more`;
  return to.users.join(", ");
}

export const STAGES: Record<Stage, string> = {
  scheduled: "Scheduled",
  delivered: "Delivered",
  expired: "Expired",
  retracted: "Retracted",
};

const FIELDS = ["title", "body", "level", "link", "category", "critical", "expires_at"] as const;

export interface Was {
  field: (typeof FIELDS)[number];
  /** What it said before; null when there was nothing. */
  was: string | null;
}

/** What a deed changed: it tells how all was before it, the next one (or today) how it was after. */
export function changesOf(sent: Sent, deed: Deed): Was[] {
  const { before } = deed;
  if (before === undefined) return [];
  const history = sent.history ?? [];
  const next = history.slice(history.indexOf(deed) + 1).find((later) => later.before !== undefined);
  const after: Partial<Notification> = next?.before ?? sent;
  return FIELDS.filter((field) => before[field] !== after[field]).map((field) => ({
    field,
    was: before[field] === undefined ? null : String(before[field]),
  }));
}
