// @vitest-environment node
import { beforeEach, describe, expect, it, vi } from "vitest";
import { connect, type Options } from "./client";
import type { TextStorage } from "./core/storage";
import { envelope } from "./testing/driver";
import { FakeServer, json } from "./testing/fake-server";
import { FakeSocket } from "./testing/fake-socket";
import { longPoll } from "./transports/longpoll";
import { sse } from "./transports/sse";
import { webSocket } from "./transports/websocket";

const wait = (ms: number) => vi.advanceTimersByTimeAsync(ms);

beforeEach(() => {
  vi.useFakeTimers();
  return () => vi.useRealTimers();
});

function setUp(options: Partial<Options> = {}) {
  const server = new FakeServer();
  const heard = {
    events: [] as (string | undefined)[],
    unread: [] as number[],
    states: [] as string[],
    resets: 0,
  };
  const open = () =>
    connect({
      user: "alice",
      server: "https://t.example",
      transports: [sse()],
      world: server.world,
      event: ({ id }) => heard.events.push(id),
      counts: ({ unread }) => heard.unread.push(unread),
      state: ({ is }) => heard.states.push(is),
      reset: () => (heard.resets += 1),
      ...options,
    });
  return { server, heard, open };
}

class Memory implements TextStorage {
  readonly map = new Map<string, string>();
  writes = 0;
  getItem = (key: string) => this.map.get(key) ?? null;
  setItem(key: string, value: string) {
    this.writes += 1;
    this.map.set(key, value);
  }
}

describe("a client", () => {
  it("hears a stream by the cookie, and comes back after what it has", async () => {
    const { server, heard, open } = setUp();
    const client = open();
    await wait(0);
    expect(server.asked[0]).toMatchObject({
      method: "GET",
      path: "/stream",
      token: null,
      credentials: "include",
    });
    server.newest.write("retry: 300\n\n");
    server.newest.ready(2);
    server.newest.event("notification", envelope(3), envelope(3).id);
    await wait(0);
    expect(heard).toEqual({
      events: ["c-user:alice-3"],
      unread: [2, 3],
      states: ["connecting", "live"],
      resets: 0,
    });
    server.newest.end();
    await wait(300);
    expect(server.asked[1]?.path).toBe("/stream?after=c-user%3Aalice-3");
    client.close();
    expect(server.asked[1]?.gone()).toBe(true);
    expect(client.state.is).toBe("closed");
    expect(vi.getTimerCount()).toBe(0);
  });

  it("shows its token in a header, never in an address, and no cookie with it", async () => {
    const { server, open } = setUp({ token: async (refresh) => (refresh ? "new" : "old") });
    server.answer = ({ token }) => (token === "Bearer old" ? json({}, 401) : undefined);
    open();
    await wait(0);
    expect(server.asked.map(({ token, credentials }) => [token, credentials])).toEqual([
      ["Bearer old", "omit"],
      ["Bearer new", "omit"],
    ]);
    expect(server.paths.join()).not.toMatch(/old|new/);
  });

  it.each(["<html>\n<h1>Bad gateway</h1>", "", "naïve"])(
    "takes no answer for a token that cannot be one, and asks again: %j",
    async (bad) => {
      const tokens = [bad, "good"];
      const { server, open } = setUp({ token: async () => tokens.shift() });
      const client = open();
      await wait(0);
      expect(client.state).toMatchObject({ is: "waiting", reason: "token" });
      expect(server.asked).toEqual([]);
      await wait(250);
      expect(server.asked.map(({ token }) => token)).toEqual(["Bearer good"]);
    },
  );

  it("renews its stream in band, with another token", async () => {
    let given = 0;
    const { server, heard, open } = setUp({ token: async () => `t${(given += 1)}` });
    server.answer = ({ method }) => (method === "POST" ? json({ expires_at: "…" }) : undefined);
    open();
    await wait(0);
    server.newest.ready();
    server.newest.event("expiring", {});
    await wait(0);
    expect(server.asked.at(-1)).toMatchObject({
      method: "POST",
      path: "/stream/renew",
      token: "Bearer t2",
      body: { connection_id: "k" },
    });
    expect(server.streams).toHaveLength(1);
    expect(heard.states).toEqual(["connecting", "live"]);
  });

  it("renews a WebSocket by its own band, and again when that was refused", async () => {
    vi.stubGlobal("WebSocket", FakeSocket);
    let given = 0;
    const { server, heard, open } = setUp({
      token: async () => `t${(given += 1)}`,
      transports: [webSocket()],
    });
    server.answer = () => json({ ticket: "once" });
    open();
    await wait(0);
    const socket = FakeSocket.newest;
    socket.say("ready", { connection_id: "k", unread: 0, unseen: 0, heartbeat_ms: 15_000 }, "c1");
    socket.say("expiring", {});
    await wait(0);
    socket.say("error", { code: "rate_limited" });
    await wait(9_999);
    expect(socket.sent).toEqual([{ token: "t2" }]);
    await wait(1);
    socket.say("renewed", { expires_at: "…" });
    await wait(20_000);
    expect(socket.sent).toEqual([{ token: "t2" }, { token: "t3" }]);
    expect(server.paths).toEqual(["POST /stream/ticket"]);
    expect(heard.states).toEqual(["connecting", "live"]);
    vi.unstubAllGlobals();
  });

  it("lets the host refresh its cookie, and renews by that", async () => {
    const refreshed: boolean[] = [];
    const { server, open } = setUp({ token: async (refresh) => void refreshed.push(refresh) });
    server.answer = ({ method }) => (method === "POST" ? json({}) : undefined);
    open();
    await wait(0);
    server.newest.ready();
    server.newest.event("expiring", {});
    await wait(0);
    expect(refreshed).toEqual([false, true]);
    expect(server.asked.at(-1)).toMatchObject({
      path: "/stream/renew",
      token: null,
      credentials: "include",
    });
  });

  it("never opens by the cookie when the host has said that nobody is signed in", async () => {
    const tokens = ["alice's", null, null];
    const { server, heard, open } = setUp({ token: async () => tokens.shift() });
    open();
    await wait(0);
    server.newest.ready();
    server.newest.event("expiring", {});
    await wait(0);
    server.newest.fail();
    await wait(60_000);
    expect(heard.states).toEqual(["connecting", "live", "unauthorized"]);
    expect(server.asked.map(({ credentials }) => credentials)).toEqual(["omit"]);
    expect(server.asked[0]?.gone()).toBe(true);
  });

  it("is closed when it is closed by what it hears", async () => {
    const { server, heard, open } = setUp({
      counts: () => client.close(),
    });
    const client = open();
    await wait(0);
    server.newest.ready();
    await wait(1_000);
    expect(heard.states).toEqual(["connecting", "closed"]);
    expect([client.state.is, vi.getTimerCount()]).toEqual(["closed", 0]);
  });

  it("goes on when somebody has signed in", async () => {
    const { server, heard, open } = setUp();
    server.answer = () => json({}, 401);
    const client = open();
    await wait(60_000);
    expect([client.state.is, server.asked.length]).toEqual(["unauthorized", 1]);
    server.answer = () => undefined;
    client.authorized();
    await wait(0);
    server.newest.ready();
    await wait(0);
    expect(heard.states.at(-1)).toBe("live");
  });

  it("obeys Retry-After", async () => {
    const { server, open } = setUp();
    server.answer = () => json({}, 503, { "retry-after": "7" });
    open();
    await wait(6_999);
    expect(server.asked).toHaveLength(1);
    await wait(1);
    expect(server.asked).toHaveLength(2);
  });

  it("obeys Retry-After that is a date", async () => {
    vi.setSystemTime(Date.UTC(2026, 10, 28, 12));
    const { server, open } = setUp();
    server.answer = () => json({}, 503, { "retry-after": "Sat, 28 Nov 2026 12:00:09 GMT" });
    open();
    await wait(8_999);
    expect(server.asked).toHaveLength(1);
    await wait(1);
    expect(server.asked).toHaveLength(2);
  });

  it.each(["TEXT/Event-Stream", "text/event-stream ; charset=utf-8"])(
    "takes for a stream what is one: %s",
    async (type) => {
      const { server, open } = setUp();
      server.answer = () => new Response("retry: 9\n\n", { headers: { "content-type": type } });
      const client = open();
      await wait(0);
      expect(client.state.reason).toBe("closed");
    },
  );

  it.each(["text/html", "text/event-streams"])(
    "takes no page of some hotel for one: %s",
    async (type) => {
      const { server, open } = setUp();
      server.answer = () => new Response("<html>", { headers: { "content-type": type } });
      const client = open();
      await wait(0);
      expect(client.state).toMatchObject({ is: "waiting", reason: "no stream" });
    },
  );

  it("goes on when the host throws", async () => {
    const thrown: unknown[] = [];
    vi.stubGlobal("queueMicrotask", (run: () => void) => {
      try {
        run();
      } catch (error) {
        thrown.push(error);
      }
    });
    const { server, heard, open } = setUp({
      event: () => {
        throw new Error("of the host");
      },
    });
    open();
    await wait(0);
    server.newest.ready();
    server.newest.event("notification", envelope(1), "c1");
    await wait(0);
    vi.unstubAllGlobals();
    expect(thrown).toEqual([new Error("of the host")]);
    expect(heard.states).toEqual(["connecting", "live"]);
  });

  it("takes hints, until it is closed", async () => {
    const { server, open } = setUp();
    const client = open();
    await wait(0);
    server.newest.ready();
    server.hint("online");
    await wait(0);
    expect(server.streams).toHaveLength(2);
    client.close();
    server.hint("online");
    await wait(60_000);
    expect(server.streams).toHaveLength(2);
  });

  it("notices by the clock that it has slept", async () => {
    const { server, open } = setUp();
    server.random = 0.5;
    open();
    await wait(0);
    server.newest.ready();
    await wait(0);
    vi.setSystemTime(Date.now() + 3_600_000); // no timer fired meanwhile
    await wait(15_000);
    expect(server.streams).toHaveLength(1); // half a second of jitter
    await wait(500);
    expect(server.streams).toHaveLength(2);
  });

  it("holds one timer, however much comes", async () => {
    const { server, open } = setUp();
    open();
    await wait(0);
    server.newest.ready();
    for (let seq = 1; seq <= 1_000; seq += 1)
      server.newest.event("notification", envelope(seq), envelope(seq).id);
    await wait(1_000);
    expect(vi.getTimerCount()).toBe(1);
  });
});

describe("a reload", () => {
  it("goes on where the page before was, and drops what that has had", async () => {
    const storage = new Memory();
    const { server, heard, open } = setUp({ storage });
    const first = open();
    await wait(0);
    server.newest.ready();
    server.newest.event("notification", envelope(1), envelope(1).id);
    await wait(0);
    first.close();
    open();
    await wait(0);
    expect(server.asked.at(-1)?.path).toBe("/stream?after=c-user%3Aalice-1");
    for (const seq of [1, 2]) server.newest.event("notification", envelope(seq), envelope(seq).id);
    await wait(0);
    expect(heard.events).toEqual(["c-user:alice-1", "c-user:alice-2"]);
  });

  it("writes behind, and seldom", async () => {
    const storage = new Memory();
    const { server, open } = setUp({ storage });
    open();
    await wait(0);
    server.newest.ready();
    for (let seq = 1; seq <= 100; seq += 1)
      server.newest.event("notification", envelope(seq), envelope(seq).id);
    await wait(500);
    expect(storage.writes).toBe(1);
  });

  it("keeps servers and users apart", async () => {
    const storage = new Memory();
    const { open } = setUp({ storage });
    const close = async (options: Partial<Options>) => {
      const { server, open } = setUp({ storage, ...options });
      const client = open();
      await wait(0);
      const { path } = server.asked[0] as { path: string };
      server.newest.ready();
      await wait(0);
      client.close();
      return path;
    };
    open().close();
    expect(await close({})).toBe("/stream");
    expect(await close({ user: "bob" })).toBe("/stream");
    expect(await close({ server: "https://other.example" })).toBe("/stream");
    expect(await close({})).toBe("/stream?after=ready-0");
  });

  it("takes the host's cursor where that has just asked for the inbox", async () => {
    const storage = new Memory();
    const { server, open } = setUp({ storage, cursor: "c-fresh" });
    open();
    await wait(0);
    expect(server.asked[0]?.path).toBe("/stream?after=c-fresh");
  });

  it.each([
    "",
    "null",
    "7",
    '{"held":{"cursor":7,"recent":[]}}',
    '{"held":{"cursor":"c","recent":"x"}}',
  ])("begins anew where what was stored is no place: %s", async (stored) => {
    const storage = { getItem: () => stored, setItem: () => {} };
    const { server, open } = setUp({ storage });
    open();
    await wait(0);
    expect(server.asked[0]?.path).toBe("/stream");
  });

  it("does without a storage that is forbidden", async () => {
    const refuse = () => {
      throw new DOMException("denied", "SecurityError");
    };
    const { server, heard, open } = setUp({ storage: { getItem: refuse, setItem: refuse } });
    open();
    await wait(0);
    server.newest.ready();
    await wait(1_000);
    expect(heard.states.at(-1)).toBe("live");
  });

  it("remembers the transport that worked, until it is time to try the better one", async () => {
    const storage = new Memory();
    const transports = [sse(), longPoll()];
    const behindProxy = (server: FakeServer) => {
      server.answer = ({ path }) => {
        if (path.startsWith("/stream")) return new Promise<Response>(() => {});
        if (path === "/inbox") return json({ unread: 4, unseen: 0, cursor: "c" });
        const nothing = json({ events: [], cursor: "c9", more: false });
        if (!path.includes("wait=")) return nothing;
        return new Promise((answer) => setTimeout(() => answer(nothing), 25_000));
      };
    };
    const first = setUp({ storage, transports });
    behindProxy(first.server);
    const client = first.open();
    await wait(15_000 + 250 + 15_000 + 250);
    expect(client.state).toMatchObject({ is: "live", transport: "longpoll" });
    expect(first.heard.unread).toEqual([4]);
    client.close();
    const second = setUp({ storage, transports });
    behindProxy(second.server);
    second.open();
    await wait(0);
    expect(second.server.paths[0]).toBe("GET /events?after=c9");
    await wait(600_000);
    expect(second.server.paths.at(-1)).toBe("GET /stream?after=c9");
  });

  it("takes a poll for dead that is late by ten seconds, and none before", async () => {
    const { server, open } = setUp({ transports: [longPoll()] });
    let answers = 2;
    server.answer = ({ path }) => {
      if (path === "/inbox") return json({ unread: 0, unseen: 0, cursor: "c" });
      const nothing = json({ events: [], cursor: "c", more: false });
      if (!path.includes("wait=")) return nothing;
      answers -= 1;
      const late = answers < 0 ? Infinity : 25_000 + 9_000;
      return new Promise((answer) => late < Infinity && setTimeout(() => answer(nothing), late));
    };
    const client = open();
    await wait(2 * 34_000);
    await wait(34_900);
    expect(client.state.is).toBe("live");
    await wait(200);
    expect(client.state).toMatchObject({ is: "waiting", reason: "silent" });
    expect(server.asked.at(-1)?.gone()).toBe(true);
  });
});
