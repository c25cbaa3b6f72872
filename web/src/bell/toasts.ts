// Toasts of the page itself: the bell shows them. It hangs on every page of a signed-in reader; who is signed out
// does nothing that such a message could be about.

import type { Message, TidingsInbox } from "@tidings/inbox";

export type Teller = Pick<TidingsInbox, "notify" | "dismiss">;

let bell: Teller | null = null;

export const toasts = {
  by: (now: Teller | null): void => void (bell = now),
  say: (level: NonNullable<Message["level"]>, title: string, body?: string): void =>
    bell?.notify({ level, title, ...(body !== undefined && { body }) }),
  /** Of a notification that is here no more. */
  close: (id: string): void => bell?.dismiss(id),
};
