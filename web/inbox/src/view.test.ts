import type { Is, Item } from "@tidings/client";
import { describe, expect, it } from "vitest";
import { badgeText } from "./badge";
import { NOTHING, type Look } from "./look";
import { tongue } from "./texts";
import { clockTime } from "./time";
import { connection, instead } from "./view";

const EN = tongue("en");
const SINCE = Date.parse("2026-11-28T10:00:00Z");
const UNTIL = SINCE + 8_000;
const at = (time: number) => clockTime(time, "en");

const look = (is: Is, more: Partial<Look> = {}, until?: number): Look => ({
  ...NOTHING,
  ...more,
  state: { is, since: SINCE, reason: "", transport: "", ...(until && { until }) },
});

describe("the connection, in words", () => {
  it.each([
    ["live", look("live"), ""],
    ["signed out", look("unauthorized", { since: SINCE }), ""],
    ["at first", look("connecting"), "Connecting…"],
    [
      "never there",
      look("waiting", {}, UNTIL),
      `Not connected since ${at(SINCE)}. Next try at ${at(UNTIL)}.`,
    ],
    [
      "lost",
      look("connecting", { since: SINCE - 5_000 }),
      `Not connected since ${at(SINCE - 5_000)}. Connecting…`,
    ],
    [
      "without network",
      look("offline", { since: SINCE }, UNTIL),
      `No network since ${at(SINCE)}. Next try at ${at(UNTIL)}.`,
    ],
  ])("%s", (_, seen, words) => expect(connection(seen, EN)).toBe(words));
});

describe("in place of the list", () => {
  const items = [{ id: "1" } as Item];
  const some = { ...NOTHING.view, items };
  it.each([
    ["is nothing where there are some", look("waiting", { view: some, known: true }), null],
    ["it is empty", look("live", { known: true }), "Nothing new"],
    ["it is loaded", look("live"), "Loading…"],
    ["nothing can be said without a connection", look("waiting"), ""],
    [
      "nobody is signed in",
      look("unauthorized", { view: some, known: true }),
      "You are signed out",
    ],
  ])("%s", (_, seen, heading) => expect(instead(seen, EN)?.[0] ?? null).toBe(heading));
});

it.each([
  [0, ""],
  [-1, ""],
  [7, "7"],
  [99, "99"],
  [100, "99+"],
])("the badge of %i is %j", (unread, text) => expect(badgeText(unread)).toBe(text));
