// @vitest-environment node
// One scenario, by every transport: whoever uses the client cannot tell which it was.

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { connect } from "../client";
import { envelope } from "../testing/driver";
import { FakeServer, json } from "../testing/fake-server";
import { FakeSocket } from "../testing/fake-socket";
import { FakeSource } from "../testing/fake-source";
import { eventSource } from "./eventsource";
import { longPoll } from "./longpoll";
import { sse } from "./sse";
import type { Transport } from "./transport";
import { webSocket } from "./websocket";

const wait = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const query = (url: string | undefined) => new URL(url ?? "", "https://t.example").searchParams;
const RESET = { reason: "epoch", unread: 4, unseen: 4, notifications: [], more: false };

/** What can set no header is opened with a ticket. */
const giveTickets = (server: FakeServer) => {
  server.answer = ({ path }) => (path === "/stream/ticket" ? json({ ticket: "once" }) : undefined);
};

/** How a server speaks there. */
interface Wire {
  transport: Transport;
  ready(unread: number, cursor: string): void | Promise<void>;
  tell(type: string, data: unknown, id: string): void;
  /** Of a stream that has nothing to say. */
  beat(cursor: string): void;
  drop(): void;
  /** Where the newest connection has begun. */
  after(): string | null;
}

const ready = (unread: number) => ({
  connection_id: "k",
  unread,
  unseen: unread,
  heartbeat_ms: 15_000,
});

const WIRES: Record<string, (server: FakeServer) => Wire> = {
  sse: (server) => ({
    transport: sse(),
    ready: (unread, cursor) => server.newest.event("ready", ready(unread), cursor),
    tell: (type, data, id) => server.newest.event(type, data, id),
    beat: (cursor) => server.newest.write(`id: ${cursor}\n\n`),
    drop: () => server.newest.fail(),
    after: () => query(server.newest.asked.path).get("after"),
  }),
  eventsource: () => ({
    transport: eventSource(),
    ready: (unread, cursor) =>
      FakeSource.newest.say("ready", JSON.stringify(ready(unread)), cursor),
    tell: (type, data, id) => FakeSource.newest.say(type, JSON.stringify(data), id),
    beat: (cursor) => FakeSource.newest.say("ping", '{"time":"…"}', cursor),
    drop: () => FakeSource.newest.onerror?.(),
    after: () => query(FakeSource.newest.url).get("after"),
  }),
  websocket: () => ({
    transport: webSocket(),
    ready: (unread, cursor) => FakeSocket.newest.say("ready", ready(unread), cursor),
    tell: (type, data, id) => FakeSocket.newest.say(type, data, id),
    beat: (cursor) => FakeSocket.newest.say("ping", { time: "…" }, cursor),
    drop: () => FakeSocket.newest.end(),
    after: () => query(FakeSocket.newest.url).get("after"),
  }),
  longpoll: (server) => {
    let answer: (body: Response | undefined) => void = () => {};
    let unread = 0;
    server.answer = ({ path }) => {
      if (path === "/inbox") return json({ unread, unseen: unread, cursor: "any" });
      return new Promise((answered) => (answer = answered as typeof answer));
    };
    const page = (cursor: string, more: object) => answer(json({ events: [], cursor, ...more }));
    return {
      transport: longPoll(),
      ready: (now, cursor) => {
        unread = now;
        page(cursor, { more: false });
      },
      tell: (type, data, id) =>
        page(id, type === "reset" ? { reset: data, more: true } : { events: [data], more: true }),
      beat: (cursor) => page(cursor, { more: true }),
      drop: () => answer(undefined),
      after: () =>
        query(
          server.paths
            .filter((path) => path.includes("/events"))
            .at(-1)
            ?.slice(4),
        ).get("after"),
    };
  },
};

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("EventSource", FakeSource);
  vi.stubGlobal("WebSocket", FakeSocket);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function setUp(name: string) {
  const server = new FakeServer();
  giveTickets(server);
  const wire = (WIRES[name] as (typeof WIRES)[string])(server);
  const heard: string[] = [];
  const client = connect({
    user: "alice",
    server: "https://t.example",
    transports: [wire.transport],
    world: server.world,
    cursor: "c0",
    event: ({ id }, live) => heard.push(`${live ? "live" : "replayed"} ${id}`),
    counts: ({ unread }) => heard.push(`${unread} unread`),
    reset: ({ reason, cursor }) => heard.push(`reset ${reason} ${cursor}`),
    state: ({ is }) => heard.push(is),
  });
  const notify = async (seq: number) => {
    const event = envelope(seq);
    wire.tell(event.type, event, event.id);
    await wait(0);
  };
  return { server, wire, heard, client, notify };
}

describe.each(Object.keys(WIRES))("by %s", (name) => {
  it("all comes once, in order, with the server's counts, and it goes on where it was", async () => {
    const { server, wire, heard, client, notify } = setUp(name);
    await wait(0);
    const afters = [wire.after()];
    await notify(1);
    await wire.ready(1, "c1");
    await wait(0);
    await notify(2);
    await notify(2); // a repeat
    wire.beat("c3");
    await wait(0);
    wire.drop();
    await wait(0);
    heard.push("--");
    await wait(5_000);
    afters.push(wire.after());
    await wire.ready(2, "c4");
    await wait(0);
    await notify(3);
    wire.tell("reset", RESET, "c9");
    await wait(0);
    expect(client.state).toMatchObject({ is: "live", transport: name });
    wire.drop();
    await wait(5_000);
    afters.push(wire.after());
    client.close();
    expect(afters).toEqual(["c0", "c3", "c9"]);
    expect(heard).toEqual([
      "connecting",
      "1 unread",
      "replayed c-user:alice-1",
      "1 unread",
      "live",
      "2 unread",
      "live c-user:alice-2",
      "waiting",
      "--",
      "connecting",
      "2 unread",
      "live",
      "3 unread",
      "live c-user:alice-3",
      "reset epoch c9",
      "4 unread",
      "waiting",
      "connecting",
      "closed",
    ]);
    expect(server.paths.join()).not.toMatch(/renew/);
  });
});

describe.each(["sse", "websocket", "longpoll"])("by %s", (name) => {
  it("what is missing is asked for again from the last good place", async () => {
    const { wire, heard, client, notify } = setUp(name);
    await wait(0);
    await wire.ready(0, "c1");
    await wait(0);
    await notify(1);
    await notify(3);
    expect(client.state).toMatchObject({ is: "waiting", reason: "gap" });
    await wait(1_500);
    expect(wire.after()).toBe("c-user:alice-1");
    await notify(2);
    await notify(3);
    expect(heard.filter((one) => one.includes("alice"))).toEqual([
      "live c-user:alice-1",
      "replayed c-user:alice-2",
      "replayed c-user:alice-3",
    ]);
    client.close();
  });
});
