import type { Is, State } from "@tidings/client";
import { describe, expect, it } from "vitest";
import { isOneTooMany, standing, unopened } from "./standing";

const state = (is: Is, since: number, reason = ""): State => ({
  is,
  since,
  reason,
  transport: "sse",
});

/** One state after the other, a second apart. */
const after = (...told: (Is | [Is, string])[]) =>
  told
    .map((one, n) => (typeof one === "string" ? state(one, n + 1) : state(one[0], n + 1, one[1])))
    .reduce(standing, unopened(0));

describe("how the connection stands", () => {
  it.each<[Is[], string, number]>([
    [["connecting"], "reconnecting", 0],
    [["connecting", "live"], "live", 2],
    [["live", "waiting", "connecting"], "reconnecting", 2],
    [["live", "waiting", "connecting", "waiting", "connecting"], "reconnecting", 2],
    [["live", "waiting", "connecting", "waiting", "connecting", "waiting"], "offline", 6],
    [["waiting", "connecting", "waiting", "connecting", "waiting", "connecting"], "offline", 5],
    [["waiting", "waiting", "waiting"], "reconnecting", 0],
    [["waiting", "connecting", "waiting", "live", "waiting"], "reconnecting", 5],
    [["live", "offline"], "offline", 2],
    [["live", "offline", "live"], "live", 3],
  ])("%j is %s, since %i", (told, is, since) => {
    expect(after(...told)).toMatchObject({ is, since });
  });

  it("says why, and that there are too many until it is live", () => {
    const refused = after("live", ["waiting", "goodbye limit"], ["connecting", "goodbye limit"]);
    expect(refused).toMatchObject({ is: "reconnecting", since: 2, reason: "goodbye limit" });
    expect(isOneTooMany(refused)).toBe(true);
    expect(isOneTooMany(standing(refused, state("live", 9)))).toBe(false);
    expect(isOneTooMany(after(["waiting", "status 429"]))).toBe(true);
    expect(isOneTooMany(after(["waiting", "network"]))).toBe(false);
  });
});
