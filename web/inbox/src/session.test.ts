import type { connect, Envelope, GiveToken, Item, Options, State } from "@tidings/client";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { SURE_MS } from "./guarded";
import { Session } from "./session";

const tokenOf = (sub: string) => `e30.${btoa(JSON.stringify({ sub }))}.x`;

const BY_COOKIE = { credentials: "include" } as const;

const answers: Record<string, unknown> = {};
/** Of those that do not answer so well. */
const refusals: Record<string, [status: number, headers?: Record<string, string>]> = {};
const asked: [path: string, token: string | undefined][] = [];
const sessions: Session[] = [];
const paths = () => asked.map(([path]) => path);

beforeEach(() => {
  asked.length = 0;
  for (const path of Object.keys(refusals)) delete refusals[path];
  vi.stubGlobal("fetch", async (url: string, { headers }: { headers?: Record<string, string> }) => {
    const path = new URL(url).pathname.replace("/api/v1", "");
    asked.push([path, headers?.authorization]);
    const signedOut = path === "/auth/me" && !(path in answers);
    const [status, more = {}] = refusals[path] ?? [signedOut ? 401 : 200];
    if (status === 0) throw new TypeError("away");
    return new Response(JSON.stringify(answers[path] ?? {}), { status, headers: more });
  });
});
afterEach(() => {
  sessions.splice(0).forEach((session) => session.close());
  vi.unstubAllGlobals();
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** A session whose stream is in the hands of the test. */
async function open({ user = null, token }: { user?: string | null; token?: GiveToken } = {}) {
  const { session, told, ...more } = newSession({ user, token });
  await session.open();
  told.length = 0;
  return { session, told, ...more, stream: more.streams[0] as Options };
}

function newSession({ user = null, token }: { user?: string | null; token?: GiveToken } = {}) {
  const streams: Options[] = [];
  const own: typeof connect = (options) => {
    streams.push(options);
    return { state: {} as State, authorized: () => {}, close: () => {} };
  };
  const told: string[] = [];
  const states: State[] = [];
  const heard = {
    view: ({ items }: { items: Item[] }) => told.push(`view ${items.map(({ id }) => id)}`),
    event: ({ type }: Envelope) => told.push(type),
    state: (state: State) => {
      states.push(state);
      told.push(state.is);
    },
    refused: () => told.push("refused"),
    another: () => told.push("another"),
  };
  const settings = { server: "https://t.example", user, token, connect: own };
  const session = new Session(settings, heard);
  sessions.push(session);
  return { session, streams, told, states };
}

const event = (audience: string, payload: unknown, type = "notification") =>
  ({ id: "e1", type, audience, payload, unread: 1, unseen: 1, timestamp: "" }) as Envelope;
const item = (id: string, audience: string) => ({ id, audience, cursor: id }) as Item;
const state = (is: State["is"]): State => ({ is, since: 0, reason: "", transport: "" });

it("sends no token of another reader, and begins anew", async () => {
  let who = "alice";
  const { stream, told } = await open({ token: async () => tokenOf(who) });
  expect([stream.user, await stream.token?.(false)]).toEqual(["alice", tokenOf("alice")]);
  who = "bob";
  expect(await stream.token?.(true)).toBeNull();
  expect(told).toEqual(["another"]);
});

it("is signed out by a token of another one than the host names", async () => {
  const { stream, told } = await open({ user: "alice", token: async () => tokenOf("bob") });
  expect(await stream.token?.(false)).toBeNull();
  expect(told).toEqual(["unauthorized"]);
});

it("takes a token that says nothing as it is", async () => {
  const { stream, told } = await open({ user: "alice", token: async () => "opaque" });
  expect(await stream.token?.(false)).toBe("opaque");
  expect(told).toEqual([]);
});

it("shows nothing of another reader when the cookie is theirs", async () => {
  answers["/auth/me"] = { user: "alice" };
  const byEvent = await open();
  byEvent.stream.event?.(event("topic:all", item("1", "topic:all")), true);
  byEvent.stream.event?.(event("user:alice", item("2", "user:alice")), true);
  expect(byEvent.told).not.toContain("another");
  byEvent.told.length = 0;
  byEvent.stream.event?.(event("user:bob", item("3", "user:bob")), true);
  expect(byEvent.told).toEqual(["another"]);

  const byReset = await open();
  const notifications = [item("3", "user:bob")];
  const reset = { reason: "gap", notifications, more: false, cursor: "c", unread: 1, unseen: 1 };
  byReset.stream.reset?.(reset);
  expect(byReset.told).toEqual(["another"]);
});

it("sends nothing by the cookie of another reader: not the stream, and no mark", async () => {
  answers["/auth/me"] = { user: "alice" };
  const { session, stream, told } = await open();
  const request = (path: string) =>
    stream.world?.fetch(`https://t.example/api/v1${path}`, BY_COOKIE);
  await request("/stream");
  expect(asked.at(-1)).toEqual(["/stream", undefined]);
  answers["/auth/me"] = { user: "bob" };
  await session.inbox?.mark({ read: true, up_to: "c" });
  await vi.waitFor(() => expect(told).toContain("another"));
  await expect(request("/stream")).rejects.toThrow();
  expect(asked.map(([path]) => path)).not.toContain("/notifications/mark");
  expect(asked.at(-1)).toEqual(["/auth/me", undefined]);
});

it("asks nothing else by the cookie of another reader, and tells nothing", async () => {
  answers["/auth/me"] = { user: "alice" };
  answers["/notifications/1"] = { id: "1" };
  const { session, told } = await open();
  expect(await session.said("GET", "/notifications/1")).toEqual({ id: "1" });
  answers["/auth/me"] = { user: "bob" };
  asked.length = 0;
  expect(await session.said("GET", "/notifications/1")).toBeNull();
  expect(paths()).toEqual(["/auth/me"]);
  expect(told).toContain("another");
});

it("tells at once of a link that is followed, as the page may be leaving", async () => {
  answers["/auth/me"] = { user: "alice" };
  const { session } = await open();
  asked.length = 0;
  void session.said("PATCH", "/notifications/1", { acted: true });
  expect(paths()).toEqual(["/notifications/1"]);
});

it("hands on what the server says where it does not say whose the cookie is", async () => {
  answers["/auth/me"] = { user: "alice" };
  const { stream, told } = await open();
  const request = () => stream.world?.fetch("https://t.example/api/v1/stream", BY_COOKIE);
  refusals["/auth/me"] = [503, { "retry-after": "7" }];
  asked.length = 0;
  const busy = await request();
  expect([busy?.status, busy?.headers.get("retry-after")]).toEqual([503, "7"]);
  delete refusals["/auth/me"];
  delete answers["/auth/me"];
  expect((await request())?.status).toBe(401);
  expect(paths()).toEqual(["/auth/me", "/auth/me"]);
  expect(told).toEqual([]);
});

it("takes what something between says for no answer, and for nobody else's", async () => {
  answers["/auth/me"] = { user: "alice" };
  const { stream, told } = await open();
  for (const status of [403, 404, 200]) {
    answers["/auth/me"] = {};
    refusals["/auth/me"] = [status];
    asked.length = 0;
    const mark = stream.world?.fetch("https://t.example/api/v1/notifications/mark", BY_COOKIE);
    await expect(mark).rejects.toThrow();
    expect(paths()).toEqual(["/auth/me"]);
  }
  expect(told).toEqual([]);
});

it("shows nothing of another reader, whatever the host's token is", async () => {
  answers["/auth/me"] = { user: "alice" };
  const { stream, told } = await open({ token: async () => undefined });
  stream.event?.(event("user:bob", item("3", "user:bob")), true);
  expect(told).toEqual(["another"]);
});

it("asks once whose the cookie is for what is only looked at, and each time for what is kept or sent", async () => {
  vi.useFakeTimers();
  answers["/auth/me"] = { user: "alice" };
  const { stream } = await open();
  const ask = async (path: string) => {
    asked.length = 0;
    await stream.world?.fetch(`https://t.example/api/v1${path}`, BY_COOKIE);
    return paths();
  };
  expect(await ask("/stream?after=c")).toEqual(["/auth/me", "/stream"]);
  expect(await ask("/events?after=c&wait=25")).toEqual(["/events"]);
  expect(await ask("/preferences")).toEqual(["/preferences"]);
  expect(await ask("/notifications/mark")).toEqual(["/auth/me", "/notifications/mark"]);
  expect(await ask("/notifications?limit=50")).toEqual(["/auth/me", "/notifications"]);
  expect(await ask("/stream?after=c")).toEqual(["/auth/me", "/stream"]);
  await vi.advanceTimersByTimeAsync(SURE_MS);
  expect(await ask("/events?after=c&wait=25")).toEqual(["/auth/me", "/events"]);
});

it("asks nobody about a token", async () => {
  const byToken = await open({ token: async () => tokenOf("alice") });
  asked.length = 0;
  await byToken.stream.world?.fetch("https://t.example/api/v1/stream", { credentials: "omit" });
  expect(asked.map(([path]) => path)).toEqual(["/stream"]);
});

it("tells nothing after it was closed, whatever still comes", async () => {
  const { session, stream, told } = await open({ user: "alice" });
  session.close();
  stream.event?.(event("user:alice", item("1", "user:alice")), true);
  stream.state?.(state("live"));
  stream.counts?.({ unread: 7, unseen: 7 });
  expect(told).toEqual([]);
});

it("hears a signal that brings nothing", async () => {
  const { stream, told } = await open({ user: "alice" });
  stream.event?.(event("user:alice", null, "typing"), true);
  expect(told).toContain("typing");
});

describe("while nobody knows who reads", () => {
  beforeEach(() => {
    vi.useFakeTimers();
    vi.spyOn(Math, "random").mockReturnValue(0.5);
    delete answers["/auth/me"];
  });
  const waits = ({ is, reason, until = 0 }: State) => [is, reason, until - Date.now()];

  it.each([
    ["the server is busy", [503, { "retry-after": "5" }], "status 503", 5_000],
    ["the server is busy, and says no more", [503], "status 503", 750],
    ["it says when by a date", [429, { "retry-after": "Sat, 28 Nov 2026" }], "status 429", 750],
    [
      "it asks for more than anybody would wait",
      [503, { "retry-after": "9e9" }],
      "status 503",
      600_000,
    ],
    ["there is no network", [0], "network", 750],
  ] as const)("it says why, and until when: %s", async (_, refusal, reason, ms) => {
    refusals["/auth/me"] = [...refusal] as [number];
    const { session, states } = newSession();
    await session.open();
    expect(states.map(({ is }) => is)).toEqual(["connecting", "waiting"]);
    expect(states.slice(-1).map(waits)).toEqual([["waiting", reason, ms]]);
    delete refusals["/auth/me"];
    await vi.advanceTimersByTimeAsync(ms - 1);
    expect(paths()).toEqual(["/auth/me"]);
    await vi.advanceTimersByTimeAsync(1);
    expect(states.at(-1)?.is).toBe("unauthorized");
  });

  it("it says so where the host has no token", async () => {
    const { session, states } = newSession({ token: () => Promise.reject(new Error("away")) });
    await session.open();
    expect(states.slice(-1).map(waits)).toEqual([["waiting", "token", 750]]);
  });

  it("a network that is back is reason to ask sooner, but no sooner than the server said", async () => {
    const { session, states } = newSession();
    for (const [refusal, soonest] of [
      [[0], 500],
      [[503, { "retry-after": "1" }], 1_000],
    ] as const) {
      refusals["/auth/me"] = [...refusal] as [number];
      await session.open(6, 0);
      expect(states.at(-1)?.until).toBeGreaterThan(Date.now() + 10_000);
      dispatchEvent(new Event("offline"));
      dispatchEvent(new Event("online"));
      expect(states.slice(-1).map(waits)).toEqual([
        ["waiting", expect.any(String) as string, soonest],
      ]);
    }
    session.close();
    const told = states.length;
    dispatchEvent(new Event("online"));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(states).toHaveLength(told);
  });
});

describe("the ways", () => {
  const ways = async (token?: GiveToken) => {
    const { stream } = await open({ user: "alice", ...(token && { token }) });
    return stream.transports.map(({ name }) => name);
  };
  const token = async () => "opaque";

  it("are a stream, a WebSocket and polls", async () => {
    vi.stubGlobal("isSecureContext", true);
    expect(await ways(token)).toEqual(["sse", "websocket", "longpoll"]);
  });
  it("begin with a WebSocket where each tab has its own", async () => {
    vi.stubGlobal("isSecureContext", false);
    expect(await ways(token)).toEqual(["websocket", "sse", "longpoll"]);
  });
  it("are the same by the cookie: whose it is, is asked before the ticket", async () => {
    vi.stubGlobal("isSecureContext", true);
    expect(await ways()).toEqual(["sse", "websocket", "longpoll"]);
    answers["/auth/me"] = { user: "alice" };
    const { stream, told } = await open();
    answers["/auth/me"] = { user: "bob" };
    asked.length = 0;
    const ticket = stream.world?.fetch("https://t.example/api/v1/stream/ticket", BY_COOKIE);
    await expect(ticket).rejects.toThrow();
    expect([paths(), told]).toEqual([["/auth/me"], ["another"]]);
  });
});
