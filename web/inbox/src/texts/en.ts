// Every word of the element. `{n}` and `{t}` are a number and a time.

import { bellEn } from "./bell";

export const en = {
  ...bellEn,
  isUnread: "Unread",
  markAll: "Mark all as read",
  read: "Mark as read",
  unreadAgain: "Mark as unread",
  archive: "Archive",
  close: "Close",
  closeAll: "Close all",
  waiting: "{n} more waiting",
  open: "Open the inbox",
  keys: "↑ ↓ move, R read, E archive, Esc close",
  loading: "Loading…",
  empty: "Nothing new",
  emptyMore: "What arrives appears here at once.",
  connecting: "Connecting…",
  away: "Not connected since {t}.",
  offline: "No network since {t}.",
  again: "Next try at {t}.",
  signedOut: "You are signed out",
  signedOutMore: "Sign in to see your notifications.",
  retry: "Try again",
  refused: "That could not be done",
  now: "just now",
  newOne: "New notification: {n}",
  newMany: "{n} new notifications",
  critical: "Critical",
  muted: "Muted",
  info: "Info",
  success: "Success",
  warning: "Warning",
  error: "Error",
};

export type Texts = typeof en;
