import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Frame } from "./frames";
import { Stream, type Identity, type Link, type Source } from "./machine";

class FakeSource implements Source {
  readyState = 0;
  #listeners = new Map<string, (event: MessageEvent<string>) => void>();

  constructor(readonly after: string) {}

  addEventListener(name: string, listener: (event: MessageEvent<string>) => void): void {
    this.#listeners.set(name, listener);
  }

  close(): void {
    this.readyState = 2;
  }

  say(name: string, data: unknown = {}, lastEventId = ""): void {
    const text = typeof data === "string" ? data : JSON.stringify(data);
    this.#listeners.get(name)?.({ data: text, lastEventId } as MessageEvent<string>);
  }

  ready(heartbeat_ms = 15_000): void {
    this.readyState = 1;
    this.say("open");
    this.say("ready", { unread: 0, unseen: 0, heartbeat_ms }, "c-ready");
  }

  notify(id: string): void {
    this.say("notification", { id, payload: { id: `n-${id}` }, unread: 1, unseen: 1 }, id);
  }

  /** What the browser does on a network fault: it tries again by itself. */
  stumble(): void {
    this.readyState = 0;
    this.say("error");
  }

  /** What the browser does on an answer other than 200: it never comes back. */
  giveUp(): void {
    this.readyState = 2;
    this.say("error");
  }
}

function setUp() {
  const sources: FakeSource[] = [];
  const world = { online: true, identity: "signed-in" as Identity, random: 0, asked: 0 };
  const heard = { frames: [] as [Frame["type"], boolean][], links: [] as Link[], signedOut: 0 };
  const stream = new Stream(
    {
      open: (after) => {
        const source = new FakeSource(after);
        sources.push(source);
        return source;
      },
      whoAmI: () => {
        world.asked += 1;
        return Promise.resolve(world.identity);
      },
      isOnline: () => world.online,
      now: () => Date.now(),
      random: () => world.random,
      setTimer: (run, ms) => setTimeout(run, ms) as unknown as number,
      clearTimer: (timer) => clearTimeout(timer),
    },
    {
      frame: (frame, live) => heard.frames.push([frame.type, live]),
      link: (link) => heard.links.push(link),
      signedOut: () => (heard.signedOut += 1),
    },
  );
  const newest = () => sources.at(-1) as FakeSource;
  return { stream, world, heard, sources, newest };
}

const wait = (ms: number) => vi.advanceTimersByTimeAsync(ms);

beforeEach(() => {
  vi.useFakeTimers();
  return () => vi.useRealTimers();
});

describe("a stream", () => {
  it("is live after ready, and not before", () => {
    const { stream, heard, newest } = setUp();
    stream.start("c0");
    expect(newest().after).toBe("c0");
    newest().say("open");
    expect(heard.links).toEqual(["reconnecting"]);
    newest().ready();
    expect(heard.links).toEqual(["reconnecting", "live"]);
  });

  it("tells replayed frames from live ones, on every connection anew", () => {
    const { stream, heard, newest } = setUp();
    stream.start("c0");
    newest().notify("c1");
    newest().ready();
    newest().notify("c2");
    newest().stumble();
    newest().notify("c3");
    newest().ready();
    newest().notify("c4");
    expect(heard.frames).toEqual([
      ["notification", false],
      ["ready", false],
      ["notification", true],
      ["notification", false],
      ["ready", false],
      ["notification", true],
    ]);
  });

  it("takes a native reconnection for a replay even when no error was reported", () => {
    const { stream, heard, newest } = setUp();
    stream.start("c0");
    newest().ready();
    newest().say("open");
    newest().notify("c1");
    expect(heard.frames.at(-1)).toEqual(["notification", false]);
    expect(heard.links.at(-1)).toBe("reconnecting");
  });

  it("drops a repeated id", () => {
    const { stream, heard, newest } = setUp();
    stream.start("c0");
    newest().ready();
    newest().notify("c1");
    newest().notify("c1");
    expect(heard.frames.filter(([type]) => type === "notification")).toHaveLength(1);
  });

  it("accepts an id again after a reset, which begins another state", () => {
    const { stream, heard, newest } = setUp();
    stream.start("c0");
    newest().ready();
    newest().notify("c1");
    newest().say("reset", { reason: "epoch", unread: 0, unseen: 0, notifications: [] }, "c0");
    newest().notify("c1");
    expect(heard.frames.filter(([type]) => type === "notification")).toHaveLength(2);
  });

  it.each(["not json", "null", "{}", '{"id":"c1","unread":1,"unseen":1}'])(
    "survives a frame that is no frame: %s",
    (data) => {
      const { stream, heard, newest } = setUp();
      stream.start("c0");
      newest().ready();
      newest().say("notification", data, "c1");
      expect(heard.frames).toEqual([["ready", false]]);
      expect(heard.links.at(-1)).toBe("live");
    },
  );

  it("leaves a network fault to the browser", async () => {
    const { stream, heard, sources, newest } = setUp();
    stream.start("c0");
    newest().ready();
    newest().stumble();
    expect(heard.links.at(-1)).toBe("reconnecting");
    await wait(30_000);
    expect(sources).toHaveLength(1);
    newest().ready();
    expect(heard.links.at(-1)).toBe("live");
  });

  it("reopens after its last id when the browser gave up", async () => {
    const { stream, world, sources, newest } = setUp();
    stream.start("c0");
    newest().ready();
    newest().notify("c7");
    newest().giveUp();
    await wait(249);
    expect(world.asked).toBe(0);
    await wait(1);
    expect(world.asked).toBe(1);
    expect(sources).toHaveLength(2);
    expect(newest().after).toBe("c7");
  });

  it("advances its cursor by a ping, whose id may be newer than the last frame's", async () => {
    const { stream, newest } = setUp();
    stream.start("c0");
    newest().ready();
    newest().say("ping", { time: "now" }, "c9");
    newest().giveUp();
    await wait(250);
    expect(newest().after).toBe("c9");
  });

  it("waits longer after each failure, up to half a minute", async () => {
    const { stream, world, sources, newest } = setUp();
    world.random = 0.999;
    stream.start("c0");
    for (const seconds of [1, 2, 4, 8, 16, 30, 30]) {
      const before = sources.length;
      newest().giveUp();
      await wait(seconds * 990);
      expect(sources).toHaveLength(before);
      await wait(300 + seconds * 10);
      expect(sources).toHaveLength(before + 1);
    }
    newest().ready();
    newest().giveUp();
    await wait(1_250);
    expect(sources).toHaveLength(9);
  });

  it("ends when the session is over", async () => {
    const { stream, world, heard, sources, newest } = setUp();
    stream.start("c0");
    newest().ready();
    world.identity = "signed-out";
    newest().giveUp();
    await wait(60_000);
    expect(heard.signedOut).toBe(1);
    expect(sources).toHaveLength(1);
  });

  it.each(["revoked", "token_expired"])("asks once who it is after: %s", async (reason) => {
    const { stream, world, heard, sources, newest } = setUp();
    stream.start("c0");
    newest().ready();
    world.identity = "signed-out";
    newest().say("goodbye", { reason, retry_ms: 1_000 });
    expect(newest().readyState).toBe(2); // the browser does not knock by itself
    expect(heard.signedOut).toBe(0);
    await wait(60_000);
    expect([heard.signedOut, world.asked, sources.length]).toEqual([1, 1, 1]);
  });

  it("comes back after it was sent away, when another session took the place", async () => {
    const { stream, world, sources, newest } = setUp();
    stream.start("c0");
    newest().ready();
    newest().notify("c3");
    newest().say("goodbye", { reason: "revoked" });
    await wait(250);
    expect([world.asked, sources.length, newest().after]).toEqual([1, 2, "c3"]);
  });

  it("keeps asking, not knocking, while the server is down", async () => {
    const { stream, world, heard, sources, newest } = setUp();
    stream.start("c0");
    newest().ready();
    world.identity = "unreachable";
    newest().giveUp();
    await wait(10_000);
    expect(world.asked).toBeGreaterThan(3);
    expect(sources).toHaveLength(1);
    expect(heard.links.at(-1)).toBe("offline");
    world.identity = "signed-in";
    await wait(31_000);
    newest().ready();
    expect(sources).toHaveLength(2);
    expect(heard.links.at(-1)).toBe("live");
  });

  it("is offline after three failed tries, and a goodbye is no success", () => {
    const { stream, heard, newest } = setUp();
    stream.start("c0");
    for (const expected of ["reconnecting", "reconnecting", "offline"]) {
      newest().say("open");
      newest().say("goodbye", { reason: "limit", retry_ms: 3_000 });
      newest().stumble();
      expect(heard.links.at(-1)).toBe(expected);
    }
    newest().ready();
    expect(heard.links.at(-1)).toBe("live");
  });

  it("takes silence of two heartbeats and 5 s for death", async () => {
    const { stream, heard, sources, newest } = setUp();
    stream.start("c0");
    newest().ready(10_000);
    newest().notify("c1");
    await wait(24_999);
    expect(sources).toHaveLength(1);
    await wait(1);
    expect(sources[0]?.readyState).toBe(2);
    expect(newest().after).toBe("c1");
    expect(heard.links.at(-1)).toBe("reconnecting");
  });

  it("lives on while pings come", async () => {
    const { stream, sources, newest } = setUp();
    stream.start("c0");
    newest().ready();
    for (let ping = 0; ping < 20; ping += 1) {
      await wait(15_000);
      newest().say("ping", { time: "now" });
    }
    expect(sources).toHaveLength(1);
  });

  it("does not wait for ever for a connection that says nothing at all", async () => {
    const { stream, sources } = setUp();
    stream.start("c0");
    await wait(35_000);
    expect(sources).toHaveLength(2);
  });

  it("ignores what an abandoned connection still says", async () => {
    const { stream, heard, sources, newest } = setUp();
    stream.start("c0");
    newest().ready();
    await wait(35_000);
    sources[0]?.notify("late");
    sources[0]?.giveUp();
    expect(heard.frames).toEqual([["ready", false]]);
    await wait(1_000);
    expect(sources).toHaveLength(2);
  });

  it("follows the hint that the network is away, without closing anything", () => {
    const { stream, world, heard, sources, newest } = setUp();
    stream.start("c0");
    newest().ready();
    world.online = false;
    stream.wentOffline();
    expect(heard.links.at(-1)).toBe("offline");
    expect(sources[0]?.readyState).toBe(1);
    world.online = true;
    stream.cameOnline();
    expect(sources).toHaveLength(2);
    newest().ready();
    expect(heard.links.at(-1)).toBe("live");
  });

  it.each(["cameOnline", "becameVisible"] as const)("cuts a wait short: %s", async (hint) => {
    const { stream, world, sources, newest } = setUp();
    world.random = 1;
    stream.start("c0");
    newest().giveUp();
    stream[hint]();
    await wait(0);
    expect(sources).toHaveLength(2);
  });

  it("notices on becoming visible what its frozen timers missed", () => {
    const { stream, sources, newest } = setUp();
    stream.start("c0");
    newest().ready();
    stream.becameVisible();
    expect(sources).toHaveLength(1);
    vi.setSystemTime(Date.now() + 3_600_000); // the clock went on, no timer fired
    stream.becameVisible();
    expect(sources).toHaveLength(2);
  });

  it("stays stopped", async () => {
    const { stream, sources, newest } = setUp();
    stream.start("c0");
    newest().giveUp();
    stream.stop();
    stream.cameOnline();
    stream.becameVisible();
    await wait(120_000);
    expect(sources).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("stays stopped when the answer to who am I comes late", async () => {
    const { stream, sources, newest } = setUp();
    stream.start("c0");
    newest().giveUp();
    vi.advanceTimersByTime(250);
    stream.stop();
    await wait(0);
    expect(sources).toHaveLength(1);
  });

  it("holds one timer, however many frames pass", async () => {
    const { stream, newest } = setUp();
    stream.start("c0");
    newest().ready();
    for (let frame = 0; frame < 3_000; frame += 1) newest().notify(`c${frame}`);
    await wait(20_000);
    expect(vi.getTimerCount()).toBe(1);
  });
});
