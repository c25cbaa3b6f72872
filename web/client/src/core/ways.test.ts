// @vitest-environment node
// With which token, and by which transport.

import { describe, expect, it } from "vitest";
import { Driver } from "../testing/driver";
import { READY_MS } from "./machine";
import { PREFER_AGAIN_MS } from "./model";

const live = (options: ConstructorParameters<typeof Driver>[0] = {}) =>
  new Driver(options).start().ready();

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

  it("that was refreshed in vain while the server was away is refreshed again", () => {
    const driver = new Driver({ asks: true }).start().token();
    driver.ended({ status: 401 }).token().ended({ status: 503 }).again().ended({ status: 401 });
    expect(driver.is).toBe("connecting");
    driver.token().ended({ status: 401 });
    expect(driver.is).toBe("unauthorized");
  });

  it("that nobody can refresh is the host's affair at once", () => {
    expect(new Driver().start().ended({ status: 401 }).is).toBe("unauthorized");
  });

  it("that there is none of is the host's affair", () => {
    const driver = new Driver({ asks: true }).start().token(false);
    expect(driver.states.at(-1)).toBe("unauthorized signed out");
  });

  it.each(["revoked", "token_expired"])("is refreshed after goodbye: %s", (reason) => {
    const driver = new Driver({ asks: true }).start().token().ready();
    driver.event("goodbye", { reason, retry_ms: 1_000 }).pass(1_000);
    expect(driver.did("token").map(({ refresh }) => refresh)).toEqual([false, true]);
    expect(driver.token().ready().is).toBe("live");
  });

  it("that there is none of any more ends the stream, which may be another one's", () => {
    const driver = new Driver({ asks: true }).start().token().ready();
    driver.event("expiring", {});
    driver.token(false).pass(60_000);
    expect(driver.states.at(-1)).toBe("unauthorized signed out");
    expect([driver.opened.length, driver.did("shut").length]).toEqual([1, 1]);
  });

  it("that the host fails to give is asked for again", () => {
    const driver = new Driver({ asks: true }).start().token(null);
    expect(driver.states.at(-1)).toBe("waiting token");
    expect(driver.pass(250).did("token")).toHaveLength(2);
  });

  it("is renewed in band before it ends, and the stream goes on", () => {
    const driver = live({ asks: false });
    driver.event("expiring", { expires_at: "…" });
    expect(driver.did("renew")).toMatchObject([{ connection: "k" }]);
    driver.take({ on: "renewed", attempt: driver.model.attempt, ok: true }).pass(20_000);
    expect(driver.did("renew")).toHaveLength(1);
    expect(driver.is).toBe("live");
  });

  it("that is renewed by one which ends as soon is not renewed all the time", () => {
    const driver = live();
    for (let n = 0; n < 5; n += 1) {
      driver.event("expiring", {});
      driver.take({ on: "renewed", attempt: driver.model.attempt, ok: true });
    }
    expect(driver.did("renew")).toHaveLength(1);
    expect(driver.pass(9_999).did("renew")).toHaveLength(1);
    expect(driver.pass(1).did("renew")).toHaveLength(2);
    expect(driver.pass(10_000).did("renew")).toHaveLength(2);
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

  it("is another one where requests pass and it does not", () => {
    const why = { reason: "refused", noWay: true };
    const driver = new Driver({ transports }).start().ended(why).again().ended(why).again();
    expect(driver.did("open").map(({ transport }) => transport)).toEqual([0, 0, 1]);
    expect(driver.states.at(-1)).toBe("connecting refused");
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

  it("is the one before again as soon as the better one says nothing once more", () => {
    const driver = new Driver({ transports, transport: "longpoll" }).start(); // it is time for the first one
    driver.ready().pass(0).pass(READY_MS).again();
    expect(driver.did("open").map(({ transport }) => transport)).toEqual([2, 0, 1]);
  });

  it.each([9e12, null, "soon"])(
    "is the first one again after a while at the latest: %s",
    (stored) => {
      const preferAt = stored as number;
      const driver = new Driver({ transports, transport: "longpoll", preferAt }).start();
      driver.ready(600_000).pass(PREFER_AGAIN_MS);
      expect(driver.did("open")[1]?.transport).toBe(0);
    },
  );

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
