// The words of the wire, and what a host is told.

/** The reader's own figures, as the server says them: nothing here ever adds or subtracts. */
export interface Counts {
  unread: number;
  unseen: number;
}

/** An event of the log, or a signal that is kept nowhere (which has neither `id` nor `seq`). */
export interface Envelope<P = unknown> extends Counts {
  id?: string;
  type: string;
  timestamp: string;
  audience: string;
  seq?: number;
  payload: P;
  muted?: boolean;
}

/** A notification as it stands in the reader's inbox. */
export interface Item {
  id: string;
  title: string;
  body?: string;
  level: "info" | "success" | "warning" | "error";
  critical: boolean;
  link?: string;
  actions?: { label: string; link: string }[];
  actor?: { name: string; image?: string };
  category?: string;
  data?: unknown;
  group_key?: string;
  created_at: string;
  expires_at?: string;
  audience: string;
  cursor: string;
  seen: boolean;
  read: boolean;
  archived: boolean;
  snoozed_until?: string;
  muted?: boolean;
}

/** Where continuity cannot be proven: this replaces whatever the host holds. */
export interface Reset extends Counts {
  reason: string;
  notifications: Item[];
  more: boolean;
  /** The place of this state. */
  cursor: string;
}

export type Is =
  | "connecting"
  | "live"
  /** Nothing is open until `until`. */
  | "waiting"
  /** The browser says that there is no network. Tries go on all the same. */
  | "offline"
  /** The server refuses the token, and a new one as well, or there is none: call `authorized()` when somebody has signed in. */
  | "unauthorized"
  | "closed";

/** How it stands. There is always one, and every change of it is told. */
export interface State {
  is: Is;
  /** Of the browser's clock, in milliseconds: for how long it has been so. */
  since: number;
  /** Why it is not live: "silent", "network", "status 503", "goodbye shutdown", "gap" ... */
  reason: string;
  /** When it is tried again. */
  until?: number;
  transport: string;
}

/** How far a reader is, to go on from there: also what is stored across reloads. */
export interface Held {
  cursor: string | null;
  /** The last seq of each audience. */
  seqs: Record<string, number>;
  /** The last ids, to know a repeat by. */
  recent: string[];
  /** An event is missing there. Missing once more, it will not come. */
  gap: string | null;
  counts: Counts | null;
}

export interface Listener {
  /** `live`: it happens now, and is no part of a replay. */
  event?(envelope: Envelope, live: boolean): void;
  counts?(counts: Counts): void;
  reset?(reset: Reset): void;
  state?(state: State): void;
}
