// For tests alone: an inbox before a server that answers as the test says.

import { openInbox, type Marking, type View } from "../offline/index";
import type { Store } from "../offline/store";
import type { Envelope, Item, State } from "../types";
import { envelope } from "./driver";
import { FakeServer, json } from "./fake-server";
import { inMemory } from "./memory";

export const item = (n: number, more: Partial<Item> = {}): Item => ({
  id: `n-${n}`,
  title: `${n}`,
  level: "info",
  critical: false,
  created_at: "2026-11-28T10:00:00.000Z",
  audience: "user:alice",
  cursor: `c-${n}`,
  seen: false,
  read: false,
  archived: false,
  ...more,
});

/** From `first` down, newest first. */
export const items = (first: number, how: number): Item[] =>
  Array.from({ length: how }, (_, at) => item(first - at));

export const says = (seq: number, type: string, payload: object) =>
  envelope(seq, "user:alice", { type, payload }) as Envelope;
export const news = (seq: number) => says(seq, "notification", item(seq));
export const changed = (seq: number, payload: object) => says(seq, "inbox.changed", payload);
export const LIVE: State = { is: "live", since: 0, reason: "", transport: "sse" };

/** What is shown, in a line: read, and on its way. */
export const line = ({ items }: View) =>
  items
    .map(({ id, read, pending }) => `${id.slice(2)}${read ? "r" : ""}${pending ? "?" : ""}`)
    .join(" ");

/** What the server answers to marks (0: nothing, it is away; a key that it has answered it knows), and what it was asked. */
export function setUp(store?: Store) {
  const server = new FakeServer();
  const net = { status: 0, headers: {} };
  const done = new Set<string>();
  let page = { items: [item(2), item(1)], cursor: "c-page", next: null as string | null };
  server.answer = ({ path, key }) => {
    if (net.status === 0) return undefined;
    if (path.startsWith("/notifications?")) return json(page);
    if (key && done.has(key)) return json({}, 200, { "idempotent-replayed": "true" });
    if (key && net.status === 200) done.add(key);
    return json({}, net.status, net.headers);
  };
  const refused: [Marking, number][] = [];
  const told: View[] = [];
  const shared = store ?? inMemory();
  const open = (more: object = {}) =>
    openInbox({
      user: "alice",
      server: "https://t.example",
      store: shared,
      world: server.world,
      changed: (view) => told.push(view),
      refused: (...why) => refused.push(why),
      ...more,
    });
  const marks = () =>
    server.asked.filter(({ path }) => path.endsWith("/mark")).map(({ body }) => body);
  const fetches = () => server.asked.filter(({ path }) => path.startsWith("/notifications?"));
  const serve = (items: Item[], next: string | null = null) => (page = { ...page, items, next });
  return { server, net, open, marks, fetches, refused, told, store: shared, serve };
}

/** Each answer takes a while, as it does in the world. */
export function slow(server: FakeServer): void {
  const { answer } = server;
  server.answer = (asked) =>
    new Promise((resolve) => setTimeout(() => resolve(answer(asked) as Response), 20));
}
