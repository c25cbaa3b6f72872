// @vitest-environment node
import { beforeEach, describe, expect, it, vi } from "vitest";
import { connect, type Client, type Options } from "../client";
import { TOKEN_MS } from "../core/api";
import { envelope } from "../testing/driver";
import { FakeServer, json } from "../testing/fake-server";
import { FakeBrowser } from "../testing/fake-tabs";
import { sse } from "../transports/sse";
import { longPoll } from "../transports/longpoll";
import type { Envelope } from "../types";
import type { Locks } from "./messages";
import { LOOK_MS, MOST_UNANSWERED, Shared, type Manner } from "./shared";

const wait = (ms: number) => vi.advanceTimersByTimeAsync(ms);

beforeEach(() => {
  vi.useFakeTimers();
  return () => vi.useRealTimers();
});

interface Tab {
  client: Client;
  ids: (string | undefined)[];
  unread: number;
  states: string[];
  resets: number;
  frozen: boolean;
}

/** A server whose log all tabs read, by the stream and by request. */
function setUp() {
  const server = new FakeServer();
  const browser = new FakeBrowser();
  const log: Envelope[] = [];
  server.answer = ({ path }) => {
    if (!path.startsWith("/events")) return undefined;
    const after = new URL(path, "http://x").searchParams.get("after");
    const from = log.findIndex(({ id }) => id === after) + 1;
    return json({ events: log.slice(from), cursor: log.at(-1)?.id ?? "start", more: false });
  };
  const open = (
    manner: Manner = "queue",
    options: Partial<Options> = {},
    locks: Locks | false = browser.locks,
  ): Tab => {
    const tab = { ids: [], unread: -1, states: [], resets: 0, frozen: false } as unknown as Tab;
    tab.client = connect({
      user: "alice",
      server: "https://t.example",
      transports: [sse()],
      world: server.world,
      cursor: "start",
      event: ({ id }) => tab.ids.push(id),
      counts: ({ unread }) => (tab.unread = unread),
      state: ({ is }) => tab.states.push(is),
      reset: () => (tab.resets += 1),
      tabs: (seat) =>
        new Shared(
          seat,
          browser.channel(() => tab.frozen),
          locks || undefined,
          manner,
        ),
      ...options,
    });
    return tab;
  };
  /** Something happens, and those streams that are open hear of it. */
  const happen = async () => {
    const next = envelope(log.length + 1);
    log.push(next);
    for (const stream of server.streams) {
      if (!stream.asked.gone()) stream.event("notification", next, next.id);
    }
    await wait(0);
  };
  const streams = () => server.streams.filter(({ asked }) => !asked.gone()).length;
  return { server, browser, log, open, happen, streams };
}

const ids = (...seqs: number[]) => seqs.map((seq) => `c-user:alice-${seq}`);

describe("tabs", () => {
  it("have one connection, and all of them hear, count and tell the same", async () => {
    const { server, open, happen, streams } = setUp();
    const all = [open(), open(), open()];
    await wait(0);
    server.newest.ready(0);
    await happen();
    await happen();
    expect(streams()).toBe(1);
    for (const tab of all) {
      expect(tab.ids).toEqual(ids(1, 2));
      expect(tab.unread).toBe(2);
      expect(tab.client.state.is).toBe("live");
    }
  });

  it("that come later ask for what they have missed, and hear the rest", async () => {
    const { server, open, happen, streams } = setUp();
    open();
    await wait(0);
    server.newest.ready(0);
    await happen();
    const late = open();
    await wait(0);
    await happen();
    expect([late.ids, late.unread, late.client.state.is, streams()]).toEqual([
      ids(1, 2),
      2,
      "live",
      1,
    ]);
  });

  it("take no event for the first one that they lack before the leader has answered", async () => {
    const { server, open, happen } = setUp();
    const first = open();
    await wait(0);
    server.newest.ready(0);
    await happen();
    first.frozen = true; // it tells, but does not hear the question
    const late = open();
    await happen();
    first.frozen = false;
    await wait(LOOK_MS);
    await happen();
    expect(late.ids).toEqual(ids(1, 2, 3));
  });

  it("take over at once when the leader closes, and go on where they are", async () => {
    const { server, open, happen, streams } = setUp();
    const first = open();
    const second = open();
    await wait(0);
    server.newest.ready(0);
    await happen();
    first.client.close();
    await wait(0);
    expect(streams()).toBe(1);
    expect(server.newest.asked.path).toBe("/stream?after=c-user%3Aalice-1");
    server.newest.ready(1);
    await happen();
    expect([second.ids, first.client.state.is]).toEqual([ids(1, 2), "closed"]);
  });

  it("take over from a leader that is frozen, within seconds, and it follows when it thaws", async () => {
    const { server, open, happen, streams } = setUp();
    const first = open();
    const second = open();
    await wait(0);
    server.newest.ready(0);
    await wait(LOOK_MS);
    first.frozen = true;
    await wait(LOOK_MS * (2 + MOST_UNANSWERED));
    first.frozen = false;
    expect(server.streams).toHaveLength(2);
    expect(server.streams[0]?.asked.gone()).toBe(true);
    expect(streams()).toBe(1);
    server.newest.ready(0);
    await happen();
    for (const tab of [first, second]) expect(tab.ids).toEqual(ids(1));
    await wait(60_000);
    expect(server.streams.length).toBeLessThan(5); // and nobody takes it from the other any more
  });

  it("do not take it from a leader that answers, however slow their own timers are", async () => {
    const { server, open } = setUp();
    open();
    open();
    await wait(0);
    server.newest.ready(0);
    for (let look = 0; look < 5; look += 1) {
      vi.setSystemTime(Date.now() + 15_000); // a timer of 2 s that comes after 17
      await wait(LOOK_MS);
      server.newest.write("id: beat\n\n");
    }
    expect(server.streams).toHaveLength(1);
  });

  it("ask for what was lost between them", async () => {
    const { server, open, happen } = setUp();
    open();
    const second = open();
    await wait(0);
    server.newest.ready(0);
    await happen();
    second.frozen = true;
    await happen();
    second.frozen = false;
    await happen();
    expect(second.ids).toEqual(ids(1, 2, 3));
  });

  it("find out by themselves that the last one was lost", async () => {
    const { server, open, happen } = setUp();
    open();
    const second = open();
    await wait(0);
    server.newest.ready(0);
    second.frozen = true;
    await happen();
    second.frozen = false;
    await wait(LOOK_MS);
    expect([second.ids, second.unread]).toEqual([ids(1), 1]);
  });

  it("say that they are behind while they cannot ask, and try again", async () => {
    const { server, open, happen } = setUp();
    open();
    await wait(0);
    server.newest.ready(0);
    await happen();
    const answer = server.answer;
    server.answer = ({ path }) => (path.startsWith("/events") ? json({}, 503) : undefined);
    const late = open();
    await wait(0);
    await happen();
    expect([late.client.state.is, late.client.state.reason, late.ids]).toEqual([
      "connecting",
      "behind",
      [],
    ]);
    server.answer = answer;
    await wait(1_000);
    expect([late.client.state.is, late.ids]).toEqual(["live", ids(1, 2)]);
  });

  it("ask no oftener for it when there are many of them, and not before the server says", async () => {
    const { server, open, happen } = setUp();
    open();
    await wait(0);
    server.newest.ready(0);
    await happen();
    const refuse = () => json({}, 429, { "retry-after": "60" });
    server.answer = ({ path }) => (path.startsWith("/events") ? refuse() : undefined);
    const asked = () => server.paths.filter((path) => path.startsWith("GET /events")).length;
    const before = asked();
    for (let n = 0; n < 10; n += 1) open();
    await wait(59_000);
    expect(asked() - before).toBe(10);
    await wait(40_000);
    expect(asked() - before).toBe(20);
  });

  it("ask their host no oftener while nobody is signed in, however many there are", async () => {
    const { server, open, happen } = setUp();
    server.random = 1;
    let signedIn: string | null = "t";
    const token = vi.fn(async () => signedIn);
    open("queue", { token });
    await wait(0);
    server.newest.ready(0);
    await happen();
    signedIn = null;
    server.answer = () => json({}, 401);
    server.newest.end();
    await wait(120_000);
    for (let n = 0; n < 3; n += 1) open("queue", { token });
    await wait(60_000);
    token.mockClear();
    await wait(600_000);
    expect(token.mock.calls.length).toBeLessThan(200);
  });

  it("tell nothing while nothing happens", async () => {
    const { server, open, happen } = setUp();
    open();
    await wait(0);
    server.newest.ready(0);
    await happen();
    const counts = vi.fn();
    open("queue", { counts });
    await wait(5_000);
    counts.mockClear();
    await wait(20_000);
    expect(counts).not.toHaveBeenCalled();
  });

  it("count as the server said, also where the leader waits and knows less", async () => {
    const { server, open, happen, log } = setUp();
    open();
    await wait(0);
    server.newest.ready(0);
    await happen();
    server.newest.event("goodbye", { reason: "shutdown", retry_ms: 30_000 });
    await wait(0);
    log.push(envelope(2), envelope(3));
    const late = open();
    await wait(10_000);
    expect([late.ids, late.unread]).toEqual([ids(1, 2, 3), 3]);
    await wait(30_000);
    server.newest.ready(1); // two were read elsewhere
    await wait(0);
    expect(late.unread).toBe(1);
  });

  it("count as the leader does, where a page that was asked for before says something older", async () => {
    const { server, open, happen } = setUp();
    open();
    await wait(0);
    server.newest.ready(0);
    await happen();
    let answer = () => {};
    const { answer: page } = server;
    server.answer = (asked) => {
      const older = page(asked);
      return older && new Promise((resolve) => (answer = () => resolve(older)));
    };
    const late = open();
    await wait(0);
    await happen();
    answer();
    await wait(0);
    expect([late.ids, late.unread, late.client.state.is]).toEqual([ids(1, 2), 2, "live"]);
  });

  it("do not ask again and again where nothing lacks", async () => {
    const { server, open, happen } = setUp();
    open();
    open();
    await wait(0);
    server.newest.ready(0);
    await happen();
    await wait(0);
    const asked = server.asked.length;
    for (let beat = 0; beat < 6; beat += 1) {
      server.newest.write(`id: beat-${beat}\n\n`);
      await wait(10_000);
    }
    expect(server.asked).toHaveLength(asked);
  });

  it("all hold to a reset", async () => {
    const { server, open } = setUp();
    const all = [open(), open()];
    await wait(0);
    const reset = { reason: "epoch", unread: 9, unseen: 1, notifications: [], more: true };
    server.newest.event("reset", reset, "r1");
    server.newest.ready(9);
    await wait(0);
    for (const tab of all) expect([tab.resets, tab.unread]).toEqual([1, 9]);
  });

  it("tell the leader that somebody has signed in", async () => {
    const { server, open } = setUp();
    const answer = server.answer;
    server.answer = () => json({}, 401);
    open();
    const second = open();
    await wait(0);
    expect(second.client.state.is).toBe("unauthorized");
    server.answer = answer;
    second.client.authorized();
    await wait(0);
    server.newest.ready(0);
    await wait(0);
    expect(second.client.state.is).toBe("live");
  });

  it("that are opened say so too: somebody may have signed in there just now", async () => {
    const { server, open } = setUp();
    const answer = server.answer;
    server.answer = () => json({}, 401);
    const first = open();
    await wait(0);
    server.answer = answer;
    const second = open();
    await wait(0);
    server.newest.ready(0);
    await wait(0);
    expect([first.client.state.is, second.client.state.is]).toEqual(["live", "live"]);
    expect(server.streams).toHaveLength(1);
  });

  it("take it from a leader whose host knows of nobody, once", async () => {
    const { server, open, streams, happen } = setUp();
    let signedIn: string | null = null;
    const first = open("queue", { token: async () => null });
    const second = open("queue", { token: async () => signedIn });
    await wait(60_000);
    expect([second.client.state.is, server.asked.length]).toEqual(["unauthorized", 0]);
    signedIn = "token";
    second.client.authorized();
    await wait(0);
    server.newest.ready(0);
    await happen();
    expect([first.client.state.is, second.client.state.is, streams()]).toEqual(["live", "live", 1]);
    expect(second.ids).toEqual(ids(1));
    await wait(60_000);
    expect(server.asked.every(({ token }) => token === "Bearer token")).toBe(true);
  });

  it("that are opened leave it to their leader, which tries again first", async () => {
    const { server, open } = setUp();
    let signedIn = false;
    const host = (token: string) => ({ token: async () => (signedIn ? token : null) });
    open("queue", host("first"));
    await wait(0);
    signedIn = true;
    open("queue", host("second"));
    await wait(0);
    expect(server.asked.map(({ token }) => token)).toEqual(["Bearer first"]);
  });

  it("tell nothing old when another one has taken it from them", async () => {
    const { server, open } = setUp();
    let signedIn: string | null = null;
    open("queue", { token: async () => null });
    const second = open("queue", { token: async () => signedIn });
    await wait(0);
    expect(second.client.state.is).toBe("unauthorized");
    signedIn = "token";
    second.client.authorized();
    await wait(0);
    server.newest.ready(0);
    await wait(0);
    expect(second.client.state.is).toBe("live");
    second.states.length = 0;
    const third = open("seize", { token: async () => signedIn });
    await wait(0);
    server.newest.ready(0);
    await wait(0);
    expect([third.client.state.is, server.streams.length]).toEqual(["live", 2]);
    expect(second.states).not.toContain("unauthorized");
  });

  it("do not take it from each other when nobody is signed in", async () => {
    const { server, browser, open } = setUp();
    const all = [0, 1, 2].map(() => open("queue", { token: async () => null }));
    await wait(600_000);
    for (const { client } of all) expect(client.state.is).toBe("unauthorized");
    const leads = browser.said.filter((say) => say === "state").length;
    await wait(600_000);
    expect([browser.said.filter((say) => say === "state").length, server.asked]).toEqual([
      leads,
      [],
    ]);
  });

  it("go on behind a host that did not answer once", async () => {
    const { server, open, happen } = setUp();
    open("queue", { token: async () => "good" });
    await wait(0);
    server.newest.ready(0);
    await happen();
    let asked = 0;
    const token = () =>
      (asked += 1) === 1 ? new Promise<never>(() => {}) : Promise.resolve("good");
    const late = open("queue", { token });
    await wait(0);
    await happen();
    expect([late.client.state.reason, late.ids]).toEqual(["behind", []]);
    server.newest.write("id: beat\n\n");
    await wait(TOKEN_MS + 250);
    expect([late.ids, asked]).toEqual([ids(1, 2), 2]);
  });

  it("take no page for newer than a reset that was told meanwhile", async () => {
    const { server, log, open } = setUp();
    open();
    await wait(0);
    server.newest.ready(0);
    await wait(0);
    log.push(envelope(7));
    let answer = () => {};
    const { answer: page } = server;
    server.answer = (asked) => {
      const older = page(asked);
      return older && new Promise((resolve) => (answer = () => resolve(older)));
    };
    const told: string[] = [];
    const late = open("queue", {
      cursor: "old",
      event: ({ seq }) => told.push(`event ${seq}`),
      reset: ({ cursor }) => told.push(`reset ${cursor}`),
    });
    await wait(0);
    const reset = { reason: "epoch", unread: 0, unseen: 0, notifications: [], more: false };
    server.newest.event("reset", reset, "r20");
    await wait(0);
    answer();
    await wait(0);
    expect([told, late.client.state.is]).toEqual([["reset r20"], "live"]);
  });

  it("count as the leader does, also where the second page cannot be had", async () => {
    const { server, open, happen } = setUp();
    open();
    await wait(0);
    server.newest.ready(0);
    await happen();
    const answers: (() => void)[] = [];
    server.answer = ({ path }) => {
      if (!path.startsWith("/events")) return undefined;
      const first = json({ events: [envelope(1)], cursor: "c1", more: true });
      const answer = answers.length === 0 ? first : json({}, 503);
      return new Promise((resolve) => answers.push(() => resolve(answer)));
    };
    const late = open("queue", { cursor: "old" });
    await wait(0);
    await happen(); // the second
    answers[0]?.();
    await wait(0);
    answers[1]?.();
    await wait(0);
    expect([late.unread, late.client.state.reason]).toEqual([2, "behind"]);
  });

  it("look for the leader also while the clock is set back", async () => {
    const { server, open, streams } = setUp();
    const first = open();
    open();
    await wait(0);
    server.newest.ready(0);
    first.frozen = true;
    await wait(LOOK_MS);
    vi.setSystemTime(Date.now() - 86_400_000);
    await wait(LOOK_MS * (1 + MOST_UNANSWERED));
    expect([server.streams.length, streams()]).toEqual([2, 1]);
  });

  it("say nothing more when they are closed by what they hear", async () => {
    const { server, log, open } = setUp();
    open();
    await wait(0);
    server.newest.ready(0);
    log.push(envelope(1), envelope(2));
    const late = open("queue", { cursor: "old", event: () => late.client.close() });
    await wait(1_000);
    const [closed, ...others] = late.states.slice(late.states.indexOf("closed"));
    expect([closed, others, late.unread]).toEqual(["closed", [], 1]);
  });

  it("leave it to a worker while there is one, and do without it when it dies", async () => {
    const { server, open, streams, happen } = setUp();
    const tab = open("wait");
    const worker = open("seize");
    await wait(0);
    server.newest.ready(0);
    await happen();
    await wait(10_000);
    expect([tab.ids, server.streams.length]).toEqual([ids(1), 1]);
    worker.client.close();
    await wait(LOOK_MS * (2 + MOST_UNANSWERED));
    server.newest.ready(1);
    await happen();
    expect([tab.ids, streams()]).toEqual([ids(1, 2), 1]);
  });

  it("each have their own where there are neither locks nor a worker that answers", async () => {
    const { server, open, streams, happen } = setUp();
    const all = [open("wait", {}, false), open("wait", {}, false)];
    await wait(LOOK_MS * (2 + MOST_UNANSWERED));
    expect(streams()).toBeGreaterThan(0);
    for (const stream of server.streams) if (!stream.asked.gone()) stream.ready(0);
    await happen();
    for (const tab of all) expect(tab.ids).toEqual(ids(1));
  });

  it.each(["queue", "wait"] as const)(
    "each have their own where locks are forbidden, as in a frame without an origin: %s",
    async (manner) => {
      const { server, open } = setUp();
      const request = () => Promise.reject(new DOMException("denied", "SecurityError"));
      const tab = open(manner, {}, { request });
      await wait(LOOK_MS * (2 + MOST_UNANSWERED));
      server.newest.ready(0);
      await wait(0);
      expect(tab.client.state.is).toBe("live");
      tab.client.close();
      await wait(60_000);
      expect([server.streams.length, vi.getTimerCount()]).toEqual([1, 0]);
    },
  );

  it("take nothing any more when they close while it is being given to them", async () => {
    const { open, streams } = setUp();
    const first = open();
    await wait(0);
    open("seize").client.close();
    first.client.close();
    await wait(60_000);
    expect([streams(), vi.getTimerCount()]).toEqual([0, 0]);
  });

  it("leave nothing behind when they close", async () => {
    const { open, streams } = setUp();
    const all = [open(), open()];
    await wait(0);
    for (const { client } of all) client.close();
    await wait(60_000);
    expect([streams(), vi.getTimerCount()]).toEqual([0, 0]);
  });
});

describe("the transport that worked", () => {
  /** A proxy that keeps streams to itself. */
  function behindProxy() {
    const world = setUp();
    const event = envelope(1);
    const nothing = () => json({ events: [], cursor: event.id, more: false });
    const something = () => json({ events: [event], cursor: event.id, more: false });
    world.server.answer = ({ path }) => {
      if (path.startsWith("/stream")) return new Promise<Response>(() => {});
      if (path === "/inbox") return json({ unread: 4, unseen: 0, cursor: "c9" });
      if (!path.includes("wait=")) return json({ events: [], cursor: "c0", more: false });
      const answer = path.includes("after=c0") ? something : nothing;
      return new Promise((resolve) => setTimeout(() => resolve(answer()), 25_000));
    };
    const stored = new Map<string, string>();
    const storage = {
      getItem: (key: string) => stored.get(key) ?? null,
      setItem: (key: string, value: string) => void stored.set(key, value),
    };
    const transports = [sse(), longPoll()];
    const open = () => world.open("queue", { transports, storage });
    return { ...world, open, stored };
  }

  it("is that of the tab that goes on", async () => {
    const { server, open } = behindProxy();
    const [first, second] = [open(), open()];
    await wait(32_000);
    expect(second.client.state).toMatchObject({ is: "live", transport: "longpoll" });
    const asked = server.asked.length;
    first.client.close();
    await wait(1_000);
    expect(second.client.state).toMatchObject({ is: "live", transport: "longpoll" });
    expect(server.paths.slice(asked).join()).not.toContain("/stream");
  });

  it("is remembered, whichever tab wrote last, and until when", async () => {
    const { server, stored, open } = behindProxy();
    const all = [open(), open()];
    await wait(32_000 + 25_000);
    for (const { client } of all) client.close();
    const [remembered] = [...stored.values()].map((text) => JSON.parse(text) as object);
    expect(remembered).toMatchObject({ transport: "longpoll", held: { cursor: ids(1)[0] } });
    const asked = server.asked.length;
    const next = open();
    await wait(0);
    expect([next.client.state.is, server.paths[asked]]).toEqual([
      "live",
      "GET /events?after=start",
    ]);
    await wait(560_000);
    expect(server.paths.slice(asked).join()).not.toContain("/stream");
    await wait(60_000);
    expect(server.paths.slice(asked).join()).toContain("/stream");
  });
});
