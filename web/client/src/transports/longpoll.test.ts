// @vitest-environment node
import { expect, it, vi } from "vitest";
import { Api } from "../core/api";
import { envelope } from "../testing/driver";
import { FakeServer, json } from "../testing/fake-server";
import { line } from "../testing/said";
import { longPoll } from "./longpoll";

function open(answers: (Response | undefined)[], after: string | null = "c0") {
  const server = new FakeServer();
  server.answer = () => (answers.length > 0 ? answers.shift() : new Promise<Response>(() => {}));
  const said: string[] = [];
  const shut = longPoll().open(new Api("", undefined, server.world.fetch), after, (what) =>
    said.push(what.on === "event" ? `${what.type} ${what.id}`.trim() : line(what)),
  );
  return { server, said, shut };
}

const page = (cursor: string, events: unknown[] = [], more: object = {}) =>
  json({ events, cursor, more: false, ...more });

it("reads on while there is more, is ready, and then waits for what comes", async () => {
  const counts = json({ unread: 2, unseen: 0, cursor: "c3" });
  const answers = [
    page("c1", [envelope(1)], { more: true }),
    page("c2", [envelope(2)]),
    counts,
    page("c3", [envelope(3)]),
  ];
  const { server, said } = open(answers);
  await vi.waitFor(() => expect(server.asked).toHaveLength(5));
  expect(server.paths).toEqual([
    "GET /events?after=c0",
    "GET /events?after=c1",
    "GET /inbox",
    "GET /events?after=c2&wait=25",
    "GET /events?after=c3&wait=25",
  ]);
  expect(said).toEqual([
    "notification c-user:alice-1",
    "alive c1",
    "notification c-user:alice-2",
    "alive c2",
    "ready",
    "notification c-user:alice-3",
    "alive c3",
  ]);
});

it("gives a reset before what comes after it", async () => {
  const reset = { reason: "epoch", unread: 0, unseen: 0, notifications: [], more: false };
  const { said } = open([page("c5", [envelope(5)], { reset })]);
  await vi.waitFor(() => expect(said).toContain("alive c5"));
  expect(said.slice(0, 2)).toEqual(["reset c5", "notification c-user:alice-5"]);
});

it("begins with the unread where there is no place", async () => {
  const { server } = open([], null);
  await vi.waitFor(() => expect(server.paths).toEqual(["GET /events"]));
});

it("says why it was refused, and when to come back", async () => {
  const { said } = open([json({}, 429, { "retry-after": "3" })]);
  await vi.waitFor(() => expect(said).toEqual(['ended {"status":429,"retryAfter":3000}']));
});

it("says nothing after it was shut, and hangs up", async () => {
  const { server, said, shut } = open([]);
  await vi.waitFor(() => expect(server.asked).toHaveLength(1));
  shut();
  expect(server.asked[0]?.gone()).toBe(true);
  expect(said).toEqual([]);
});
