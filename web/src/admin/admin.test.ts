import { describe, expect, it } from "vitest";
import type { Sent } from "../api/types";
import { toField } from "../ui/local-time";
import { toCorrection, toForm } from "./correction";
import { changesOf, recipientsOf } from "./words";

const sent = (more: Partial<Sent> = {}): Sent => ({
  id: "n1",
  title: "Title",
  level: "info",
  critical: false,
  created_at: "2026-11-20T12:00:00.000Z",
  to: { user: "alice" },
  stage: "delivered",
  ...more,
});

describe("recipients", () => {
  it.each([
    [{ user: "alice" }, "alice"],
    [{ users: ["alice", "bob"] }, "alice, bob"],
    [{ users: ["alice", "bob", "carol", "dave"] }, "alice, bob and 2 more"],
    [{ topic: "deploys" }, "topic deploys"],
    [{ everyone: true as const }, "everyone"],
  ])("%j are %j", (to, expected) => expect(recipientsOf(to)).toBe(expected));
});

describe("a correction", () => {
  const before = toForm(sent({ body: "b", link: "/x" }));

  it("says nothing about what stays", () => {
    expect(toCorrection(before, before)).toEqual({});
    expect(toCorrection({ ...before, title: " Title " }, before)).toEqual({});
  });

  it("says what is other, and takes away what was emptied", () => {
    const form = { ...before, title: "New", body: " \n", level: "error" as const, link: "" };
    expect(toCorrection(form, before)).toEqual({
      title: "New",
      body: null,
      level: "error",
      link: null,
    });
  });

  it("moves the time of one that is scheduled, and only when it was changed", () => {
    const deliver_at = "2026-11-20T18:00:30.500Z";
    const scheduled = toForm(sent({ stage: "scheduled", deliver_at }));
    expect(scheduled.deliverAt).toBe(toField(new Date(deliver_at)));
    expect(toCorrection(scheduled, scheduled)).toEqual({});
    const later = { ...scheduled, deliverAt: toField(new Date(2026, 10, 21, 9)) };
    expect(toCorrection(later, scheduled)).toEqual({
      deliver_at: new Date(2026, 10, 21, 9).toISOString(),
    });
  });
});

describe("the history", () => {
  const [first, second, third] = [
    { at: "1", by: "root", action: "corrected", before: { ...sent(), title: "One" } },
    { at: "2", by: "root", action: "corrected", before: { ...sent(), title: "Two", body: "b" } },
    { at: "3", by: "root", action: "retracted" },
  ];
  const told = sent({ title: "Three", history: [first!, second!, third!] });

  it.each([
    [
      0,
      [
        { field: "title", was: "One" },
        { field: "body", was: null },
      ],
    ],
    [
      1,
      [
        { field: "title", was: "Two" },
        { field: "body", was: "b" },
      ],
    ],
    [2, []],
  ])("deed %i tells what was other before it", (index, expected) => {
    expect(changesOf(told, told.history![index]!)).toEqual(expected);
  });
});
