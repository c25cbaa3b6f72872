import type { connect, Envelope, GiveToken, Item, Options, State } from "@tidings/client";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Session } from "./session";

const tokenOf = (sub: string) => `e30.${btoa(JSON.stringify({ sub }))}.x`;

const BY_COOKIE = { credentials: "include" } as const;

const answers: Record<string, unknown> = {};
const asked: [path: string, token: string | undefined][] = [];

beforeEach(() => {
  asked.length = 0;
  vi.stubGlobal("fetch", async (url: string, { headers }: { headers?: Record<string, string> }) => {
    const path = new URL(url).pathname.replace("/api/v1", "");
    asked.push([path, headers?.authorization]);
    const signedOut = path === "/auth/me" && !(path in answers);
    return new Response(JSON.stringify(answers[path] ?? {}), { status: signedOut ? 401 : 200 });
  });
});
afterEach(() => vi.unstubAllGlobals());

/** A session whose stream is in the hands of the test. */
async function open({ user = null, token }: { user?: string | null; token?: GiveToken } = {}) {
  const streams: Options[] = [];
  const own: typeof connect = (options) => {
    streams.push(options);
    return { state: {} as State, authorized: () => {}, close: () => {} };
  };
  const told: string[] = [];
  const heard = {
    view: ({ items }: { items: Item[] }) => told.push(`view ${items.map(({ id }) => id)}`),
    event: ({ type }: Envelope) => told.push(type),
    state: ({ is }: State) => told.push(is),
    refused: () => told.push("refused"),
    another: () => told.push("another"),
  };
  const settings = { server: "https://t.example", user, token, connect: own };
  const session = new Session(settings, heard);
  await session.open();
  told.length = 0;
  return { session, stream: streams[0] as Options, streams, told };
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

it("lets the server refuse who is signed out, and asks nobody about a token", async () => {
  answers["/auth/me"] = { user: "alice" };
  const { stream, told } = await open();
  delete answers["/auth/me"];
  await stream.world?.fetch("https://t.example/api/v1/stream", BY_COOKIE);
  expect(asked.at(-1)).toEqual(["/stream", undefined]);
  expect(told).toEqual([]);

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
