import { beforeEach, describe, expect, it, vi } from "vitest";
import { inboxCounts, listNotifications, markUpTo, patchNotification } from "../api/calls";
import { Problem, Unreachable } from "../api/problem";
import type { Item, Page } from "../api/types";
import type { Frame } from "../stream/frames";
import type { Listener } from "../stream/machine";
import { toasts } from "../toasts/toasts";
import { createInbox } from "./inbox";

vi.mock("../api/calls");
const stream = vi.hoisted(() => ({
  listener: undefined as unknown,
  start: vi.fn<(cursor: string) => void>(),
  stop: vi.fn<() => void>(),
}));
vi.mock("../stream/browser", () => ({
  openStream: (listener: unknown) => {
    stream.listener = listener;
    return { start: stream.start, stop: stream.stop };
  },
}));

const heard = () => stream.listener as Listener;

const item = (id: string): Item => ({
  id,
  title: id,
  level: "info",
  critical: false,
  created_at: "2026-11-01T12:00:00.000Z",
  audience: "user:alice",
  cursor: `at-${id}`,
  seen: false,
  read: false,
  archived: false,
});

const page = (...ids: string[]): Page => ({
  items: ids.map(item),
  next: null,
  unread: ids.length,
  unseen: ids.length,
  cursor: "head",
});

const news = (id: string, more: object = {}): Frame => {
  const { title, level, critical, created_at } = item(id);
  return {
    type: "notification",
    id: `at-${id}`,
    audience: "user:alice",
    payload: { id, title, level, critical, created_at, ...more },
    unread: 3,
    unseen: 3,
  };
};

const settle = () => vi.advanceTimersByTimeAsync(0);

beforeEach(() => {
  vi.resetAllMocks();
  vi.useFakeTimers();
  vi.mocked(listNotifications).mockResolvedValue(page("b", "a"));
  toasts.closeAll();
  return () => vi.useRealTimers();
});

async function open() {
  const inbox = createInbox("all");
  await settle();
  heard().link("live");
  return inbox;
}

const ids = (inbox: ReturnType<typeof createInbox>) => inbox.items.value.map(({ id }) => id);

describe("the inbox", () => {
  it("loads the list, then opens the stream where the list ends", async () => {
    const inbox = await open();
    expect(ids(inbox)).toEqual(["b", "a"]);
    expect(inbox.counts.value).toEqual({ unread: 2, unseen: 2 });
    expect(stream.start).toHaveBeenCalledWith("head");
  });

  it("keeps trying when the list cannot be had", async () => {
    vi.mocked(listNotifications).mockRejectedValueOnce(new Unreachable());
    const inbox = createInbox("all");
    await settle();
    expect(inbox.loadError.value).toContain("cannot be reached");
    await vi.advanceTimersByTimeAsync(1_250);
    expect(inbox.loadError.value).toBeNull();
    expect(ids(inbox)).toEqual(["b", "a"]);
  });

  it("toasts what is new, never what is replayed, reset or muted", async () => {
    const inbox = await open();
    heard().frame(news("c"), false);
    heard().frame(
      {
        type: "reset",
        reason: "epoch",
        unread: 1,
        unseen: 1,
        notifications: [item("r")],
        more: false,
      },
      true,
    );
    heard().frame(news("m", { muted: true }), true);
    expect(toasts.shown.value).toEqual([]);
    heard().frame(news("d"), true);
    expect(toasts.shown.value.map(({ id }) => id)).toEqual(["d"]);
    expect(ids(inbox)).toEqual(["d", "m", "r"]);
  });

  it("takes a toast away with its retracted notification", async () => {
    await open();
    heard().frame(news("c", { critical: true }), true);
    heard().frame(
      {
        type: "notification.retracted",
        id: "x",
        audience: "everyone",
        payload: { id: "c" },
        unread: 2,
        unseen: 2,
      },
      true,
    );
    expect(toasts.shown.value).toEqual([]);
  });

  it("shows a mark at once, and takes it back with a message when refused", async () => {
    const inbox = await open();
    vi.mocked(patchNotification).mockRejectedValueOnce(new Problem(503, "overloaded", "Busy."));
    void inbox.setRead(item("b"), true);
    expect(inbox.items.value[0]?.read).toBe(true);
    await settle();
    expect(inbox.items.value[0]?.read).toBe(false);
    expect(toasts.shown.value[0]).toMatchObject({ level: "error", body: "Busy." });
  });

  it("asks for the counts after a mark only when no stream brings them", async () => {
    const inbox = await open();
    vi.mocked(patchNotification).mockResolvedValue({ ...item("b"), read: true });
    vi.mocked(inboxCounts).mockResolvedValue({ unread: 1, unseen: 0, cursor: "head" });
    await inbox.setRead(item("b"), true);
    expect(inboxCounts).not.toHaveBeenCalled();
    heard().link("offline");
    await inbox.setRead(item("b"), true);
    expect(inbox.counts.value.unread).toBe(1);
  });

  it("marks all read up to the newest row, and nothing that it has not shown", async () => {
    const inbox = await open();
    vi.mocked(markUpTo).mockResolvedValue({ changed: 2, unread: 0, unseen: 2, cursor: "head" });
    await inbox.markAllRead();
    expect(markUpTo).toHaveBeenCalledWith({ read: true }, "at-b");
    expect(inbox.items.value.every(({ read }) => read)).toBe(true);
    expect(inbox.counts.value.unread).toBe(0);
  });

  it("says seen once there is something unseen", async () => {
    const inbox = await open();
    vi.mocked(markUpTo).mockResolvedValue({ changed: 2, unread: 2, unseen: 0, cursor: "head" });
    await inbox.markSeen();
    await inbox.markSeen();
    expect(markUpTo).toHaveBeenCalledExactlyOnceWith({ seen: true }, "at-b");
  });

  it("fetches once for many reasons to fetch", async () => {
    await open();
    for (let n = 0; n < 10; n += 1) {
      const payload = { up_to: "elsewhere", read: true };
      heard().frame(
        {
          type: "inbox.changed",
          id: `i${n}`,
          audience: "user:alice",
          payload,
          unread: 0,
          unseen: 0,
        },
        true,
      );
    }
    await vi.advanceTimersByTimeAsync(1_000);
    expect(listNotifications).toHaveBeenCalledTimes(2);
  });

  it("remembers why the server said goodbye until it is live again", async () => {
    const inbox = await open();
    heard().frame({ type: "goodbye", reason: "limit" }, true);
    expect(inbox.goodbye.value).toBe("limit");
    heard().frame({ type: "ready", unread: 5, unseen: 0 }, false);
    expect(inbox.goodbye.value).toBeNull();
    expect(inbox.counts.value.unread).toBe(5);
  });

  it("does nothing more once it is stopped", async () => {
    const inbox = createInbox("all");
    inbox.stop();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(stream.start).not.toHaveBeenCalled();
    expect(listNotifications).toHaveBeenCalledTimes(1);
  });
});
