import { describe, expect, it } from "vitest";
import type { Preferences } from "../api/types";
import { isSame, timeZones, toForm, toPreferences } from "./form";

const NONE: Preferences = { muted: { topics: [], categories: [], levels: [] } };
const NIGHT = { from: "22:00", to: "07:00", time_zone: "Europe/Berlin" };

describe("the preferences form", () => {
  it("offers a night in the browser's time zone, and asks for none", () => {
    const form = toForm(NONE, "Europe/Berlin");
    expect(form).toMatchObject({ quiet: false, from: "22:00", timeZone: "Europe/Berlin" });
    expect(toPreferences(form)).toEqual(NONE);
    expect(toPreferences({ ...form, quiet: true })).toEqual({ ...NONE, quiet_hours: NIGHT });
  });

  it("gives back what it was given", () => {
    const full: Preferences = {
      muted: { topics: ["a", "b"], categories: ["builds"], levels: ["info", "success"] },
      quiet_hours: { ...NIGHT, time_zone: "Asia/Tokyo" },
    };
    expect(toPreferences(toForm(full, "UTC"))).toEqual(full);
  });

  it("does not change what it was made of", () => {
    const form = toForm(NONE, "UTC");
    form.categories.push("builds");
    expect(NONE.muted.categories).toEqual([]);
  });

  it("knows the same in another order, and with a name twice", () => {
    const muting = (...categories: string[]) => ({ muted: { ...NONE.muted, categories } });
    expect(isSame(muting("a", "b"), muting("b", "a", "a"))).toBe(true);
    expect(isSame(muting("a"), muting("b"))).toBe(false);
    expect(isSame(NONE, { ...NONE, quiet_hours: NIGHT })).toBe(false);
  });

  it("lists every time zone once, with those that the browser does not know", () => {
    const zones = timeZones("Mars/Olympus_Mons", "Europe/Berlin");
    expect(zones).toContain("UTC");
    expect(zones).toContain("Mars/Olympus_Mons");
    expect(zones.filter((zone) => zone === "Europe/Berlin")).toHaveLength(1);
  });
});
