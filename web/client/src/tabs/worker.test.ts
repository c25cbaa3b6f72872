// @vitest-environment node
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { EMPTY } from "../core/intake";
import type { Remembered } from "../core/model";
import { FakeServer, json } from "../testing/fake-server";
import { FakeBrowser } from "../testing/fake-tabs";
import { longPoll } from "../transports/longpoll";
import { sse } from "../transports/sse";
import { BYE, serve } from "./worker";

let server: FakeServer;
let connected: (event: object) => void;

beforeEach(() => {
  server = new FakeServer();
  vi.stubGlobal("addEventListener", (name: string, run: (event: object) => void) => {
    if (name === "connect") connected = run;
  });
  vi.stubGlobal("navigator", { locks: new FakeBrowser().locks });
  vi.stubGlobal("fetch", server.world.fetch);
  serve({ transports: [sse(), longPoll()] });
});
afterEach(() => void vi.unstubAllGlobals());

/** A page comes: what it says goes to the worker. */
function come(known: Partial<Remembered> = {}) {
  const port: { onmessage?: (event: { data: unknown }) => void } = {};
  connected({ ports: [port] });
  const say = (data: unknown) => port.onmessage?.({ data });
  const held = { ...EMPTY, cursor: "c0" };
  say({ server: "https://t.example", user: "alice", asks: false, known: { held, ...known } });
  return { bye: () => say(BYE) };
}

/** Connections that are open, and those that there ever were. */
const streams = () => [
  server.streams.filter(({ asked }) => !asked.gone()).length,
  server.streams.length,
];
const streamsAre = (...wanted: number[]) => vi.waitFor(() => expect(streams()).toEqual(wanted));
/** All that was answered has been taken in: nothing here waits for more than that. */
const settled = () => new Promise((resolve) => setTimeout(resolve));

it("has a connection for as long as there is a page, and another one for the next", async () => {
  const [one, two] = [come(), come()];
  await streamsAre(1, 1);
  one.bye();
  one.bye();
  await settled();
  expect(streams()).toEqual([1, 1]);
  two.bye();
  await streamsAre(0, 1);
  come();
  await streamsAre(1, 2);
});

it("tries again for who comes after it was refused", async () => {
  server.answer = () => json({}, 401);
  come();
  await vi.waitFor(() => expect(server.asked.length).toBe(1));
  await settled();
  expect([streams(), server.asked.length]).toEqual([[0, 0], 1]);
  server.answer = () => undefined;
  come();
  await streamsAre(1, 1);
});

it("goes on where its page is, by the transport that worked there", async () => {
  server.answer = () => new Promise<Response>(() => {});
  come({ transport: "longpoll", preferAt: Date.now() + 60_000 });
  await vi.waitFor(() => expect(server.paths.length).toBe(1));
  expect(server.paths).toEqual(["GET /events?after=c0"]);
});
