// @vitest-environment node
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Api } from "../core/api";
import { FakeServer, json } from "../testing/fake-server";
import { FakeSocket } from "../testing/fake-socket";
import { line } from "../testing/said";
import { webSocket } from "./websocket";

beforeEach(() => void vi.stubGlobal("WebSocket", FakeSocket));
afterEach(() => void vi.unstubAllGlobals());

async function open(token: string | null) {
  const server = new FakeServer();
  server.answer = ({ path }) =>
    path === "/stream/ticket" ? json({ ticket: "once" }) : json({}, 401);
  const api = new Api("https://t.example", async () => token ?? undefined, server.world.fetch);
  await api.ask(false);
  const said: string[] = [];
  const before = FakeSocket.newest;
  const shut = webSocket().open(api, "c0", (what) => said.push(line(what)));
  await vi.waitFor(() => {
    expect(FakeSocket.newest).not.toBe(before);
    expect(FakeSocket.newest.onmessage).toBeTruthy();
  });
  return { server, said, shut, socket: FakeSocket.newest };
}

it("opens with a ticket, whoever says who it is", async () => {
  const byTicket = (await open("secret")).socket;
  expect(byTicket.url).toBe("wss://t.example/api/v1/ws?after=c0&ticket=once");
  expect(byTicket.protocol).toBe("tidings.v1");
  const byCookie = (await open(null)).socket;
  expect(byCookie.url).toBe(byTicket.url);
});

it("is no way where the policy of the page lets none through", async () => {
  const { server, said, socket } = await open("secret");
  server.answer = () => json({});
  socket.forbid();
  await vi.waitFor(() => expect(said).toEqual(['ended {"reason":"refused","noWay":true}']));
});

it("ends once, also where to close what has failed is an error again", async () => {
  const { said, socket } = await open("secret");
  let closed = 0;
  socket.close = () => {
    closed += 1;
    socket.onerror?.({}); // as Node's does, and at once
  };
  socket.onerror?.({});
  await vi.waitFor(() => expect(said).toEqual(['ended {"status":401}']));
  expect(closed).toBeLessThanOrEqual(2);
});

it("opens nothing where the ticket is refused, and says why", async () => {
  const server = new FakeServer();
  server.answer = () => json({}, 429, { "retry-after": "3" });
  const api = new Api("", async () => "secret", server.world.fetch);
  await api.ask(false);
  const before = FakeSocket.newest;
  const said: string[] = [];
  webSocket().open(api, null, (what) => said.push(line(what)));
  await vi.waitFor(() => expect(said).toEqual(['ended {"status":429,"retryAfter":3000}']));
  expect(FakeSocket.newest).toBe(before);
});

it("hears what a stream says, and the heart beat's place", async () => {
  const { said, socket } = await open(null);
  socket.say("retry", { retry_ms: 1_234 });
  socket.say("notification", { n: 1 }, "c1");
  socket.say("typing", { n: 2 });
  socket.say("ping", { time: "…" }, "c2");
  expect(said.filter((what) => !what.includes("retry_ms"))).toEqual([
    "retry 1234",
    'notification {"n":1} c1',
    'typing {"n":2}',
    'ping {"time":"…"} c2',
  ]);
});

it("takes what is no message for nothing", async () => {
  const { said, socket } = await open(null);
  socket.onmessage?.({ data: "<html>" });
  socket.onmessage?.({ data: new Blob() });
  expect(said).toEqual([]);
});

it("takes what brings nothing for nothing", async () => {
  const { said, socket } = await open(null);
  socket.say("retry", null);
  socket.say("typing", null);
  expect(said).toEqual(["retry 0", "retry null", "typing null"]);
});

it("renews in band, and says what the server says to that", async () => {
  const { said, shut, socket } = await open("secret");
  shut.renew?.("t2");
  expect(socket.sent).toEqual([{ token: "t2" }]);
  socket.say("renewed", { expires_at: "…" });
  socket.say("error", { code: "unauthorized" });
  expect(said.filter((what) => what.startsWith("renewed"))).toEqual([
    "renewed true",
    'renewed {"expires_at":"…"}',
    "renewed false",
  ]);
});

it("finds out why a handshake failed", async () => {
  const refused = await open(null);
  refused.socket.end();
  await vi.waitFor(() => expect(refused.said).toEqual(['ended {"status":401}']));
  const blocked = await open(null);
  blocked.server.answer = () => json({ unread: 0, unseen: 0 });
  blocked.socket.end();
  await vi.waitFor(() => expect(blocked.said).toEqual(['ended {"reason":"refused","noWay":true}']));
});

it("asks nothing where it was open", async () => {
  const { server, said, socket } = await open(null);
  socket.say("retry", { retry_ms: 1 });
  socket.end();
  await vi.waitFor(() => expect(said.at(-1)).toBe('ended {"reason":"closed"}'));
  expect(server.paths).toEqual(["POST /stream/ticket"]);
});

it("says nothing after it was shut", async () => {
  const { said, socket, shut } = await open(null);
  shut();
  socket.say("notification", {}, "c1");
  socket.end();
  await Promise.resolve();
  expect([socket.closed, said]).toEqual([true, []]);
});

it("asks nothing where it was shut before it was open", async () => {
  const { server, shut, socket } = await open(null);
  shut();
  socket.end();
  await new Promise(setImmediate);
  expect(server.paths).toEqual(["POST /stream/ticket"]);
});

it("opens nothing where it was shut while the ticket was asked for", async () => {
  const server = new FakeServer();
  const tickets: ((answer: Response) => void)[] = [];
  server.answer = () => new Promise((answer) => tickets.push(answer));
  const api = new Api("", async () => "secret", server.world.fetch);
  await api.ask(false);
  const before = FakeSocket.newest;
  const said: string[] = [];
  const shut = webSocket().open(api, null, (what) => said.push(line(what)));
  shut();
  tickets[0]?.(json({ ticket: "late" }));
  await new Promise(setImmediate);
  expect([FakeSocket.newest, said]).toEqual([before, []]);
});
