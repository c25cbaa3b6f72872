// The wire shapes of /api/v1, as the pages use them. An absent optional field is simply missing.

export type Level = "info" | "success" | "warning" | "error";

export interface Action {
  label: string;
  link: string;
}

export interface Actor {
  name: string;
  image?: string;
}

export interface Notification {
  id: string;
  title: string;
  body?: string;
  level: Level;
  critical: boolean;
  link?: string;
  actions?: Action[];
  actor?: Actor;
  category?: string;
  data?: unknown;
  group_key?: string;
  created_at: string;
  expires_at?: string;
}

/** What this reader did with a notification. */
export interface Receipt {
  seen: boolean;
  read: boolean;
  archived: boolean;
}

/** What a reader gives one or several: what is left out stays as it is. */
export interface Change extends Partial<Receipt> {
  /** Put off until then; null: it is back. */
  snoozed_until?: string | null;
  /** Removed from this reader's inbox, for good. */
  deleted?: boolean;
}

/** A notification in a reader's inbox. `cursor` is its place in the log: opaque, not comparable. */
export interface Item extends Notification, Receipt {
  audience: string;
  cursor: string;
  snoozed_until?: string;
  /** Muted by the reader's preferences when it came: listed, but neither unread nor toasted. */
  muted?: boolean;
}

/** The badge's figures. They come from the server, always; the page does no arithmetic. */
export interface Counts {
  unread: number;
  unseen: number;
}

export interface ListOf<T> {
  items: T[];
  /** What to ask for the next page with; null at the end. */
  next: string | null;
}

export type View = "all" | "unread" | "archived" | "snoozed";

/** What part of the inbox is asked for. An empty search is none. */
export interface Query {
  view: View;
  search: string;
}

export interface Page extends Counts, ListOf<Item> {
  cursor: string;
}

export interface InboxCounts extends Counts {
  cursor: string;
}

export interface Marked extends InboxCounts {
  changed: number;
}

export type Role = "user" | "admin";

export interface Me {
  user: string;
  role: Role;
  expires_at: string;
  /** Of a built-in account: it can be refreshed, and has a password. */
  session: boolean;
  /** Somebody else made the password: until there is another, nothing else is answered. */
  must_change_password: boolean;
}

/** When a session ends: unless it is refreshed, and in any case. */
export interface Ends {
  expires_at: string;
  /** Only signing in and refreshing tell it. */
  ends_at?: string;
}

/** A session of the reader's own, on some device. */
export interface SignedInAt extends Required<Ends> {
  id: string;
  created_at: string;
  /** It is the one that asks. */
  current: boolean;
}

export interface QuietHours {
  /** Minutes of the day, "22:00"; they may span midnight. */
  from: string;
  to: string;
  time_zone: string;
}

export interface Preferences {
  muted: { topics: string[]; categories: string[]; levels: Level[] };
  quiet_hours?: QuietHours;
}

/** A topic, as a reader sees it. One that is not open is joined and left by an administrator's hand. */
export interface Topic {
  topic: string;
  title?: string;
  open: boolean;
  joined: boolean;
}

/** A topic, as an administrator sees it. */
export interface ManagedTopic {
  topic: string;
  title?: string;
  open: boolean;
  created_at: string;
  members: number;
}

export type To = { user: string } | { users: string[] } | { topic: string } | { everyone: true };

/** The body of POST /admin/notifications. */
export interface Draft {
  to: To;
  title: string;
  body?: string;
  level: Level;
  critical?: boolean;
  link?: string;
  actions?: Action[];
  actor?: Actor;
  category?: string;
  group_key?: string;
  deliver_at?: string;
  expires_at?: string;
}

export type Stage = "scheduled" | "delivered" | "expired" | "retracted" | "replaced";

/** How many a notification would be for, and how many of them have the pages open. */
export interface Audience {
  recipients: number;
  connected: number;
}

/** What an administrator did to a notification, and how it was before. */
export interface Deed {
  at: string;
  by: string;
  action: string;
  before?: Partial<Notification>;
}

/** A notification as those who send see it. */
export interface Sent extends Notification {
  to: To;
  stage: Stage;
  deliver_at?: string;
  ended_at?: string;
  history?: Deed[];
}

export type Verdict =
  | "scheduled"
  | "not_addressed"
  | "expired"
  | "retracted"
  | "replaced"
  | "acted"
  | "read"
  | "seen"
  | "deleted"
  | "archived"
  | "snoozed"
  | "muted"
  | "written"
  | "had"
  | "unknown"
  | "waiting";

/** What became of a notification on its way to one user. */
export interface Delivery {
  user: string;
  verdict: Verdict;
  stored_at?: string;
  seen_at?: string;
  read_at?: string;
  acted_at?: string;
  snoozed_until?: string;
  seen: boolean;
  read: boolean;
  acted?: boolean;
  written_count: number;
  /** The first streams that it was written to. */
  written: { at: string }[];
}

/** The same on the whole, of what went to a topic or to everyone. */
export interface Reach {
  streams: number;
  users: number;
  more_streams: boolean;
  seen: number;
  read: number;
  acted?: number;
}

export interface Deliveries extends ListOf<Delivery> {
  reach?: Reach;
}

/** Live figures. Nothing but the events is counted further than 100,000. */
export interface Overview {
  streams: number;
  users: number;
  /** The nodes that share the database, the one that answers first; none, where it is a file. */
  nodes: OneNode[];
  stored: {
    events: number;
    notifications: number;
    scheduled: number;
    recipients: number;
    topics: number;
  };
}

/** A node, as it has told of itself. */
export interface OneNode {
  id: string;
  version: string;
  started_at: string;
  streams: number;
  behind: number;
}

/** An open stream. What it was given is known of those of the node that answers alone. */
export interface Connection {
  connection_id: string;
  user: string;
  transport: string;
  opened_at: string;
  node: string | null;
  written?: number;
  queued?: number;
  behind?: boolean;
}

/** A merge patch: null takes a field away. */
export interface Correction {
  title?: string;
  body?: string | null;
  level?: Level;
  link?: string | null;
  deliver_at?: string;
}

/** A built-in account. */
export interface Account {
  user: string;
  role: Role;
  disabled: boolean;
  must_change_password: boolean;
  created_at: string;
}

export type Scope = "publish" | "manage" | "observe";

/** What a server comes with. The key itself is told once, when it is made. */
export interface ApiKey {
  id: string;
  name: string;
  scopes: Scope[];
  created_by: string;
  created_at: string;
  last_used_at: string | null;
  revoked_at: string | null;
}
