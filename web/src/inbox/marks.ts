// What the reader does to their notifications: shown at once, sent, and taken back when refused.

import { deleteNotification, inboxCounts, markUpTo, patchNotification } from "../api/calls";
import { explain, Problem } from "../api/problem";
import type { Change, Item } from "../api/types";
import { toasts } from "../bell/toasts";
import { shortTime } from "../ui/when";
import type { InboxEvent } from "./reduce";
import { isUnread, type InboxState } from "./state";
import type { Step, UndoBar } from "./undo";

export interface Desk {
  state(): InboxState;
  apply(event: InboxEvent): void;
  /** A number that no request or mark has had. */
  serial(): number;
  /** Whether the stream brings the counts. */
  isLive(): boolean;
  /** This page brings it back: it is no news. */
  broughtBack: Set<string>;
}

export function createMarks(desk: Desk, bar: UndoBar) {
  /** One request at a time about one notification: two would arrive in any order. */
  const underWay = new Map<string, Promise<unknown>>();

  /** The last removal that was asked for. */
  let removal = Promise.resolve();

  function mark({ id }: Item, change: Change, failed: string, after?: Change): Promise<boolean> {
    const before = underWay.get(id);
    const send = async () => {
      await before;
      return patchNotification(id, change);
    };
    return show(id, change, send(), failed, after);
  }

  /**
   * Who follows a link has read it. That is sent at once, whatever is under way: the page may be gone before
   * an answer comes.
   */
  const followed = (id: string) =>
    show(
      id,
      { seen: true, read: true },
      patchNotification(id, { acted: true }),
      "Could not mark as read",
    );

  /** Lays a change over the list until the server has answered. Whether it agreed. */
  async function show(
    id: string,
    change: Change,
    request: Promise<unknown>,
    failed: string,
    after?: Change,
  ): Promise<boolean> {
    const op = desk.serial();
    desk.apply({ on: "marked", op, ids: [id], change, after });
    const over = request.catch(() => {});
    underWay.set(id, over);
    try {
      await request;
      desk.apply({ on: "mark-confirmed", op });
      if (!desk.isLive()) await refreshCounts();
      return true;
    } catch (error) {
      desk.apply({ on: "mark-undone", op });
      toasts.say("error", failed, explain(error));
      return false;
    } finally {
      if (underWay.get(id) === over) underWay.delete(id);
    }
  }

  /** A mark that takes its row out of the view, and can be taken back for a while. */
  async function putAway(item: Item, change: Change, back: Change, words: PutAway): Promise<void> {
    const step: Step = {
      id: item.id,
      text: words.done,
      undo: () => void takeBack(item, back, "Could not undo it", change),
    };
    bar.offer(step);
    if (!(await mark(item, change, words.failed))) bar.withdraw(step);
  }

  async function takeBack(item: Item, back: Change, failed: string, after?: Change): Promise<void> {
    const wakes = back.snoozed_until === null && back.read === false;
    if (wakes) desk.broughtBack.add(item.id);
    if (!(await mark(item, back, failed, after))) desk.broughtBack.delete(item.id);
  }

  /** The row goes at once, the request only when nobody can take it back any more. */
  function remove(item: Item): void {
    const op = desk.serial();
    desk.apply({ on: "marked", op, ids: [item.id], change: { deleted: true } });
    toasts.close(item.id);
    bar.offer({
      id: item.id,
      text: "Removed.",
      undo: () => desk.apply({ on: "mark-undone", op }),
      settle: () => (removal = removeForGood(item, op)),
    });
  }

  async function removeForGood(item: Item, op: number): Promise<void> {
    try {
      await deleteNotification(item.id);
    } catch (error) {
      // It was removed elsewhere, or retracted: that is what was asked for.
      if (!(error instanceof Problem && error.status === 404)) {
        desk.apply({ on: "mark-undone", op });
        toasts.say("error", "Could not remove it", explain(error));
        return;
      }
    }
    desk.apply({ on: "mark-confirmed", op });
    if (!desk.isLive()) await refreshCounts();
  }

  /** The answer to a single mark carries no counts. */
  async function refreshCounts(): Promise<void> {
    const sentAt = desk.state().frames;
    const counts = await inboxCounts().catch(() => null); // a hint only: the stream will tell
    if (counts !== null) desk.apply({ on: "counts", counts, sentAt });
  }

  async function markAllRead(): Promise<void> {
    const upTo = watermark();
    if (upTo === null) return;
    const op = desk.serial();
    const { frames: sentAt, items } = desk.state();
    const ids = items.filter(isUnread).map((item) => item.id);
    desk.apply({ on: "marked", op, ids, change: { read: true } });
    try {
      const counts = await markUpTo({ read: true }, upTo);
      desk.apply({ on: "mark-confirmed", op });
      desk.apply({ on: "counts", counts, sentAt });
    } catch (error) {
      desk.apply({ on: "mark-undone", op });
      toasts.say("error", "Could not mark all as read", explain(error));
    }
  }

  /** What is on screen has been seen. Nothing is said when this fails: the next time repairs it. */
  async function markSeen(): Promise<void> {
    const upTo = watermark();
    const { frames: sentAt, counts: before } = desk.state();
    if (upTo === null || before.unseen === 0) return;
    const counts = await markUpTo({ seen: true }, upTo).catch(() => null);
    if (counts !== null) desk.apply({ on: "counts", counts, sentAt });
  }

  /**
   * "All up to here." The newest row says it best, for every open page has a row with that cursor and
   * can tell which others it covers; what arrives while the request travels stays unread. A part of the
   * inbox that may lack the newest ones has no such row.
   */
  function watermark(): string | null {
    const { view, search, items, cursor } = desk.state();
    const hasNewest = (view === "all" || view === "unread") && search === "";
    return (hasNewest ? items[0]?.cursor : undefined) ?? cursor;
  }

  return {
    followed,
    setRead: (item: Item, read: boolean) =>
      mark(item, { read }, read ? "Could not mark as read" : "Could not mark as unread"),
    async setArchived(item: Item, archived: boolean): Promise<void> {
      if (archived) {
        const words = { done: "Archived.", failed: "Could not archive" };
        return putAway(item, { archived }, unarchived(item), words);
      }
      bar.forget(item.id);
      await mark(item, { archived }, "Could not move back to the inbox");
    },
    snooze: (item: Item, until: string) =>
      putAway(item, { snoozed_until: until }, unsnoozed(item), {
        done: `Snoozed until ${shortTime(until)}.`,
        failed: "Could not snooze",
      }),
    bringBack(item: Item): Promise<void> {
      bar.forget(item.id);
      return takeBack(item, AWAKE, "Could not bring it back");
    },
    remove,
    /** Whoever leaves takes nothing back: what waits for that is done, as long as the session lasts. */
    settle(): Promise<void> {
      bar.settle();
      return removal;
    },
    markAllRead,
    markSeen,
  };
}

interface PutAway {
  done: string;
  failed: string;
}

/** What comes back is as if it were new. */
const AWAKE: Change = { snoozed_until: null, read: false, seen: false };

/** Archiving ended a snooze: taking it back begins it again. */
function unarchived({ snoozed_until }: Item): Change {
  return { archived: false, ...(snoozed_until === undefined ? {} : { snoozed_until }) };
}

/** As it was: what was read or archived before must not come back otherwise. */
function unsnoozed({ snoozed_until, archived, read, seen }: Item): Change {
  return snoozed_until === undefined
    ? { snoozed_until: null, archived, read, seen }
    : { snoozed_until };
}
