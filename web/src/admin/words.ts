// How administrators are told about what was sent.

import type { Deed, Delivery, Notification, Reach, Sent, Stage, To } from "../api/types";

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
  replaced: "Replaced by a newer one",
};

/** The last thing that happened on the way to somebody. */
const VERDICTS: Record<Delivery["verdict"], string> = {
  scheduled: "Not sent yet",
  not_addressed: "Not for them",
  expired: "Expired",
  retracted: "Retracted",
  replaced: "Replaced by a newer one",
  acted: "Followed a link",
  read: "Read",
  seen: "Seen",
  deleted: "Removed unread",
  archived: "Archived unread",
  snoozed: "Snoozed",
  muted: "Muted",
  written: "Delivered, not seen",
  had: "Had it already",
  unknown: "Not known any more",
  waiting: "Not connected since",
};

/** A server that is newer may know more words. */
export const verdictOf = ({ verdict }: Delivery): string =>
  VERDICTS[verdict] ?? String(verdict).replaceAll("_", " ");

export interface Happened {
  what: string;
  /** Null when it is known that it happened, and not when. */
  at: string | null;
}

/** What is known of the way to one user, in the order in which it happens. */
export function happened(delivery: Delivery): Happened[] {
  const { stored_at, written, written_count, seen, read, acted } = delivery;
  const streams =
    written_count === 1 ? "Delivered" : `Delivered to ${written_count} streams, first`;
  return [
    { what: "Sent", did: stored_at !== undefined, at: stored_at },
    { what: streams, did: written_count > 0, at: written[0]?.at },
    { what: "Seen", did: seen, at: delivery.seen_at },
    { what: "Read", did: read, at: delivery.read_at },
    { what: "Followed a link", did: acted === true, at: delivery.acted_at },
  ].flatMap(({ what, did, at }) => (did ? [{ what, at: at ?? null }] : []));
}

/** The figures of what went to a topic or to everyone. */
export function figuresOf(reach: Reach): { label: string; figure: string }[] {
  const count = (figure: number) => figure.toLocaleString("en");
  return [
    { label: "Delivered to", figure: count(reach.users) + (reach.more_streams ? "+" : "") },
    { label: "Seen by", figure: count(reach.seen) },
    { label: "Read by", figure: count(reach.read) },
    ...(reach.acted === undefined ? [] : [{ label: "Acted on by", figure: count(reach.acted) }]),
  ];
}

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
