import { describe, expect, it } from "vitest";
import { badgeText } from "../inbox/badge";
import { initials } from "./initials";
import { exactTime, relativeTime, shortTime, weekTime } from "./when";

describe("initials", () => {
  it.each([
    ["Ada Lovelace", "AL"],
    ["Johann Sebastian Bach", "JB"],
    ["ci", "C"],
    ["deploy-bot", "DB"],
    ["  spaced   out  ", "SO"],
    ["😀 smile", "😀S"],
    ["", ""],
  ])("of %j are %j", (name, expected) => expect(initials(name)).toBe(expected));
});

describe("relative time", () => {
  const now = Date.parse("2026-11-20T12:00:00.000Z");
  it.each([
    ["2026-11-20T12:00:30.000Z", "just now"],
    ["2026-11-20T11:59:10.000Z", "just now"],
    ["2026-11-20T11:58:59.000Z", "1 min. ago"],
    ["2026-11-20T09:00:00.000Z", "3 hr. ago"],
    ["2026-11-19T11:00:00.000Z", "yesterday"],
    ["2026-11-10T11:00:00.000Z", "last wk."],
    ["2024-11-10T11:00:00.000Z", "2 yr. ago"],
    ["nonsense", ""],
  ])("of %s is %j", (iso, expected) => expect(relativeTime(iso, now)).toBe(expected));

  it("shows an exact time that it cannot read as it is", () => {
    expect(exactTime("nonsense")).toBe("nonsense");
    expect(exactTime("2026-11-20T12:00:00.000Z")).toContain("2026");
  });
});

describe("a time to come", () => {
  it("is told to the minute", () => {
    const time = new Date(2026, 10, 20, 18, 0);
    expect(shortTime(time.toISOString()).replace(/\s/g, " ")).toBe("Fri, Nov 20, 6:00 PM");
    expect(weekTime(time).replace(/\s/g, " ")).toBe("Fri 6:00 PM");
    expect(shortTime("nonsense")).toBe("nonsense");
  });
});

describe("the badge", () => {
  it.each([
    [0, ""],
    [-1, ""],
    [1, "1"],
    [99, "99"],
    [100, "99+"],
  ])("for %i says %j", (unread, expected) => expect(badgeText(unread)).toBe(expected));
});
