// Which events of the stream the pages know. Any other, and one that is not as it should be, is ignored, never fatal.

import type { Envelope } from "@tidings/client";
import type { Change, Notification, Preferences } from "../api/types";

interface Logged<T extends string, P> extends Envelope<P> {
  id: string;
  type: T;
  /** False: it happened before the stream was open, and may be older than a list that was asked for since. */
  live?: boolean;
}

/** What the reader did, on any device: to some ids, or to everything up to a cursor, or beside the list. */
export interface InboxChange extends Change {
  ids?: string[];
  up_to?: string;
  /** They followed a link of it. */
  acted?: boolean;
  /** A topic. */
  joined?: string;
  left?: string;
  preferences?: Preferences;
}

/** Those that change the inbox. */
export type LogFrame =
  | Logged<"notification", Notification>
  | Logged<"notification.updated", Notification>
  | Logged<"notification.retracted", { id: string }>
  | Logged<"notification.expired", { id: string }>
  | Logged<"inbox.changed", InboxChange>;

const TYPES: readonly string[] = [
  "notification",
  "notification.updated",
  "notification.retracted",
  "notification.expired",
  "inbox.changed",
] satisfies LogFrame["type"][];

export function isLogFrame(envelope: Envelope): envelope is LogFrame {
  const { id, type, payload } = envelope;
  if (!TYPES.includes(type) || id === undefined) return false;
  if (typeof payload !== "object" || payload === null) return false;
  return type === "inbox.changed" || typeof (payload as { id?: unknown }).id === "string";
}
