import { describe, expect, it } from "vitest";
import { fromField, toField } from "../ui/local-time";
import { snoozeTimes } from "./snooze-times";

const times = (now: Date) => snoozeTimes(now).map(({ key, until }) => `${key} ${toField(until)}`);

describe("times to snooze until", () => {
  it.each([
    [
      "on a Friday afternoon",
      new Date(2026, 10, 20, 15, 30),
      [
        "hour 2026-11-20T16:30",
        "evening 2026-11-20T18:00",
        "morning 2026-11-21T08:00",
        "week 2026-11-23T08:00",
      ],
    ],
    [
      "in the evening there is no this evening",
      new Date(2026, 10, 20, 17, 0),
      ["hour 2026-11-20T18:00", "morning 2026-11-21T08:00", "week 2026-11-23T08:00"],
    ],
    [
      "on a Monday the next week is a week away",
      new Date(2026, 10, 23, 9, 0),
      [
        "hour 2026-11-23T10:00",
        "evening 2026-11-23T18:00",
        "morning 2026-11-24T08:00",
        "week 2026-11-30T08:00",
      ],
    ],
    [
      "on the last night of the year",
      new Date(2026, 11, 31, 23, 30),
      ["hour 2027-01-01T00:30", "morning 2027-01-01T08:00", "week 2027-01-04T08:00"],
    ],
    [
      "on a Sunday tomorrow is next week",
      new Date(2026, 10, 22, 20, 0),
      ["hour 2026-11-22T21:00", "morning 2026-11-23T08:00", "week 2026-11-23T08:00"],
    ],
  ])("%s", (_, now, expected) => expect(times(now)).toEqual(expected));
});

describe("a field of date and time", () => {
  it("is read as it was written", () => {
    const time = new Date(2026, 0, 2, 3, 4);
    expect(toField(time)).toBe("2026-01-02T03:04");
    expect(fromField("2026-01-02T03:04")).toBe(time.toISOString());
  });

  it.each(["", "nonsense"])("%j is no time", (text) => expect(fromField(text)).toBeNull());
});
