// @vitest-environment node
import { describe, expect, it } from "vitest";
import { Driver, envelope } from "../testing/driver";
import { READY_MS, TOKEN_MS } from "./machine";

const live = (options: ConstructorParameters<typeof Driver>[0] = {}) =>
  new Driver(options).start().ready();

describe("a connection", () => {
  it("is live after ready, and not before", () => {
    const driver = new Driver().start();
    expect(driver.is).toBe("connecting");
    expect(driver.alive().is).toBe("connecting");
    expect(driver.ready().is).toBe("live");
    expect(driver.states).toEqual(["connecting start", "live"]);
  });

  it("tells replayed events from live ones", () => {
    const driver = new Driver().start().notify(1).ready().notify(2);
    expect(driver.did("event").map((event) => event.live)).toEqual([false, true]);
  });

  it.each(["not json", "null", "{}", '{"type":"notification","unread":1,"unseen":1}'])(
    "survives a frame that is no frame: %s",
    (data) => {
      const driver = live();
      driver.event("notification", data, "c9");
      expect(driver.did("event")).toEqual([]);
      expect(driver.is).toBe("live");
    },
  );

  it("says since when and why it is not live", () => {
    const driver = live();
    driver.pass(1_000).ended({ status: 503 });
    expect(driver.model.told).toMatchObject({
      is: "waiting",
      reason: "status 503",
      since: driver.now,
    });
    expect(driver.model.told.until).toBe(driver.now + 250);
  });

  it("keeps `since` while only the reason changes", () => {
    const driver = live();
    driver.ended();
    const since = driver.now;
    driver.pass(100).take({ on: "hint", hint: "visible" });
    expect(driver.model.told).toMatchObject({ is: "waiting", since });
  });

  it("listens to no connection that is over", () => {
    const driver = live();
    const old = driver.model.attempt;
    driver.ended().pass(250).ready();
    driver.take({ on: "ended", attempt: old });
    driver.take({ on: "alive", attempt: old, cursor: "late" });
    expect(driver.is).toBe("live");
    expect(driver.held.cursor).toBe("c-ready");
  });

  it("stays closed", () => {
    const driver = live();
    driver.take({ on: "close" }).take({ on: "hint", hint: "online" }).take({ on: "authorized" });
    driver.pass(1_000_000);
    expect(driver.is).toBe("closed");
    expect(driver.opened).toHaveLength(1);
    expect(driver.did("shut")).toHaveLength(1);
  });
});

describe("coming back", () => {
  it("waits longer after each failure, between a quarter of a second and half a minute", () => {
    for (const random of [0, 0.999]) {
      const driver = new Driver();
      driver.random = random;
      driver.start();
      for (const seconds of [1, 2, 4, 8, 16, 30, 30, 30]) {
        driver.ended();
        expect((driver.model.told.until ?? 0) - driver.now).toBeCloseTo(
          250 + random * seconds * 1_000,
        );
        driver.again();
      }
    }
  });

  it("never gives up", () => {
    const driver = new Driver().start();
    for (let tries = 0; tries < 2_000; tries += 1) driver.ended().again();
    expect(driver.opened).toHaveLength(2_001);
  });

  it("begins anew only after half a minute of stable connection", () => {
    const driver = new Driver().start();
    driver.ended().pass(250).ended().pass(250).ready(60_000);
    driver.pass(29_999).ended();
    expect(driver.model.failures).toBe(3);
    driver.pass(250).ready(60_000).pass(30_000).ended();
    expect(driver.model.failures).toBe(1);
  });

  it("obeys `retry`, on later connections as well", () => {
    const driver = new Driver().start();
    driver.take({ on: "retry", attempt: driver.model.attempt, ms: 4_000 }).ready().ended();
    expect(driver.pass(3_999).opened).toHaveLength(1);
    expect(driver.pass(1).opened).toHaveLength(2);
    expect(driver.ended().pass(3_999).opened).toHaveLength(2);
  });

  it("obeys Retry-After, with up to a second of its own, and no hint makes it sooner", () => {
    const driver = new Driver();
    driver.random = 0.5;
    driver.start().ended({ status: 429, retryAfter: 20_000 });
    driver.take({ on: "hint", hint: "visible" });
    expect(driver.pass(20_499).opened).toHaveLength(1);
    expect(driver.pass(1).opened).toHaveLength(2);
  });

  it("believes no server that wants to be left alone for a year", () => {
    const driver = new Driver().start().ended({ status: 503, retryAfter: 3e10 });
    expect(driver.pass(601_000).opened).toHaveLength(2);
  });

  it.each(["shutdown", "overloaded", "limit"])("comes back when goodbye says: %s", (reason) => {
    const driver = live();
    driver.event("goodbye", { reason, retry_ms: 3_000 });
    expect(driver.states.at(-1)).toBe(`waiting goodbye ${reason}`);
    expect(driver.did("shut")).toHaveLength(1);
    expect(driver.pass(2_999).opened).toHaveLength(1);
    expect(driver.pass(1).opened).toHaveLength(2);
  });

  it("takes silence of two heartbeats and a bit for death, by the heartbeat that ready tells", () => {
    const driver = new Driver().start().ready(10_000);
    driver.pass(20_000).alive();
    expect(driver.pass(24_999).is).toBe("live");
    driver.pass(1);
    expect(driver.states.at(-1)).toBe("waiting silent");
    expect(driver.pass(250).opened).toEqual([null, "c-ready"]);
  });

  it("does not wait for ever for a connection that says nothing at all", () => {
    const driver = new Driver().start().pass(READY_MS);
    expect(driver.states.at(-1)).toBe("waiting silent");
  });

  it("is patient with a replay that takes its time", () => {
    const driver = new Driver().start();
    for (let seq = 1; seq < 9; seq += 1) driver.pass(10_000).notify(seq);
    expect(driver.opened).toHaveLength(1);
  });

  it("is not fooled by a clock that is set back", () => {
    const driver = live();
    driver.now -= 3_600_000;
    driver.take({ on: "tick" });
    driver.pass(35_000);
    expect(driver.states.at(-1)).toBe("waiting silent");
  });
});

describe("a hint", () => {
  it.each(["online", "visible", "woke"] as const)(
    "cuts a wait short, by up to a second: %s",
    (hint) => {
      const driver = new Driver().start();
      driver.random = 1;
      driver.ended().ended().ended();
      driver.random = 0.5;
      driver.take({ on: "hint", hint });
      expect(driver.pass(499).opened).toHaveLength(1);
      expect(driver.pass(1).opened).toHaveLength(2);
    },
  );

  it("never makes a wait longer", () => {
    const driver = live();
    driver.ended();
    driver.random = 1;
    driver.take({ on: "hint", hint: "online" });
    expect(driver.pass(250).opened).toHaveLength(2);
  });

  it("that the network is another one ends what was open, and is no failure", () => {
    const driver = live();
    driver.take({ on: "hint", hint: "offline" });
    expect(driver.is).toBe("offline");
    expect(driver.did("shut")).toEqual([]);
    driver.take({ on: "hint", hint: "online" }).pass(0);
    expect(driver.opened).toHaveLength(2);
    expect(driver.model.failures).toBe(0);
  });

  it("that there is no network is wrong where bytes come", () => {
    const driver = live();
    driver.take({ on: "hint", hint: "offline" }).alive();
    expect(driver.is).toBe("live");
  });

  it("to look shows what timers that slept have missed, and blames nobody", () => {
    const driver = live({ transports: ["sse", "longpoll"] });
    driver.take({ on: "hint", hint: "visible" });
    expect(driver.is).toBe("live");
    driver.now += 3_600_000; // no tick came
    driver.take({ on: "hint", hint: "woke" }).pass(0);
    expect(driver.opened).toHaveLength(2);
    expect(driver.model).toMatchObject({ misses: 0, failures: 0 });
  });
});

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
    expect(driver.did("reset")[0]?.reset).toMatchObject({ reason: "malformed", unread: 7 });
    expect(driver.seqs).toEqual([1, 9]);
    expect(driver.held.cursor).toBe("c-user:alice-9");
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
    expect(driver.did("event").map(({ envelope }) => envelope.type)).toEqual(["typing", "job"]);
    expect(driver.held.cursor).toBe("j");
  });
});

describe("counts", () => {
  it("are those of the last frame, and nothing else", () => {
    const driver = live();
    driver.notify(1, "user:alice", { unread: 41, unseen: 7 });
    expect(driver.did("counts").map(({ counts }) => counts)).toEqual([
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

describe("the token", () => {
  it("is asked for before the first connection, and not before each", () => {
    const driver = new Driver({ asks: true }).start();
    expect(driver.opened).toEqual([]);
    expect(driver.did("token").map(({ refresh }) => refresh)).toEqual([false]);
    driver.token().ready().ended().pass(250);
    expect(driver.opened).toHaveLength(2);
    expect(driver.did("token")).toHaveLength(1);
  });

  it("is refreshed once when it is refused; then the host is asked", () => {
    const driver = new Driver({ asks: true }).start().token();
    driver.ended({ status: 401 });
    expect(driver.did("token").map(({ refresh }) => refresh)).toEqual([false, true]);
    driver.token().ended({ status: 401 });
    expect(driver.states.at(-1)).toBe("unauthorized status 401");
    driver.take({ on: "hint", hint: "online" }).pass(3_600_000);
    expect(driver.opened).toHaveLength(2);
    driver.take({ on: "authorized" }).token().ready();
    expect(driver.is).toBe("live");
    driver.ended({ status: 401 });
    expect(driver.is).toBe("connecting"); // it is refreshed again, once
  });

  it("that nobody can refresh is the host's affair at once", () => {
    expect(new Driver().start().ended({ status: 401 }).is).toBe("unauthorized");
  });

  it("that there is none of is the host's affair", () => {
    const driver = new Driver({ asks: true }).start().token("nobody");
    expect(driver.states.at(-1)).toBe("unauthorized signed out");
  });

  it.each(["revoked", "token_expired"])("is refreshed after goodbye: %s", (reason) => {
    const driver = new Driver({ asks: true }).start().token().ready();
    driver.event("goodbye", { reason, retry_ms: 1_000 }).pass(1_000);
    expect(driver.did("token").map(({ refresh }) => refresh)).toEqual([false, true]);
    expect(driver.token().ready().is).toBe("live");
  });

  it("that the host fails to give is asked for again", () => {
    const driver = new Driver({ asks: true }).start().token("failed");
    expect(driver.states.at(-1)).toBe("waiting token");
    expect(driver.pass(250).did("token")).toHaveLength(2);
    driver.pass(TOKEN_MS); // and no answer at all is a failure too
    expect(driver.states.at(-1)).toBe("waiting token");
  });

  it("is renewed in band before it ends, and the stream goes on", () => {
    const driver = live({ asks: false });
    driver.event("expiring", { expires_at: "…" });
    expect(driver.did("renew")).toMatchObject([{ connection: "k" }]);
    driver.take({ on: "renewed", attempt: driver.model.attempt, ok: true }).pass(20_000);
    expect(driver.did("renew")).toHaveLength(1);
    expect(driver.is).toBe("live");
  });

  it("is renewed again after a while where that failed", () => {
    const driver = live();
    driver.event("expiring", {});
    driver.take({ on: "renewed", attempt: driver.model.attempt, ok: false });
    expect(driver.pass(9_999).did("renew")).toHaveLength(1);
    expect(driver.pass(1).did("renew")).toHaveLength(2);
  });
});

describe("the transport", () => {
  const transports = ["sse", "eventsource", "longpoll"];

  it("is another one after two times of silence, as behind a proxy that keeps all to itself", () => {
    const driver = new Driver({ transports }).start().pass(READY_MS + 250);
    expect(driver.did("open").map(({ transport }) => transport)).toEqual([0, 0]);
    driver.pass(READY_MS + 3_000);
    expect(driver.did("open").at(-1)?.transport).toBe(1);
    expect(driver.model.told.transport).toBe("eventsource");
  });

  it("is another one where there is no such way", () => {
    const driver = new Driver({ transports })
      .start()
      .ended({ status: 404 })
      .pass(250)
      .ended({ status: 404 })
      .pass(2_000);
    expect(driver.did("open").at(-1)?.transport).toBe(1);
  });

  it("stays the same where the server is away", () => {
    const driver = new Driver({ transports }).start();
    for (let tries = 0; tries < 20; tries += 1)
      driver.ended({ status: 503 }).again().ended().again();
    expect(new Set(driver.did("open").map(({ transport }) => transport))).toEqual(new Set([0]));
  });

  it("gets its heart beat through, or is another one too", () => {
    const driver = new Driver({ transports }).start();
    driver.ready().pass(35_250).ready().pass(35_000);
    expect(driver.model.transport).toBe(1);
  });

  it("that fell silent once is as good as ever when its heart beats again", () => {
    const driver = new Driver({ transports }).start();
    for (let rounds = 0; rounds < 5; rounds += 1) {
      driver
        .ready()
        .pass(15_000)
        .alive()
        .pass(35_000 + 10_000);
      while (driver.model.phase.at !== "opening") driver.pass(1_000);
    }
    expect(driver.model.transport).toBe(0);
  });

  it("is the first one again after a while", () => {
    const driver = new Driver({ transports, transport: "longpoll", preferAt: 1_030_000 })
      .start()
      .ready(60_000);
    expect(driver.did("open").at(-1)?.transport).toBe(2);
    driver.pass(30_000);
    expect(driver.did("open").at(-1)?.transport).toBe(0);
    expect(driver.states.at(-1)).toBe("connecting better transport");
  });

  it("is the first one after the last one", () => {
    const driver = new Driver({
      transports: ["sse", "longpoll"],
      transport: "longpoll",
      preferAt: 9e12,
    });
    driver.start().ended({ status: 404 }).pass(250).ended({ status: 404 });
    expect(driver.model.transport).toBe(0);
  });
});
