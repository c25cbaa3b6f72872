import { describe, expect, it } from "vitest";
import type { Item, Notification, View } from "../api/types";
import type { InboxChange, LogFrame } from "../stream/frames";
import { reduce, type InboxEvent } from "./reduce";
import { emptyInbox, isUnread, shownItems, type InboxState } from "./state";

const written = (id: string): Notification => ({
  id,
  title: `Title of ${id}`,
  level: "info",
  critical: false,
  created_at: "2026-11-01T12:00:00.000Z",
});

const item = (id: string, receipt: Partial<Item> = {}): Item => ({
  ...written(id),
  audience: "user:alice",
  cursor: `at-${id}`,
  seen: false,
  read: false,
  archived: false,
  ...receipt,
});

const page = (items: Item[], unread = items.length, next: string | null = null) => ({
  items,
  next,
  unread,
  unseen: 0,
  cursor: "head",
});

const SOON = "2026-11-01T13:00:00.000Z";

const counts = (unread: number, unseen = 0): InboxEvent => ({
  on: "counts",
  counts: { unread, unseen },
  sentAt: "stream",
});

/** As the stream tells it: the counts, and then what has changed them. */
const told = (type: LogFrame["type"], unread: number, payload: unknown, more: object = {}) => {
  const frame = { type, id: "later", audience: "user:alice", payload, ...more } as LogFrame;
  return [counts(unread), { on: "frame", frame } as const];
};

const came = (id: string, unread = 1, more: object = {}) =>
  told("notification", unread, written(id), { id: `at-${id}`, ...more });

const change = (payload: InboxChange, unread = 0, id = "later") =>
  told("inbox.changed", unread, payload, { id });

const other = (type: LogFrame["type"], payload: unknown) => told(type, 0, payload);

type Told = InboxEvent | InboxEvent[];

const run = (state: InboxState, ...events: Told[]) => events.flat().reduce(reduce, state);

/** A page that has loaded c, b, a: newest first. */
function loaded(view: View = "all", items = [item("c"), item("b"), item("a")]): InboxState {
  return run(
    emptyInbox(view),
    { on: "load-started", load: 1 },
    { on: "loaded", load: 1, page: page(items), append: false, sentAt: 0 },
  );
}

/** The rows as "id" when unread, "id*" when read and "id=" when muted. */
const rows = (state: InboxState) =>
  shownItems(state)
    .map((row) => row.id + (isUnread(row) ? "" : row.read ? "*" : "="))
    .join(" ");

describe("frames", () => {
  const table: [name: string, events: Told[], rows: string, unread: number, stale: boolean][] = [
    ["a notification comes first", [came("d", 4)], "d c b a", 4, false],
    ["two keep their order", [came("d", 4), came("e", 5)], "e d c b a", 5, false],
    [
      "what was told before changes no row of a newer list",
      [came("aa", 4, { live: false })],
      "c b a",
      4,
      true,
    ],
    ["one that came meanwhile comes first", [came("d", 4, { live: false })], "d c b a", 4, false],
    ["one that is listed already changes no row", [came("b", 3)], "c b a", 3, false],
    ["some ids are read", [change({ ids: ["a", "c"], read: true }, 1)], "c* b a*", 1, false],
    [
      "unread again",
      [change({ ids: ["a"], read: true }, 2), change({ ids: ["a"], read: false }, 3)],
      "c b a",
      3,
      false,
    ],
    ["archived leaves the view", [change({ ids: ["b"], archived: true }, 2)], "c a", 2, false],
    [
      "and comes back to its place",
      [change({ ids: ["b"], archived: true }), change({ ids: ["b"], archived: false }, 3)],
      "c b a",
      3,
      false,
    ],
    [
      "a watermark covers its row and older",
      [change({ up_to: "at-b", read: true }, 1)],
      "c b* a*",
      1,
      false,
    ],
    [
      "what came after a watermark stays unread",
      [came("d"), change({ up_to: "at-c", read: true }, 1)],
      "d c* b* a*",
      1,
      false,
    ],
    [
      "an unknown watermark asks the server",
      [change({ up_to: "?", read: true }, 0)],
      "c b a",
      0,
      true,
    ],
    ["but not for seen alone", [change({ up_to: "?", seen: true }, 3)], "c b a", 3, false],
    [
      "ids that are not here may be read",
      [change({ ids: ["x"], read: true }, 3)],
      "c b a",
      3,
      false,
    ],
    [
      "but one that comes back must be fetched",
      [change({ ids: ["x"], archived: false }, 3)],
      "c b a",
      3,
      true,
    ],
    ["a change of another kind asks the server", [change({ ids: ["a"] }, 3)], "c b a", 3, true],
    ["snoozed leaves the view", [change({ ids: ["b"], snoozed_until: SOON }, 2)], "c a", 2, false],
    [
      "and comes back to its place, unread",
      [
        change({ ids: ["b"], read: true }, 2),
        change({ ids: ["b"], snoozed_until: SOON }, 2),
        change({ ids: ["b"], seen: false, read: false, snoozed_until: null }, 3),
      ],
      "c b a",
      3,
      false,
    ],
    [
      "one that comes back and is not here must be fetched",
      [change({ ids: ["x"], seen: false, read: false, snoozed_until: null }, 4)],
      "c b a",
      4,
      true,
    ],
    [
      "snoozed elsewhere is no loss",
      [change({ ids: ["x"], snoozed_until: SOON })],
      "c b a",
      0,
      false,
    ],
    ["a topic that was joined", [change({ joined: "deploys" }, 3)], "c b a", 3, false],
    ["a topic that was left", [change({ left: "deploys" }, 3)], "c b a", 3, false],
    [
      "other preferences",
      [change({ preferences: { muted: { topics: [], categories: [], levels: ["info"] } } }, 3)],
      "c b a",
      3,
      false,
    ],
    [
      "a muted one is listed, and not unread",
      [came("d", 3, { muted: true })],
      "d= c b a",
      3,
      false,
    ],
    ["deleted elsewhere", [change({ ids: ["x"], deleted: true }, 3)], "c b a", 3, false],
    ["deleted", [change({ ids: ["b"], deleted: true }, 2)], "c a", 2, false],
    ["retracted", [other("notification.retracted", { id: "b" })], "c a", 0, false],
    ["expired", [other("notification.expired", { id: "c" })], "b a", 0, false],
  ];

  it.each(table)("%s", (_, events, expected, unread, stale) => {
    const state = run(loaded(), ...events);
    expect(rows(state)).toBe(expected);
    expect(state.counts.unread).toBe(unread);
    expect(state.stale).toBe(stale);
  });

  it("replaces the words of a corrected notification, not its receipt", () => {
    const state = run(
      loaded("all", [item("a", { read: true, body: "old", link: "/old" })]),
      other("notification.updated", { ...written("a"), title: "New", body: "new" }),
    );
    expect(shownItems(state)[0]).toMatchObject({ title: "New", body: "new", read: true });
    expect(shownItems(state)[0]?.link).toBeUndefined();
  });

  it.each([
    ["level", { level: "error" as const }],
    ["category", { category: "builds" }],
    ["critical", { critical: true }],
  ])("asks the server whether another %s is muted", (_, correction) => {
    const state = run(
      loaded(),
      other("notification.updated", { ...written("a"), title: "New", ...correction }),
    );
    expect(state.stale).toBe(true);
    expect(run(loaded(), other("notification.updated", written("a"))).stale).toBe(false);
  });

  it("keeps a correction away from what the reader did with it", () => {
    const before = item("a", { muted: true, snoozed_until: SOON });
    const state = run(loaded("snoozed", [before]), other("notification.updated", written("a")));
    expect(shownItems(state)[0]).toMatchObject({ muted: true, snoozed_until: SOON });
  });

  describe("a newer notification of a group", () => {
    const grouped = (id: string, more: Partial<Notification> = {}, frame: object = {}) =>
      came(id, 1, { payload: { ...written(id), group_key: "build", ...more }, ...frame });
    const old = item("b", { group_key: "build" });

    it("takes the older one's place", () => {
      expect(rows(run(loaded("all", [item("c"), old]), grouped("d")))).toBe("d c");
    });

    it("even when the older one was read, archived or snoozed", () => {
      for (const receipt of [{ read: true }, { archived: true }, { snoozed_until: SOON }]) {
        const state = run(loaded("all", [{ ...old, ...receipt }]), grouped("d"));
        expect(state.items.map(({ id }) => id)).toEqual(["d"]);
      }
    });

    it("leaves other groups, and the same key of another audience", () => {
      const others = [item("c", { group_key: "deploy" }), { ...old, audience: "topic:builds" }];
      expect(rows(run(loaded("all", others), grouped("d")))).toBe("d c b");
    });

    it("is not replaced by an older one that the stream tells late", () => {
      const state = run(loaded("all", [item("c"), old]), grouped("a"));
      expect([rows(state), state.stale]).toEqual(["c b", true]);
    });

    it("does not replace itself when the list knows it already", () => {
      expect(rows(run(loaded("all", [old]), grouped("b")))).toBe("b");
    });
  });

  it("moves the cursor with every frame", () => {
    expect(run(loaded(), change({ ids: ["a"], seen: true }, 3, "at-9")).cursor).toBe("at-9");
  });

  it("starts over when a page has grown without end", () => {
    const many = Array.from({ length: 2_000 }, (_, n) => item(`n${n}`));
    expect(run(loaded("all", many), came("one more")).stale).toBe(true);
  });
});

describe("views", () => {
  it.each<[View, string]>([
    ["all", "c* b"],
    ["unread", "b"],
    ["archived", "a"],
    ["snoozed", "s t"],
  ])("%s", (view, expected) => {
    const items = [
      item("c", { read: true }),
      item("b"),
      item("a", { archived: true }),
      item("s", { snoozed_until: SOON }),
      item("t", { archived: true, snoozed_until: SOON }),
    ];
    expect(rows(loaded(view, items))).toBe(expected);
  });

  it("fetches what is snoozed elsewhere into the list of snoozed ones", () => {
    const snoozed = change({ ids: ["x"], snoozed_until: SOON });
    expect(run(loaded("snoozed", []), snoozed).stale).toBe(true);
    expect(run(loaded("archived", []), snoozed).stale).toBe(false);
  });

  it("takes what was put away for no longer put off", () => {
    const state = run(
      loaded("archived", [item("b", { snoozed_until: SOON })]),
      change({ ids: ["b"], archived: true }),
    );
    expect(rows(state)).toBe("b");
  });

  it("does not take a muted notification for unread", () => {
    expect(rows(loaded("unread", [item("b", { muted: true }), item("a")]))).toBe("a");
    expect(isUnread(item("b", { muted: true }))).toBe(false);
  });

  it("fetches what enters the archive from elsewhere", () => {
    const enters = change({ ids: ["x"], archived: true });
    expect(run(loaded("archived", []), enters).stale).toBe(true);
    expect(run(loaded("all"), enters).stale).toBe(false);
  });

  it("keeps badge and marks under way over a change of view, but no rows", () => {
    const state = run(
      loaded(),
      { on: "marked", op: 7, ids: ["a"], change: { read: true } },
      { on: "view", view: "unread", search: "" },
    );
    expect(state).toMatchObject({ view: "unread", items: [], counts: { unread: 3 } });
    expect(state.pending).toHaveLength(1);
  });
});

describe("a search", () => {
  const found = (...items: Item[]) =>
    run(
      emptyInbox("all", "BUILD"),
      { on: "load-started", load: 1 },
      { on: "loaded", load: 1, page: page(items), append: false, sentAt: 0 },
    );
  const build = (id: string, more: Partial<Notification>) =>
    came(id, 1, { payload: { ...written(id), ...more } });

  it("shows what the server found, without a second opinion", () => {
    expect(rows(found(item("a")))).toBe("a");
  });

  it("takes in what comes and has the text, in title or body, and leaves out the rest", () => {
    const state = run(
      found(),
      build("t", { title: "A Build failed" }),
      build("b", { body: "rebuilding" }),
      build("x", { title: "Lunch" }),
    );
    expect(rows(state)).toBe("b t");
    expect(state.counts.unread).toBe(1);
  });

  it("asks the server about what was corrected", () => {
    expect(run(found(item("a")), other("notification.updated", written("a"))).stale).toBe(true);
    expect(run(found(), other("notification.updated", written("z"))).stale).toBe(true);
  });
});

describe("loading", () => {
  it("applies again what the stream said while the list was on its way", () => {
    const state = run(
      loaded(),
      { on: "load-started", load: 2 },
      came("d", 4),
      change({ ids: ["a"], read: true }, 3),
      {
        on: "loaded",
        load: 2,
        page: page([item("c"), item("b"), item("a")], 3),
        append: false,
        sentAt: 0,
      },
    );
    expect(rows(state)).toBe("d c b a*");
  });

  it("does not let an older answer touch a newer badge", () => {
    const state = run(loaded(), { on: "load-started", load: 2 }, came("d", 4), {
      on: "loaded",
      load: 2,
      page: page([item("c")], 3),
      append: false,
      sentAt: 0,
    });
    expect(state.counts.unread).toBe(4);
  });

  it("takes the badge from an answer when the stream was silent", () => {
    const state = run(
      loaded(),
      { on: "load-started", load: 2 },
      { on: "loaded", load: 2, page: page([], 9), append: false, sentAt: 0 },
    );
    expect(state.counts.unread).toBe(9);
  });

  it("ignores the answer of a request that another has replaced", () => {
    const state = run(
      loaded(),
      { on: "load-started", load: 2 },
      { on: "load-started", load: 3 },
      { on: "loaded", load: 2, page: page([item("x")]), append: false, sentAt: 0 },
    );
    expect(rows(state)).toBe("c b a");
  });

  it("appends further pages once", () => {
    const state = run(
      loaded(),
      { on: "load-started", load: 2 },
      {
        on: "loaded",
        load: 2,
        page: page([item("a"), item("z")], 4, "n"),
        append: true,
        sentAt: 0,
      },
    );
    expect(rows(state)).toBe("c b a z");
    expect(state.next).toBe("n");
  });

  it("keeps what it has when loading fails", () => {
    const state = run(loaded(), { on: "load-started", load: 2 }, { on: "load-failed", load: 2 });
    expect(rows(state)).toBe("c b a");
    expect(state.loading).toBeNull();
  });

  it("gives up on an answer that too many frames have overtaken", () => {
    const flood = Array.from({ length: 1_001 }, () => change({ ids: ["a"], seen: true }, 3));
    const state = run(loaded(), { on: "load-started", load: 2 }, ...flood, {
      on: "loaded",
      load: 2,
      page: page([]),
      append: false,
      sentAt: 0,
    });
    expect(state.stale).toBe(true);
    expect(rows(state)).toBe("c b a");
  });
});

describe("reset", () => {
  const reset = (more: boolean): InboxEvent => ({
    on: "reset",
    reset: {
      reason: "epoch",
      unread: 7,
      unseen: 2,
      notifications: [item("z")],
      more,
      cursor: "head",
    },
  });

  it("replaces what the page holds, marks under way included", () => {
    const state = run(
      loaded(),
      { on: "marked", op: 7, ids: ["z"], change: { read: true } },
      { on: "load-started", load: 2 },
      reset(false),
      counts(7, 2),
      { on: "loaded", load: 2, page: page([item("old")]), append: false, sentAt: 0 },
    );
    expect(rows(state)).toBe("z");
    expect(state).toMatchObject({ counts: { unread: 7, unseen: 2 }, cursor: "at-z", stale: false });
  });

  it.each<[View, boolean, boolean]>([
    ["all", false, false],
    ["all", true, true],
    ["unread", false, true],
    ["archived", false, true],
  ])("in view %s with more=%s fetches: %s", (view, more, stale) => {
    expect(run(loaded(view), reset(more)).stale).toBe(stale);
  });
});

describe("a removal", () => {
  const removed: InboxEvent = { on: "marked", op: 9, ids: ["b"], change: { deleted: true } };

  it("hides its row before the server is asked, and shows it again when it is undone", () => {
    expect(rows(run(loaded(), removed))).toBe("c a");
    expect(rows(run(loaded(), removed, { on: "mark-undone", op: 9 }))).toBe("c b a");
  });

  it("holds while the list is fetched again, in another view, and over a reset", () => {
    const again: InboxEvent[] = [
      { on: "view", view: "unread", search: "" },
      { on: "load-started", load: 2 },
      { on: "loaded", load: 2, page: page([item("b"), item("a")]), append: false, sentAt: 0 },
    ];
    expect(rows(run(loaded(), removed, ...again))).toBe("a");
    const notifications = [item("b"), item("a")];
    const state = { reason: "epoch", unread: 2, unseen: 0, more: false, cursor: "head" };
    const reset: InboxEvent = { on: "reset", reset: { ...state, notifications } };
    expect(rows(run(loaded(), removed, reset))).toBe("a");
  });

  it("is for good once the server agrees", () => {
    const state = run(loaded(), removed, { on: "mark-confirmed", op: 9 });
    expect(state.items.map(({ id }) => id)).toEqual(["c", "a"]);
    expect(state.pending).toEqual([]);
  });
});

describe("snoozing", () => {
  const snoozed: InboxEvent = {
    on: "marked",
    op: 9,
    ids: ["b"],
    change: { snoozed_until: SOON },
  };

  it("hides its row at once, and keeps it away when the server agrees", () => {
    expect(rows(run(loaded(), snoozed))).toBe("c a");
    const state = run(loaded(), snoozed, { on: "mark-confirmed", op: 9 });
    expect(rows({ ...state, view: "snoozed" })).toBe("b");
  });

  it("can be taken back at once", () => {
    const back: InboxEvent = { on: "marked", op: 10, ids: ["b"], change: { snoozed_until: null } };
    expect(rows(run(loaded(), snoozed, back))).toBe("c b a");
  });

  it("stays taken back when the frame of the snooze itself comes late", () => {
    const awake: InboxEvent = {
      on: "marked",
      op: 10,
      ids: ["b"],
      change: { snoozed_until: null },
      after: { snoozed_until: SOON },
    };
    const late = change({ ids: ["b"], snoozed_until: SOON });
    const agreed = { on: "mark-confirmed", op: 9 } as const;
    expect(rows(run(loaded(), snoozed, agreed, awake, late))).toBe("c b a");
    const elsewhere = change({ ids: ["b"], snoozed_until: "2026-11-02T08:00:00.000Z" });
    expect(rows(run(loaded(), snoozed, agreed, awake, late, elsewhere))).toBe("c a");
  });

  it("yields to the stream when it came back meanwhile", () => {
    const awake = change({ ids: ["b"], seen: false, read: false, snoozed_until: null }, 3);
    expect(rows(run(loaded(), snoozed, awake, { on: "mark-confirmed", op: 9 }))).toBe("c b a");
  });
});

describe("marks", () => {
  const marked: InboxEvent = { on: "marked", op: 7, ids: ["b"], change: { read: true } };

  it("show at once, and leave the badge alone", () => {
    const state = run(loaded(), marked);
    expect(rows(state)).toBe("c b* a");
    expect(state.counts.unread).toBe(3);
  });

  it("are taken back when the server refuses", () => {
    expect(rows(run(loaded(), marked, { on: "mark-undone", op: 7 }))).toBe("c b a");
  });

  it("an archived row comes back to its place when the server refuses", () => {
    const archive: InboxEvent = { on: "marked", op: 8, ids: ["b"], change: { archived: true } };
    expect(rows(run(loaded(), archive))).toBe("c a");
    expect(rows(run(loaded(), archive, { on: "mark-undone", op: 8 }))).toBe("c b a");
  });

  it("become true when the server agrees", () => {
    const state = run(loaded(), marked, { on: "mark-confirmed", op: 7 });
    expect(state.pending).toEqual([]);
    expect(state.items[1]).toMatchObject({ read: true, seen: true });
  });

  it("one refusal does not take back another mark", () => {
    const state = run(
      loaded(),
      marked,
      { on: "marked", op: 8, ids: ["a"], change: { read: true } },
      { on: "mark-undone", op: 7 },
    );
    expect(rows(state)).toBe("c b a*");
  });

  it("yield to what the stream says about the same thing", () => {
    const undone = change({ ids: ["b"], read: false }, 3);
    const state = run(loaded(), marked, change({ ids: ["b"], read: true }, 2), undone, {
      on: "mark-confirmed",
      op: 7,
    });
    expect(rows(state)).toBe("c b a");
  });

  it("do not yield to a frame about another thing", () => {
    const state = run(loaded(), marked, change({ ids: ["b"], seen: true }, 3));
    expect(rows(state)).toBe("c b* a");
  });

  it("all read spares what arrives while the request travels", () => {
    const state = run(
      loaded(),
      { on: "marked", op: 7, ids: ["c", "b", "a"], change: { read: true } },
      came("d", 1),
      { on: "mark-confirmed", op: 7 },
    );
    expect(rows(state)).toBe("d c* b* a*");
  });

  it("the answer's counts yield to a frame that came meanwhile", () => {
    const late: InboxEvent = { on: "counts", counts: { unread: 0, unseen: 0 }, sentAt: 0 };
    expect(run(loaded(), late).counts.unread).toBe(0);
    expect(run(loaded(), came("d", 4), late).counts.unread).toBe(4);
  });
});
