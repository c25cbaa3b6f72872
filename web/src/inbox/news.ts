// Which frames toast, and what becomes of the toasts that are open.

import { getNotification } from "../api/calls";
import type { Item, Notification } from "../api/types";
import type { InboxChange, LogFrame } from "../stream/frames";
import type { Toast } from "../toasts/queue";
import { toasts } from "../toasts/toasts";

export interface Reader {
  /** What the list knows of a notification. */
  held(id: string): Item | undefined;
  isQuiet(): boolean;
  /** They follow a link of it. */
  followed(id: string): void;
}

export function createNews(reader: Reader) {
  /** Brought back by this page itself: whoever did it is looking at it. */
  const broughtBack = new Set<string>();
  /** Came back, and is being asked for, because the list does not hold it. */
  const asked = new Set<string>();

  /** The part of a notification that a toast shows. Groups of different audiences have nothing in common. */
  function toastOf(notification: Notification, audience: string): Toast {
    const { id, level, critical, title, body, link, actions, actor, group_key } = notification;
    const group = group_key === undefined ? undefined : `${audience} ${group_key}`;
    const followed = () => reader.followed(id);
    return { id, group, level, critical, title, body, link, actions, actor, followed };
  }

  /** `live`: it happens now, and is no part of a replay. */
  function hear(frame: LogFrame, live: boolean): void {
    switch (frame.type) {
      case "notification": {
        const toast = toastOf(frame.payload, frame.audience);
        if (live && mayToast(frame.payload, frame.muted)) toasts.show(toast);
        else if (toast.group !== undefined) toasts.closeGroup(toast.group);
        break;
      }
      case "notification.updated":
        toasts.correct(toastOf(frame.payload, frame.audience));
        break;
      case "notification.retracted":
      case "notification.expired":
        asked.delete(frame.payload.id);
        toasts.close(frame.payload.id);
        break;
      case "inbox.changed":
        changed(frame.payload, live);
    }
  }

  function changed(change: InboxChange, live: boolean): void {
    const cameBack = change.snoozed_until === null && change.read === false;
    const dealtWith = change.read || change.archived || typeof change.snoozed_until === "string";
    for (const id of change.ids ?? []) {
      const own = change.snoozed_until !== undefined && broughtBack.delete(id);
      if (change.deleted) toasts.close(id);
      else if (dealtWith)
        toasts.settle(id); // on another device, or in the list
      else if (cameBack && live && !own) void comeBack(id);
      if (change.deleted || dealtWith) asked.delete(id);
    }
  }

  async function comeBack(id: string): Promise<void> {
    const held = reader.held(id);
    if (held !== undefined) return toastItem(held);
    asked.add(id);
    const item = await getNotification(id).catch(() => null); // it stands in the list in any case
    if (asked.delete(id) && item !== null) toastItem(item);
  }

  function toastItem(item: Item): void {
    if (mayToast(item, item.muted)) toasts.show(toastOf(item, item.audience));
  }

  function mayToast({ critical }: Notification, muted: boolean | undefined): boolean {
    return critical || (muted !== true && !reader.isQuiet());
  }

  return { hear, broughtBack };
}

export type News = ReturnType<typeof createNews>;
