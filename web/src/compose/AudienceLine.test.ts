import { beforeEach, describe, expect, it, vi } from "vitest";
import { createApp, h, shallowRef } from "vue";
import { getAudience } from "../api/calls";
import { Problem, Unreachable } from "../api/problem";
import type { To } from "../api/types";
import { addressOf, reachOf } from "./audience";
import AudienceLine from "./AudienceLine.vue";

vi.mock("../api/calls");

describe("what is asked for", () => {
  it.each<[To, string | null]>([
    [{ everyone: true }, "everyone"],
    [{ topic: "deploys" }, "topic:deploys"],
    [{ topic: "" }, null],
    [{ user: "alice" }, "user:alice"],
    [{ user: "" }, null],
    [{ users: ["alice", "bob"] }, null],
  ])("for %j is %j", (to, expected) => expect(addressOf(to)).toBe(expected));
});

describe("the estimate", () => {
  it.each([
    [0, 0, "Reaches nobody yet."],
    [1, 0, "Reaches 1 person, not here now."],
    [1, 1, "Reaches 1 person, here now."],
    [12, 0, "Reaches 12 people, none of them here now."],
    [12, 12, "Reaches 12 people, all of them here now."],
    [1204, 37, "Reaches 1,204 people, 37 of them here now."],
  ])("of %i and %i is %j", (recipients, connected, expected) =>
    expect(reachOf({ recipients, connected })).toBe(expected),
  );
});

describe("the line", () => {
  beforeEach(() => {
    vi.resetAllMocks();
    vi.useFakeTimers();
    return () => vi.useRealTimers();
  });

  function show(first: To) {
    const to = shallowRef(first);
    const root = document.createElement("div");
    createApp({ render: () => h(AudienceLine, { to: to.value }) }).mount(root);
    const line = () => root.querySelector("[role=status]")?.textContent;
    return { to, line };
  }
  const wait = (ms: number) => vi.advanceTimersByTimeAsync(ms);

  it("asks once the typing pauses, for the last word alone", async () => {
    vi.mocked(getAudience).mockResolvedValue({ recipients: 5, connected: 2 });
    const { to, line } = show({ topic: "d" });
    await wait(300);
    to.value = { topic: "de" };
    await wait(300);
    expect(getAudience).not.toHaveBeenCalled();
    await wait(100);
    expect(getAudience).toHaveBeenCalledExactlyOnceWith("topic:de");
    expect(line()).toBe("Reaches 5 people, 2 of them here now.");
  });

  it("does not ask again when something else was written", async () => {
    vi.mocked(getAudience).mockResolvedValue({ recipients: 5, connected: 2 });
    const { to } = show({ everyone: true });
    await wait(1_000);
    to.value = { everyone: true };
    await wait(1_000);
    expect(getAudience).toHaveBeenCalledTimes(1);
  });

  it("never tells of others than those that are chosen", async () => {
    let answer = (_: { recipients: number; connected: number }) => {};
    vi.mocked(getAudience).mockReturnValueOnce(new Promise((resolve) => (answer = resolve)));
    const { to, line } = show({ everyone: true });
    await wait(1_000);
    to.value = { users: ["alice", "bob"] };
    await wait(1_000);
    answer({ recipients: 900, connected: 1 });
    await wait(1_000);
    expect(line()).toBe("");
  });

  it.each([
    [404, "not_found"],
    [400, "invalid_query"],
  ])("says when there is no such topic: %i", async (status, code) => {
    vi.mocked(getAudience).mockRejectedValueOnce(new Problem(status, code, "No."));
    const { line } = show({ topic: "nonsense" });
    await wait(1_000);
    expect(line()).toBe("There is no topic of this name.");
  });

  it("says nothing when it cannot be had", async () => {
    vi.mocked(getAudience).mockRejectedValueOnce(new Unreachable());
    const { line } = show({ everyone: true });
    await wait(1_000);
    expect(line()).toBe("");
  });
});
