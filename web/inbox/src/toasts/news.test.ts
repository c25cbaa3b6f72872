import type { Envelope, Item } from "@tidings/client";
import { describe, expect, it } from "vitest";
import { FRESH_MS, MOST_HELD, News } from "./news";
import type { Toast } from "./queue";

function setUp({ isOn = true, quiet = false as boolean | undefined, wants = true } = {}) {
  const did: string[] = [];
  const note =
    (what: string) =>
    (whom: Toast | string): void =>
      void did.push(`${what} ${typeof whom === "string" ? whom : whom.title}`);
  const shown = new Set<string>();
  const stage = {
    isOn,
    has: (id: string) => shown.has(id),
    claim: (id: string) => void shown.add(id),
  };
  const clock = { now: 1_000_000 };
  const hours: { quiet: boolean | undefined } = { quiet };
  const items: Record<string, Item> = {};
  const news = new News({
    queue: {
      push: note("show"),
      correct: note("correct"),
      close: note("close"),
      closeGroup: note("close group"),
      settle: note("settle"),
    },
    stage,
    now: () => clock.now,
    isQuiet: () => hours.quiet,
    wantsToasts: () => wants,
    told: note("say"),
    followed: note("follow"),
    item: async (id) => items[id] ?? null,
  });
  const hear = (
    type: string,
    payload: object | null,
    { live = true, welcome = true, muted = false } = {},
  ) => {
    did.length = 0;
    const { id } = Object(payload) as Item;
    const envelope = {
      id: `e-${id}`,
      type,
      payload,
      audience: "user:alice",
      muted,
    } as unknown as Envelope;
    news.hear(envelope, live, welcome);
    return [...did];
  };
  return { news, hear, did, stage, clock, hours, items };
}

const item = (id: string, more: Partial<Item> = {}) => ({
  id,
  title: id,
  level: "info",
  critical: false,
  ...more,
});

describe("news", () => {
  it.each([
    ["are shown and said", {}, {}, {}, ["show a", "say a"]],
    ["are only said where no toasts are wanted", { wants: false }, {}, {}, ["say a"]],
    ["of a replay are none", {}, {}, { live: false }, []],
    ["that are muted are none", {}, {}, { muted: true }, []],
    ["in quiet hours are none", { quiet: true }, {}, {}, []],
    [
      "that are critical pass",
      { quiet: true },
      { critical: true },
      { muted: true },
      ["show a", "say a"],
    ],
    ["that the host tells are none", {}, { critical: true }, { welcome: false }, []],
    [
      "that are not shown take the place of those that were",
      { quiet: true },
      { group_key: "g" },
      {},
      ["close group user:alice g"],
    ],
  ])("%s", (_, world, more, how, wanted) => {
    expect(setUp(world).hear("notification", item("a", more), how)).toEqual(wanted);
  });

  it("are corrected, taken back, and over when they were dealt with", () => {
    const { hear } = setUp();
    expect(hear("notification.updated", item("a"))).toEqual(["correct a"]);
    expect(hear("notification.retracted", item("a"))).toEqual(["close a"]);
    expect(hear("notification.expired", item("a"))).toEqual(["close a"]);
    expect(hear("inbox.changed", { ids: ["a", "b"], read: true })).toEqual([
      "settle a",
      "settle b",
    ]);
    expect(hear("inbox.changed", { ids: ["a"], archived: true })).toEqual(["settle a"]);
    expect(hear("inbox.changed", { ids: ["a"], snoozed_until: "2026-11-28T10:00:00Z" })).toEqual([
      "settle a",
    ]);
    expect(hear("inbox.changed", { ids: ["a"], deleted: true })).toEqual(["close a", "settle a"]);
    expect(hear("inbox.changed", { ids: ["a"], read: false })).toEqual([]);
    expect(hear("inbox.changed", { ids: ["a"], seen: true })).toEqual([]);
    expect(hear("build.finished", { id: "a" })).toEqual([]);
  });
});

describe("one that comes back from a snooze", () => {
  const back = { ids: ["a"], snoozed_until: null, read: false };
  const come = async (more: object, { quiet = false, live = true } = {}) => {
    const { hear, did, items, stage } = setUp({ quiet });
    stage.claim("e-a"); // it was shown when it was new
    items.a = item("a", { audience: "user:alice", ...more }) as Item;
    hear("inbox.changed", back, { live });
    await Promise.resolve();
    await Promise.resolve();
    return did;
  };
  it("is shown once more", async () => expect(await come({})).toEqual(["show a", "say a"]));
  it.each([
    ["it was read meanwhile", { read: true }, {}],
    ["it is muted", { muted: true }, {}],
    ["it is quiet", {}, { quiet: true }],
    ["it is a replay", {}, { live: false }],
  ])("is not where %s", async (_, more, how) => expect(await come(more, how)).toEqual([]));

  it.each([
    ["was retracted", "notification.retracted", { id: "a" }],
    ["was read", "inbox.changed", { ids: ["a"], read: true }],
  ])("is not where it %s while it was asked for", async (_, type, payload) => {
    const { hear, did, items } = setUp();
    items.a = { ...item("a"), read: false } as Item;
    hear("inbox.changed", back);
    hear(type, payload);
    did.length = 0;
    for (let turn = 0; turn < 3; turn += 1) await Promise.resolve();
    expect(did).toEqual([]);
  });

  it("is not where nobody knows it", async () => {
    const { hear, did } = setUp();
    hear("inbox.changed", back);
    await Promise.resolve();
    expect(did).toEqual([]);
  });
});

it("closes what the host has dealt with, though it is critical, and shows it in no turn", () => {
  const { news, did, hear, stage } = setUp({ isOn: false });
  hear("notification", item("a", { critical: true }));
  news.close("a");
  expect(did).toEqual(["close a"]);
  stage.isOn = true;
  news.began();
  expect(did).toEqual(["close a"]);
});

describe("a tab whose turn it is not", () => {
  it("keeps them, and shows what is still unread and fresh", () => {
    const { news, hear, did, stage, clock } = setUp({ isOn: false });
    expect(hear("notification", item("old"))).toEqual([]);
    clock.now += FRESH_MS;
    for (const id of ["read", "shown", "retracted", "wrogn", "grouped"]) {
      hear("notification", item(id, id === "grouped" ? { group_key: "g" } : {}));
    }
    hear("inbox.changed", { ids: ["read"], read: true });
    hear("notification.retracted", item("retracted"));
    hear("notification.updated", item("wrogn", { title: "right" }));
    hear("notification", item("newer", { group_key: "g" }));
    news.taken("e-shown");
    clock.now += 1;
    did.length = 0;
    stage.isOn = true;
    news.began();
    expect(did.filter((line) => line.startsWith("show"))).toEqual(["show right", "show newer"]);
    did.length = 0;
    news.began();
    expect(did).toEqual([]);
  });

  it("keeps no more than can be looked at", () => {
    const { news, hear, did, stage } = setUp({ isOn: false });
    for (let n = 0; n < MOST_HELD + 5; n += 1) hear("notification", item(`${n}`));
    stage.isOn = true;
    news.began();
    const shown = did.filter((line) => line.startsWith("show"));
    expect([shown.length, shown[0]]).toEqual([MOST_HELD, "show 5"]);
  });

  it("keeps what is critical longest", () => {
    const { news, hear, did, stage } = setUp({ isOn: false });
    hear("notification", item("grave", { critical: true }));
    for (let n = 0; n < MOST_HELD + 5; n += 1) hear("notification", item(`${n}`));
    stage.isOn = true;
    news.began();
    const shown = did.filter((line) => line.startsWith("show"));
    expect([shown.length, shown[0], shown[1]]).toEqual([MOST_HELD, "show grave", "show 6"]);
  });

  it("takes a signal that brings nothing for nothing", () => {
    const { hear } = setUp();
    expect(hear("typing", null)).toEqual([]);
  });

  it("shows nothing that another tab has shown, however late it hears of it", () => {
    const { hear, stage } = setUp();
    stage.claim("e-a");
    expect(hear("notification", item("a"))).toEqual([]);
  });
});

describe("before it is known whether it is quiet", () => {
  it.each([
    [false, ["show new", "say new"]],
    [true, ["close group user:alice g"]],
  ])("they wait, and are shown where it is not: %s", (quiet, wanted) => {
    const { news, hear, did, hours } = setUp();
    hours.quiet = undefined;
    hear("notification", item("read"));
    hear("inbox.changed", { ids: ["read"], read: true });
    expect(hear("notification", item("new", { group_key: "g" }))).toEqual([]);
    hours.quiet = quiet;
    news.began();
    expect(did).toEqual(wanted);
  });

  it("what is critical does not wait", () => {
    const { hear, hours } = setUp();
    hours.quiet = undefined;
    expect(hear("notification", item("a", { critical: true }))).toEqual(["show a", "say a"]);
  });
});
