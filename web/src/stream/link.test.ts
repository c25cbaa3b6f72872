import { beforeEach, describe, expect, it, vi } from "vitest";
import { FakeServer, json } from "../../client/src/testing/fake-server";
import { FakeSocket } from "../../client/src/testing/fake-socket";
import { createLink } from "./link";

let server: FakeServer;

beforeEach(() => {
  vi.useFakeTimers();
  server = new FakeServer();
  vi.stubGlobal("fetch", server.world.fetch);
  localStorage.clear();
  return () => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  };
});

const settle = () => vi.advanceTimersByTimeAsync(0);

const event = (id: string, seq: number) => ({
  id,
  type: "notification",
  timestamp: "2026-11-01T12:00:00.000Z",
  audience: "user:alice",
  seq,
  payload: { id },
  unread: seq,
  unseen: seq,
});

const tell = (id: string, seq: number) => server.newest.event("notification", event(id, seq), id);

/** Somebody who listens, and what they were told. */
function listener() {
  const heard: string[] = [];
  return {
    heard,
    event: ({ id }: { id?: string }, live: boolean) => void heard.push(`${id} ${live}`),
    counts: ({ unread }: { unread: number }) => void heard.push(`${unread} unread`),
    reset: ({ cursor }: { cursor: string }) => void heard.push(`reset ${cursor}`),
    state: ({ is }: { is: string }) => void heard.push(is),
  };
}

async function open() {
  const link = createLink("alice", () => Promise.resolve(undefined));
  const first = listener();
  link.connect({ cursor: "head", ...first });
  await settle();
  server.newest.ready(3);
  await settle();
  return { link, first };
}

describe("the one connection of a page", () => {
  it("begins where the first who listens wants to go on, by the cookie", async () => {
    const { link, first } = await open();
    tell("a", 4);
    await settle();
    expect(server.paths).toEqual(["GET /stream?after=head"]);
    expect(server.asked[0]).toMatchObject({ token: null, credentials: "include" });
    expect(first.heard[0]).toBe("connecting");
    expect(first.heard.slice(-4)).toEqual(["3 unread", "live", "4 unread", "a true"]);
    link.close();
    expect(first.heard.at(-1)).toBe("closed");
    expect(server.newest.asked.gone()).toBe(true);
  });

  it("is one, however long nothing happens", async () => {
    const { link, first } = await open();
    const second = listener();
    link.connect({ cursor: "head", ...second });
    await vi.advanceTimersByTimeAsync(12_000);
    expect(server.streams).toHaveLength(1);
    expect(second.heard).toContain("live");
    expect(first.heard).not.toContain("waiting");
    link.close();
  });

  it("tells who joins with an older list what came since, and then the same as the others", async () => {
    const { link, first } = await open();
    tell("a", 4);
    await settle();
    const events = [event("a", 4)];
    server.answer = ({ path }) =>
      path.startsWith("/events") ? json({ events, cursor: "a", more: false }) : undefined;
    const second = listener();
    link.connect({ cursor: "old", ...second });
    expect(second.heard).toContain("connecting");
    await settle();
    tell("b", 5);
    await settle();
    expect(server.paths).toEqual(["GET /stream?after=head", "GET /events?after=old"]);
    expect(second.heard.filter((what) => / (true|false)$/.test(what))).toEqual([
      "a false",
      "b true",
    ]);
    expect(second.heard).toContain("live");
    expect(first.heard.slice(-2)).toEqual(["5 unread", "b true"]);
  });

  it("asks for nothing where the list is as new as the connection", async () => {
    const { link } = await open();
    tell("a", 4);
    await settle();
    const second = listener();
    link.connect({ cursor: "a", ...second });
    await settle();
    expect(server.streams).toHaveLength(1);
    expect(server.paths).toHaveLength(1);
    expect(second.heard.slice(-2)).toEqual(["live", "4 unread"]);
  });

  it("asks for nothing either where there is no list yet: from here on it tells all", async () => {
    const { link } = await open();
    tell("a", 4);
    await settle();
    const second = listener();
    link.connect(second);
    await settle();
    tell("b", 5);
    await settle();
    expect(server.paths).toHaveLength(1);
    expect(second.heard.slice(-4)).toEqual(["live", "4 unread", "5 unread", "b true"]);
  });

  it("tells all of a reset, and nobody who has left of anything", async () => {
    const { link, first } = await open();
    const second = listener();
    const client = link.connect({ cursor: "head", ...second });
    client.close();
    const state = { reason: "epoch", notifications: [], more: false, unread: 0, unseen: 0 };
    server.newest.event("reset", state, "new");
    await settle();
    expect(first.heard.slice(-2)).toEqual(["reset new", "0 unread"]);
    expect(second.heard.at(-1)).toBe("closed");
    expect(server.newest.asked.gone()).toBe(false);
  });

  it("goes on when one who listens says that somebody has signed in", async () => {
    server.answer = () => new Response(null, { status: 401 });
    const link = createLink("alice", () => Promise.resolve(undefined));
    const { heard, ...first } = listener();
    const client = link.connect({ cursor: "head", ...first });
    await settle();
    expect(heard.at(-1)).toBe("unauthorized");
    server.answer = () => undefined;
    client.authorized();
    await settle();
    server.newest.ready(0);
    await settle();
    expect(heard.at(-1)).toBe("live");
  });
});

describe("the way", () => {
  it("is a WebSocket over plain HTTP from another machine, of which each tab has one", async () => {
    vi.stubGlobal("isSecureContext", false);
    vi.stubGlobal("WebSocket", FakeSocket);
    server.answer = ({ path }) =>
      path === "/stream/ticket" ? json({ ticket: "once" }) : undefined;
    const link = createLink("alice", () => Promise.resolve(undefined));
    link.connect({ cursor: "head", ...listener() });
    await settle();
    expect(new URL(FakeSocket.newest.url).pathname).toBe("/api/v1/ws");
    expect(server.streams).toEqual([]);
    link.close();
  });

  it("that worked is remembered, and the place is still the page's to say", async () => {
    const name = "tidings http://localhost:3000 alice";
    const held = { cursor: "old", seqs: {}, recent: [] };
    const preferAt = Date.now() + 60_000;
    localStorage.setItem(name, JSON.stringify({ held, transport: "longpoll", preferAt }));
    server.answer = () => new Promise(() => {});
    const link = createLink("alice", () => Promise.resolve(undefined));
    link.connect({ cursor: "head", ...listener() });
    await settle();
    expect(server.paths).toEqual(["GET /events?after=head"]);
    link.close();
  });

  it("is found anew where the browser keeps nothing", async () => {
    const kept = vi.spyOn(globalThis, "localStorage", "get").mockImplementation(() => {
      throw new DOMException("denied", "SecurityError");
    });
    const { link, first } = await open();
    expect(first.heard).toContain("live");
    link.close();
    kept.mockRestore();
  });
});
