import { describe, expect, it } from "vitest";
import { isQuiet, timeOfDay } from "./quiet";

const hours = (from: string, to: string, time_zone: string) => ({ from, to, time_zone });

describe("quiet hours", () => {
  const night = hours("22:00", "07:00", "Europe/Berlin");
  const lunch = hours("12:00", "13:30", "UTC");

  it.each([
    // Berlin is an hour ahead of UTC in winter, two in summer.
    ["before they begin", night, "2026-11-20T20:59:59Z", false],
    ["the minute that they begin with", night, "2026-11-20T21:00:00Z", true],
    ["just before midnight", night, "2026-11-20T22:59:59Z", true],
    ["midnight itself", night, "2026-11-20T23:00:00Z", true],
    ["after midnight", night, "2026-11-21T03:00:00Z", true],
    ["the last minute", night, "2026-11-21T05:59:59Z", true],
    ["the minute that they end before", night, "2026-11-21T06:00:00Z", false],
    ["noon", night, "2026-11-21T11:00:00Z", false],
    ["in summer an hour earlier", night, "2026-07-01T20:00:00Z", true],
    ["and over in time", night, "2026-07-01T05:00:00Z", false],
    ["within one day, before", lunch, "2026-11-20T11:59:59Z", false],
    ["within one day, at the start", lunch, "2026-11-20T12:00:00Z", true],
    ["within one day, at the end", lunch, "2026-11-20T13:29:59Z", true],
    ["within one day, after", lunch, "2026-11-20T13:30:00Z", false],
    [
      "elsewhere it is tomorrow",
      hours("00:00", "06:00", "Asia/Tokyo"),
      "2026-11-20T16:00:00Z",
      true,
    ],
    ["half an hour off", hours("22:00", "22:30", "Asia/Kolkata"), "2026-11-20T16:45:00Z", true],
    ["from midnight", hours("00:00", "08:00", "UTC"), "2026-11-20T00:00:00Z", true],
    ["to midnight", hours("22:00", "00:00", "UTC"), "2026-11-20T23:59:00Z", true],
    ["and not beyond", hours("22:00", "00:00", "UTC"), "2026-11-20T00:00:00Z", false],
    ["behind UTC", hours("22:00", "07:00", "America/New_York"), "2026-11-20T04:00:00Z", true],
  ])("%s", (_, quiet, now, expected) => {
    expect(isQuiet(quiet, Date.parse(now))).toBe(expected);
  });

  it("are off when there are none", () => {
    expect(isQuiet(undefined, Date.now())).toBe(false);
  });

  it("hold in a time zone that the browser does not know, by its own clock", () => {
    const noon = new Date(2026, 10, 20, 12, 0).getTime();
    expect(timeOfDay(noon, "Mars/Olympus_Mons")).toBe("12:00");
    expect(isQuiet(hours("11:00", "13:00", "Mars/Olympus_Mons"), noon)).toBe(true);
  });
});
