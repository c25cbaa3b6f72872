// @vitest-environment node
// A page that the browser puts aside, or stops in the background.
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { connect } from "./client";
import { envelope } from "./testing/driver";
import { FakeServer } from "./testing/fake-server";
import { sse } from "./transports/sse";

/** What was listened to, by name. A browser's own events are trusted, and nobody can make such. */
let page: Map<string, (event: object) => void>;
const happens = (name: string, isTrusted = true) => page.get(name)?.({ isTrusted });

beforeEach(() => {
  vi.useFakeTimers();
  page = new Map();
  const addEventListener = (
    name: string,
    run: (event: object) => void,
    { signal }: { signal: AbortSignal },
  ) => {
    page.set(name, run);
    signal.addEventListener("abort", () => page.delete(name));
  };
  vi.stubGlobal("addEventListener", addEventListener);
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const settled = () => vi.advanceTimersByTimeAsync(0);

async function setUp() {
  const server = new FakeServer();
  const stored = new Map<string, string>();
  const states: string[] = [];
  const client = connect({
    user: "alice",
    server: "https://t.example",
    transports: [sse()],
    cursor: "c0",
    world: server.world,
    storage: {
      getItem: (key) => stored.get(key) ?? null,
      setItem: (key, value) => void stored.set(key, value),
    },
    state: ({ is, reason }) => states.push(`${is} ${reason}`.trim()),
  });
  await settled();
  server.newest.ready(0);
  server.newest.event("notification", envelope(1), envelope(1).id);
  await settled();
  const open = () => server.streams.filter(({ asked }) => !asked.gone()).length;
  return { server, stored, states, client, open };
}

it.each([
  ["put aside", "pagehide", "pageshow"],
  ["stopped", "freeze", "resume"],
])("lets go when it is %s, and goes on at once where it was", async (_, goes, comes) => {
  const { server, stored, states, client, open } = await setUp();
  happens(goes);
  await settled();
  expect(open()).toBe(0);
  expect([states.at(-1), client.state.is, client.state.reason]).toEqual([
    "waiting frozen",
    "waiting",
    "frozen",
  ]);
  // It may be thrown away and never hear of it.
  expect([...stored.values()].join()).toContain(envelope(1).id);
  await vi.advanceTimersByTimeAsync(600_000);
  expect(server.streams).toHaveLength(1);

  happens(comes);
  await settled();
  expect(server.newest.asked.path).toBe(`/stream?after=${encodeURIComponent(envelope(1).id)}`);
  server.newest.ready(1);
  await settled();
  expect([open(), states.at(-1)]).toEqual([1, "live"]);
  expect(states.some((state) => state.startsWith("closed"))).toBe(false);
});

it("is put aside once, though it is stopped as well then", async () => {
  const { server, open } = await setUp();
  for (const name of ["pagehide", "freeze", "resume", "pageshow"]) happens(name);
  await settled();
  expect([open(), server.streams.length]).toEqual([1, 2]);
});

it("does not take an event of the host for one of the browser", async () => {
  const { open } = await setUp();
  happens("freeze", false);
  await settled();
  expect(open()).toBe(1);
});

it("stays closed when the page comes back", async () => {
  const { client, open } = await setUp();
  happens("pagehide");
  client.close();
  happens("pageshow");
  await settled();
  expect([open(), client.state.is]).toEqual([0, "closed"]);
});
