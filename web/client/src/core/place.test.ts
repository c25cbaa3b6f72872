// @vitest-environment node
import { describe, expect, it } from "vitest";
import { Driver, envelope } from "../testing/driver";

const live = () => new Driver().start().ready();

describe("the place", () => {
  it("is kept by events, ready, and frames without data", () => {
    const driver = live();
    expect(driver.held.cursor).toBe("c-ready");
    driver.notify(1);
    expect(driver.held.cursor).toBe("c-user:alice-1");
    driver.alive("c-heart");
    expect(driver.ended().pass(250).opened).toEqual([null, "c-heart"]);
  });

  it("drops what was had, by its id", () => {
    const driver = live();
    driver.notify(1).notify(2).ended().pass(250).notify(1).notify(2).ready().notify(3);
    expect(driver.seqs).toEqual([1, 2, 3]);
  });

  it("goes back where something lacks, from the last good one", () => {
    const driver = live();
    driver.notify(1).notify(2).notify(4);
    expect(driver.states.at(-1)).toBe("waiting gap");
    driver.pass(250);
    expect(driver.opened.at(-1)).toBe("c-user:alice-2");
    driver.notify(3).notify(4).ready().notify(5);
    expect(driver.seqs).toEqual([1, 2, 3, 4, 5]);
    expect(driver.is).toBe("live");
  });

  it("asks for all that is so now where the same lacks twice", () => {
    const driver = live();
    driver.notify(1).notify(3).pass(250).notify(3).pass(10_000);
    expect(driver.opened.at(-1)).toBe("gap");
    driver.event(
      "reset",
      { reason: "malformed", unread: 7, unseen: 0, notifications: [], more: false },
      "c-r",
    );
    driver.ready().notify(9);
    expect(driver.told("reset")[0]?.reset).toMatchObject({ reason: "malformed", unread: 7 });
    expect(driver.seqs).toEqual([1, 9]);
    expect(driver.held.cursor).toBe("c-user:alice-9");
  });

  it("has no gap where a transport does not tell all, nor where the next one goes on from there", () => {
    const transports = ["eventsource", "sse"];
    const driver = new Driver({ transports, partial: ["eventsource"] }).start().ready();
    driver.notify(1).notify(3).notify(3);
    driver.event("ping", {}, "c-user:alice-4"); // after a signal that it was not asked for
    expect([driver.seqs, driver.is]).toEqual([[1, 3], "live"]);
    driver.ended({ status: 404 }).again().ended({ status: 404 }).again();
    expect(driver.model.told.transport).toBe("sse");
    driver.notify(5).ready().notify(6);
    expect([driver.seqs, driver.is]).toEqual([[1, 3, 5, 6], "live"]);
    driver.notify(8);
    expect(driver.is).toBe("waiting");
  });

  it("knows the seqs of each audience for itself", () => {
    const driver = live();
    driver.notify(1).notify(1, "everyone").notify(2, "topic:t").notify(2).notify(2, "everyone");
    expect(driver.seqs).toEqual([1, 1, 2, 2, 2]);
    expect(driver.is).toBe("live");
  });

  it("expects no order among the unread that a stream begins with, nor of what follows", () => {
    const driver = new Driver().start().notify(2).notify(5).ready().notify(9).notify(10);
    expect(driver.seqs).toEqual([2, 5, 9, 10]);
  });

  it.each(["left", "joined"])("believes a topic anew that was %s", (what) => {
    const driver = live().notify(1, "topic:t");
    const change = envelope(1, "user:alice", { type: "inbox.changed", payload: { [what]: "t" } });
    driver.event("inbox.changed", change, change.id).notify(8, "topic:t");
    expect(driver.seqs).toEqual([1, 1, 8]);
  });

  it("hears signals, whether they are kept or not", () => {
    const driver = live();
    driver.event("typing", {
      type: "typing",
      audience: "user:alice",
      payload: {},
      unread: 3,
      unseen: 1,
    });
    driver.event(
      "job",
      { id: "j", type: "job", audience: "user:alice", seq: 4, payload: 1, unread: 3, unseen: 1 },
      "j",
    );
    expect(driver.told("event").map(({ envelope }) => envelope.type)).toEqual(["typing", "job"]);
    expect(driver.held.cursor).toBe("j");
  });
});

describe("counts", () => {
  it("are those of the last frame, and nothing else", () => {
    const driver = live();
    driver.notify(1, "user:alice", { unread: 41, unseen: 7 });
    expect(driver.told("counts").map(({ counts }) => counts)).toEqual([
      { unread: 0, unseen: 0 },
      { unread: 41, unseen: 7 },
    ]);
    driver.event(
      "reset",
      { reason: "epoch", unread: 5, unseen: 5, notifications: [], more: false },
      "c",
    );
    expect(driver.held.counts).toEqual({ unread: 5, unseen: 5 });
  });
});
