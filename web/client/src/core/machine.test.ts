// @vitest-environment node
import { describe, expect, it } from "vitest";
import { Driver } from "../testing/driver";
import { READY_MS } from "./machine";

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
    expect(driver.told("event").map((event) => event.live)).toEqual([false, true]);
  });

  it.each(["not json", "null", "{}", '{"type":"notification","unread":1,"unseen":1}'])(
    "survives a frame that is no frame: %s",
    (data) => {
      const driver = live();
      driver.event("notification", data, "c9");
      expect(driver.told("event")).toEqual([]);
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

  it("asks the host once more where somebody signs in while it is asked", () => {
    const driver = new Driver({ asks: true }).start();
    const old = driver.model.attempt;
    driver.take({ on: "authorized" });
    driver.take({ on: "token", attempt: old, signedIn: false }); // who was asked before
    expect([driver.is, driver.did("token").length]).toEqual(["connecting", 2]);
  });

  it("asks for no second refresh while there is one", () => {
    const driver = live({ asks: true }).ended({ status: 401 });
    const asked = driver.did("token").length;
    driver.take({ on: "authorized" });
    expect([driver.is, driver.did("token").length]).toEqual(["connecting", asked]);
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

  it.each([undefined, null, NaN, "soon", -1])("goes on as before by a `retry` of %j", (ms) => {
    const driver = live();
    driver.take({ on: "retry", attempt: driver.model.attempt, ms: ms as number });
    driver.event("goodbye", { reason: "shutdown", retry_ms: ms });
    expect(driver.model.told.until).toBe(driver.now + 250);
    driver.again().ended();
    expect(driver.model.told.until).toBe(driver.now + 250);
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

describe("a clock that is set back", () => {
  it.each([
    ["waiting", 20_000],
    ["opening", READY_MS + 250],
    ["live", 35_000 + 250],
  ])("costs no more than what lay ahead: %s", (at, ahead) => {
    const driver = new Driver().start();
    if (at === "live") driver.ready();
    if (at === "waiting") driver.ended({ status: 503, retryAfter: 20_000 });
    driver.now -= 86_400_000;
    driver.take({ on: "tick" });
    expect(driver.pass(ahead - 1).opened).toHaveLength(1);
    expect(driver.pass(1).opened).toHaveLength(2);
  });

  it("is told of by times of its own", () => {
    const driver = new Driver().start().ended({ status: 503, retryAfter: 20_000 });
    driver.now -= 86_400_000;
    driver.take({ on: "tick" });
    expect(driver.model.told.until).toBe(driver.now + 20_000);
    expect(driver.pass(20_000).model.told).toMatchObject({ is: "connecting", since: driver.now });
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

  it.each(["online", "visible", "woke"] as const)(
    "never makes it sooner than `retry` says: %s",
    (hint) => {
      const driver = new Driver().start();
      driver.take({ on: "retry", attempt: driver.model.attempt, ms: 4_000 }).ready().ended();
      driver.take({ on: "hint", hint });
      expect(driver.pass(3_999).opened).toHaveLength(1);
      expect(driver.pass(1).opened).toHaveLength(2);
      driver.ready().take({ on: "hint", hint: "online" });
      expect(driver.pass(3_999).opened).toHaveLength(2);
      expect(driver.pass(1).opened).toHaveLength(3);
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
