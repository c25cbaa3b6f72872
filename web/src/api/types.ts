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
  /** Muted by the reader's preferences: listed, but neither unread nor toasted. */
  muted?: boolean;
  created_at: string;
  expires_at?: string;
}

/** What this reader did with a notification. */
export interface Receipt {
  seen: boolean;
  read: boolean;
  archived: boolean;
}

/** A notification in a reader's inbox. `cursor` is its place in the log: opaque, not comparable. */
export interface Item extends Notification, Receipt {
  audience: string;
  cursor: string;
}

/** The badge's figures. They come from the server, always; the page does no arithmetic. */
export interface Counts {
  unread: number;
  unseen: number;
}

export type View = "all" | "unread" | "archived";

export interface Page extends Counts {
  items: Item[];
  next: string | null;
  cursor: string;
}

export interface InboxCounts extends Counts {
  cursor: string;
}

export interface Marked extends InboxCounts {
  changed: number;
}

export interface Me {
  user: string;
  role: "user" | "admin";
  expires_at: string;
}

/** The body of POST /admin/notifications. */
export interface Draft {
  to: { user: string } | { users: string[] } | { everyone: true };
  title: string;
  body?: string;
  level: Level;
  critical?: boolean;
  link?: string;
  actions?: Action[];
  actor?: Actor;
  category?: string;
}
