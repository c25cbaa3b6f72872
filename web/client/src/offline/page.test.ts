// @vitest-environment node
import { describe, expect, it } from "vitest";
import { envelope } from "../testing/driver";
import { item } from "../testing/inbox";
import type { Envelope, Item } from "../types";
import { apply, change, type Change } from "./page";

const says = (type: string, payload: object | null, more: object = {}) =>
  envelope(9, "user:alice", { type, payload, ...more }) as Envelope;

const changed = (what: Change) => says("inbox.changed", what);

/** What matters of a page, in a line. */
const line = (items: Item[] | null) =>
  items
    ?.map(({ id, seen, read }) => `${id.slice(2)}${seen ? "s" : ""}${read ? "r" : ""}`)
    .join(" ");

const HELD = [item(3), item(2, { seen: true }), item(1, { seen: true, read: true })];

describe("a page", () => {
  it.each<[string, Envelope, string | undefined]>([
    ["a new one is the first", says("notification", item(4)), "4 3 2s 1sr"],
    ["one that is here already is no other", says("notification", item(2)), "3 2s 1sr"],
    ["what is taken back is gone", says("notification.retracted", { id: "n-2" }), "3 1sr"],
    ["what expired is gone", says("notification.expired", { id: "n-3" }), "2s 1sr"],
    ["reading is seeing", changed({ ids: ["n-3"], read: true }), "3sr 2s 1sr"],
    ["unread is seen all the same", changed({ ids: ["n-1"], read: false }), "3 2s 1s"],
    ["acting is reading", changed({ ids: ["n-3"], acted: true }), "3sr 2s 1sr"],
    ["what is archived is elsewhere", changed({ ids: ["n-3"], archived: true }), "2s 1sr"],
    ["what is snoozed is elsewhere", changed({ ids: ["n-3"], snoozed_until: "2100" }), "2s 1sr"],
    ["what is removed is gone", changed({ ids: ["n-1"], deleted: true }), "3 2s"],
    ["a watermark is for all below", changed({ up_to: "c-2", read: true }), "3 2sr 1sr"],
    [
      "a watermark that is not here has to be asked for",
      changed({ up_to: "c-0", read: true }),
      undefined,
    ],
    ["what comes back has to be asked for", changed({ ids: ["n-0"], archived: false }), undefined],
    [
      "what wakes up has to be asked for",
      changed({ ids: ["n-0"], snoozed_until: null }),
      undefined,
    ],
    ["others than these are nobody's", changed({ ids: ["n-0"], read: true }), "3 2s 1sr"],
    ["who joins has no other page", says("inbox.changed", { joined: "deploys" }), "3 2s 1sr"],
    [
      "what may be muted by now has to be asked for",
      says("notification.updated", item(3, { level: "error" })),
      undefined,
    ],
    ["a signal is not for the inbox", says("typing", { by: "bob" }), "3 2s 1sr"],
    ["and one may say nothing", says("typing", null), "3 2s 1sr"],
  ])("%s", (_, event, expected) => {
    const after = apply(HELD, event);
    expect(line(after)).toBe(expected);
    // What is applied twice does no harm.
    if (after !== null) expect(line(apply(after, event))).toBe(expected);
  });

  it("takes a correction as a whole, but for what the reader did", () => {
    const held = [item(1, { body: "old", read: true, seen: true })];
    const now = { ...item(1, { title: "new" }), read: undefined, seen: undefined };
    expect(apply(held, says("notification.updated", now))?.[0]).toMatchObject({
      title: "new",
      read: true,
    });
    expect(apply(held, says("notification.updated", now))?.[0]?.body).toBeUndefined();
  });

  it("gives the place of a group to its newest one, of the same audience", () => {
    const held = [item(2, { group_key: "g", audience: "everyone" }), item(1, { group_key: "g" })];
    expect(line(apply(held, says("notification", item(3, { group_key: "g" }))))).toBe("3 2");
  });

  it("asks where the list may be ahead of the stream, and have the newer one of a group", () => {
    const ahead = [item(4), item(3, { group_key: "g" })];
    expect(apply(ahead, says("notification", item(2, { group_key: "g" })))).toBeNull();
    expect(line(apply(ahead, says("notification", item(2, { group_key: "h" }))))).toBe("2 4 3");
  });

  it("has no arithmetic of counts, and no effects on what it was given", () => {
    const before = JSON.stringify(HELD);
    change(HELD, { ids: ["n-3"], read: true });
    expect(JSON.stringify(HELD)).toBe(before);
  });
});
