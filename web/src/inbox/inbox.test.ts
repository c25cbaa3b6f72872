import type { Envelope, Reset } from "@tidings/client";
import { beforeEach, describe, expect, it, vi } from "vitest";
import {
  deleteNotification,
  getPreferences,
  inboxCounts,
  listNotifications,
  markUpTo,
  patchNotification,
  whoAmI,
} from "../api/calls";
import { Problem, Unreachable } from "../api/problem";
import type { Item, Page } from "../api/types";
import { restoreSession, session } from "../session/session";
import { FakeBell, FakeLink, newInbox } from "../testing";
import type { Inbox } from "./inbox";

vi.mock("../api/calls");
const NONE = { muted: { topics: [], categories: [], levels: [] } };

const ALICE = {
  user: "alice",
  role: "user",
  expires_at: "2026-11-20T12:00:00.000Z",
  session: false,
  must_change_password: false,
} as const;

let link: FakeLink;

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

const written = (id: string, more: object = {}) => {
  const { title, level, critical, created_at } = item(id);
  return { id, title, level, critical, created_at, ...more };
};

const news = (id: string, more: object = {}, frame: object = {}) => ({
  type: "notification",
  id: `at-${id}`,
  audience: "user:alice",
  payload: written(id, more),
  ...frame,
});

let frames = 0;
const frame = (type: string, payload: object) => ({
  type,
  id: `frame-${++frames}`,
  audience: "user:alice",
  payload,
});

const reset = (...ids: string[]): Reset => ({
  reason: "epoch",
  unread: 1,
  unseen: 1,
  notifications: ids.map(item),
  more: false,
  cursor: "head",
});

const changed = (payload: object) => frame("inbox.changed", payload);

const settle = () => vi.advanceTimersByTimeAsync(0);

let bell: FakeBell;

beforeEach(() => {
  vi.resetAllMocks();
  vi.useFakeTimers();
  link = new FakeLink();
  vi.mocked(listNotifications).mockResolvedValue(page("b", "a"));
  vi.mocked(getPreferences).mockResolvedValue(NONE);
  bell = new FakeBell();
  return () => vi.useRealTimers();
});

async function open() {
  const inbox = newInbox(link);
  await settle();
  link.state("live");
  return inbox;
}

const ids = (inbox: Inbox) => inbox.items.value.map(({ id }) => id);

describe("the inbox", () => {
  it("loads the list, then opens the stream where the list ends", async () => {
    const inbox = await open();
    expect(ids(inbox)).toEqual(["b", "a"]);
    expect(inbox.counts.value).toEqual({ unread: 2, unseen: 2 });
    expect(link.joined).toEqual(["head"]);
  });

  it("keeps trying when the list cannot be had", async () => {
    vi.mocked(listNotifications).mockRejectedValueOnce(new Unreachable());
    const inbox = newInbox(link);
    await settle();
    expect(inbox.loadError.value).toContain("cannot be reached");
    await vi.advanceTimersByTimeAsync(1_250);
    expect(inbox.loadError.value).toBeNull();
    expect(ids(inbox)).toEqual(["b", "a"]);
  });

  it("lists what is new, what is replayed, what a reset has, and what is muted", async () => {
    const inbox = await open();
    link.event(news("c"), false);
    expect(ids(inbox)).toEqual(["c", "b", "a"]);
    link.reset(reset("r"));
    link.event(news("m", {}, { muted: true }));
    link.event(news("d"));
    expect(ids(inbox)).toEqual(["d", "m", "r"]);
  });

  it("shows a mark at once, and takes it back with a message when refused", async () => {
    const inbox = await open();
    vi.mocked(patchNotification).mockRejectedValueOnce(new Problem(503, "overloaded", "Busy."));
    void inbox.setRead(item("b"), true);
    expect(inbox.items.value[0]?.read).toBe(true);
    await settle();
    expect(inbox.items.value[0]?.read).toBe(false);
    expect(bell.said[0]).toMatchObject({ level: "error", body: "Busy." });
  });

  it("asks for the counts after a mark only when no stream brings them", async () => {
    const inbox = await open();
    vi.mocked(patchNotification).mockResolvedValue({ ...item("b"), read: true });
    vi.mocked(inboxCounts).mockResolvedValue({ unread: 1, unseen: 0, cursor: "head" });
    await inbox.setRead(item("b"), true);
    expect(inboxCounts).not.toHaveBeenCalled();
    link.state("offline");
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
      link.event(changed({ up_to: "elsewhere", read: true }));
    }
    await vi.advanceTimersByTimeAsync(1_000);
    expect(listNotifications).toHaveBeenCalledTimes(2);
  });

  it("says how the connection stands, and why", async () => {
    const inbox = await open();
    link.state("waiting", "goodbye limit");
    expect(inbox.link.value).toMatchObject({ is: "reconnecting", reason: "goodbye limit" });
    link.state("live");
    expect(inbox.link.value.is).toBe("live");
  });

  it("takes the counts that the stream tells apart, never those of an event", async () => {
    const inbox = await open();
    link.counts(5, 0);
    link.event(news("c", {}, { unread: 3, unseen: 3 }));
    expect(inbox.counts.value).toEqual({ unread: 5, unseen: 0 });
  });

  it.each([
    ["of a type that it does not know", { type: "metrics", payload: {} }],
    ["without a place", { id: undefined }],
    ["that is not as it should be", { payload: { title: "?" } }],
    ["without a payload", { payload: null }],
  ])("ignores an event %s", async (_, more) => {
    const inbox = await open();
    link.event(news("c", {}, more));
    expect(ids(inbox)).toEqual(["b", "a"]);
  });

  it("ends the session where the server refuses the stream", async () => {
    vi.mocked(whoAmI).mockResolvedValueOnce(ALICE);
    await restoreSession();
    await open();
    link.state("unauthorized", "status 401");
    expect(session.value).toEqual({ is: "signed-out", ended: true });
  });

  it("does nothing more once it is stopped", async () => {
    const inbox = newInbox(link);
    inbox.stop();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(link.joined).toEqual([]);
    expect(listNotifications).toHaveBeenCalledTimes(1);
  });
});

describe("what comes by the stream", () => {
  it("corrects what is listed", async () => {
    const inbox = await open();
    link.event(news("c", { body: "old" }));
    link.event(frame("notification.updated", written("c", { title: "New" })));
    expect(inbox.items.value[0]).toMatchObject({ title: "New", read: false });
    expect(inbox.items.value[0]?.body).toBeUndefined();
  });

  it("takes the place of an older one of its group, for that audience alone", async () => {
    const inbox = await open();
    link.event(news("c", { group_key: "build", critical: true }));
    link.event(news("d", { group_key: "build" }, { audience: "topic:x" }));
    link.event(news("e", { group_key: "build" }));
    expect(ids(inbox)).toEqual(["e", "d", "b", "a"]);
  });

  it("changes preferences, over an answer that is late", async () => {
    const inbox = await open();
    let answer: (preferences: typeof NONE) => void = () => {};
    vi.mocked(getPreferences).mockReturnValueOnce(new Promise((resolve) => (answer = resolve)));
    link.reset(reset()); // asks anew
    const muted = { ...NONE.muted, levels: ["info"] };
    link.event(changed({ preferences: { muted } }));
    answer(NONE);
    await settle();
    expect(inbox.preferences.current.value).toEqual({ muted });
  });

  it("does not wait for preferences that cannot be had", async () => {
    vi.mocked(getPreferences).mockRejectedValueOnce(new Unreachable());
    const inbox = await open();
    expect(link.joined).toEqual(["head"]);
    await vi.advanceTimersByTimeAsync(1_250);
    expect(inbox.preferences.current.value).toEqual(NONE);
  });

  describe("that a snooze is over", () => {
    const awake = { seen: false, read: false, snoozed_until: null };
    const until = "2026-11-21T08:00:00.000Z";

    it("brings back the row that is held", async () => {
      const inbox = await open();
      link.event(changed({ ids: ["b"], snoozed_until: until }));
      expect(ids(inbox)).toEqual(["a"]);
      link.event(changed({ ids: ["b"], ...awake }));
      expect(ids(inbox)).toEqual(["b", "a"]);
    });

    it("has the list asked for when the row is not held", async () => {
      await open();
      link.event(changed({ ids: ["z"], ...awake }));
      await vi.advanceTimersByTimeAsync(1_000);
      expect(listNotifications).toHaveBeenCalledTimes(2);
    });

    it("is this page's own doing once where it was brought back by hand", async () => {
      const inbox = await open();
      vi.mocked(patchNotification).mockResolvedValue(item("b"));
      await inbox.bringBack({ ...item("b"), snoozed_until: until });
      expect(patchNotification).toHaveBeenCalledWith("b", {
        snoozed_until: null,
        read: false,
        seen: false,
      });
      const came = () => inbox.isOwn(changed({ ids: ["b"], ...awake }) as unknown as Envelope);
      expect([came(), came()]).toEqual([true, false]);
    });
  });
});

describe("a link that is followed", () => {
  const acted = { acted: true } as const;

  it("of a row is told at once, and the row is read", async () => {
    const inbox = await open();
    vi.mocked(patchNotification).mockResolvedValue(item("b"));
    const done = inbox.followed("b");
    expect(patchNotification).toHaveBeenCalledExactlyOnceWith("b", acted);
    expect(inbox.items.value[0]).toMatchObject({ id: "b", read: true, seen: true });
    await done;
    expect(inbox.items.value[0]?.read).toBe(true);
  });

  it("waits for nothing that is under way: the page may be leaving", async () => {
    const inbox = await open();
    vi.mocked(patchNotification).mockReturnValue(new Promise(() => {}));
    void inbox.setRead(item("b"), true);
    await settle();
    void inbox.followed("b");
    expect(patchNotification).toHaveBeenLastCalledWith("b", acted);
  });

  it("that the server refuses leaves the row as it was, and says so", async () => {
    const inbox = await open();
    vi.mocked(patchNotification).mockRejectedValueOnce(new Problem(503, "overloaded", "Busy."));
    await inbox.followed("b");
    expect(inbox.items.value[0]?.read).toBe(false);
    expect(bell.said[0]?.title).toBe("Could not mark as read");
  });

  it("in another tab changes nothing that is listed", async () => {
    await open();
    link.event(changed({ ids: ["b"], acted: true }));
    await vi.advanceTimersByTimeAsync(1_000);
    expect(listNotifications).toHaveBeenCalledTimes(1);
  });
});

describe("what can be taken back", () => {
  const until = "2026-11-21T08:00:00.000Z";

  it("a removal is sent when nobody took it back", async () => {
    const inbox = await open();
    vi.mocked(deleteNotification).mockResolvedValue(undefined);
    inbox.remove(item("b"));
    expect(bell.dismissed).toEqual(["b"]);
    expect(ids(inbox)).toEqual(["a"]);
    expect(inbox.step.value?.text).toBe("Removed.");
    await vi.advanceTimersByTimeAsync(5_999);
    expect(deleteNotification).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(deleteNotification).toHaveBeenCalledExactlyOnceWith("b");
    expect(inbox.step.value).toBeNull();
    expect(ids(inbox)).toEqual(["a"]);
  });

  it("and never when somebody did", async () => {
    const inbox = await open();
    inbox.remove(item("b"));
    inbox.bar.undo();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(ids(inbox)).toEqual(["b", "a"]);
    expect(deleteNotification).not.toHaveBeenCalled();
  });

  it("a removal is sent when the page goes away", async () => {
    const inbox = await open();
    inbox.remove(item("b"));
    window.dispatchEvent(new Event("pagehide"));
    expect(deleteNotification).toHaveBeenCalledExactlyOnceWith("b");
  });

  it("a removal that is refused brings the row back, but not one of what is gone", async () => {
    const inbox = await open();
    vi.mocked(deleteNotification)
      .mockRejectedValueOnce(new Problem(404, "not_found", "Gone."))
      .mockRejectedValueOnce(new Problem(503, "overloaded", "Busy."));
    inbox.remove(item("b"));
    inbox.remove(item("a"));
    await vi.advanceTimersByTimeAsync(6_000);
    expect(ids(inbox)).toEqual(["a"]);
    expect(bell.said.map(({ body }) => body)).toEqual(["Busy."]);
  });

  it("archiving, by the opposite mark, which waits for the first", async () => {
    const inbox = await open();
    let agree: (item: Item) => void = () => {};
    vi.mocked(patchNotification).mockReturnValueOnce(new Promise((done) => (agree = done)));
    void inbox.setArchived(item("b"), true);
    expect(ids(inbox)).toEqual(["a"]);
    inbox.bar.undo();
    expect(ids(inbox)).toEqual(["b", "a"]);
    await settle();
    expect(patchNotification).toHaveBeenCalledTimes(1);
    agree(item("b"));
    await settle();
    expect(patchNotification).toHaveBeenLastCalledWith("b", { archived: false });
    expect(ids(inbox)).toEqual(["b", "a"]);
  });

  it("snoozing from the archive, and it is in the archive again", async () => {
    vi.mocked(listNotifications).mockResolvedValue({
      ...page(),
      items: [{ ...item("b"), seen: true, read: true, archived: true }],
    });
    const inbox = newInbox(link, { view: "archived", search: "" });
    await settle();
    link.state("live");
    vi.mocked(patchNotification).mockResolvedValue(item("b"));
    await inbox.snooze(inbox.items.value[0] as Item, until);
    link.event(changed({ ids: ["b"], snoozed_until: until, archived: false }));
    expect(ids(inbox)).toEqual([]);
    inbox.bar.undo();
    await settle();
    const back = { snoozed_until: null, archived: true, read: true, seen: true };
    expect(patchNotification).toHaveBeenLastCalledWith("b", back);
    link.event(changed({ ids: ["b"], ...back }));
    expect(inbox.items.value).toMatchObject([{ id: "b", archived: true, read: true }]);
  });

  it("snoozing, and what was read stays so", async () => {
    const inbox = await open();
    vi.mocked(patchNotification).mockResolvedValue(item("b"));
    await inbox.snooze({ ...item("b"), read: true, seen: true }, until);
    expect(patchNotification).toHaveBeenCalledWith("b", { snoozed_until: until });
    expect(inbox.step.value?.text).toMatch(/^Snoozed until .*Nov 2/);
    inbox.bar.undo();
    await settle();
    const back = { snoozed_until: null, archived: false, read: true, seen: true };
    expect(patchNotification).toHaveBeenLastCalledWith("b", back);
    expect(ids(inbox)).toEqual(["b", "a"]);
  });

  it("is no longer offered when the server has refused it", async () => {
    const inbox = await open();
    vi.mocked(patchNotification).mockRejectedValueOnce(new Problem(503, "overloaded", "Busy."));
    await inbox.setArchived(item("b"), true);
    expect(inbox.step.value).toBeNull();
    expect(ids(inbox)).toEqual(["b", "a"]);
  });
});

describe("what is asked for", () => {
  it("is the part that is shown, with the search", async () => {
    const inbox = await open();
    inbox.show({ view: "snoozed", search: "build" });
    expect(inbox.loadedOnce.value).toBe(false);
    await settle();
    expect(listNotifications).toHaveBeenLastCalledWith(
      { view: "snoozed", search: "build" },
      50,
      undefined,
    );
    inbox.show({ view: "snoozed", search: "build" });
    expect(listNotifications).toHaveBeenCalledTimes(2);
  });

  it("marks all read up to where the list was made, when it may lack the newest", async () => {
    const inbox = await open();
    vi.mocked(markUpTo).mockResolvedValue({ changed: 2, unread: 0, unseen: 0, cursor: "head" });
    inbox.show({ view: "all", search: "build" });
    await settle();
    await inbox.markAllRead();
    expect(markUpTo).toHaveBeenCalledWith({ read: true }, "head");
  });

  it("is told to whoever listens to topics and preferences", async () => {
    const inbox = await open();
    const listener = vi.fn<(change: unknown) => void>();
    const stop = inbox.listen(listener);
    link.event(changed({ joined: "deploys" }), false);
    stop();
    link.event(changed({ left: "deploys" }));
    expect(listener).toHaveBeenCalledExactlyOnceWith({ joined: "deploys" });
    expect(listNotifications).toHaveBeenCalledTimes(1);
  });
});
