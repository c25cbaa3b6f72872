// @vitest-environment node
import { beforeEach, describe, expect, it, vi } from "vitest";
import { envelope } from "../testing/driver";
import { FakeServer, json } from "../testing/fake-server";
import type { Envelope, Item, State } from "../types";
import { openInbox, type Marking, type View } from "./index";
import { MOST_MARKS } from "./marks";
import { inMemory, type Store } from "./store";

const wait = (ms: number) => vi.advanceTimersByTimeAsync(ms);

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("navigator", {});
  return () => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  };
});

const item = (n: number): Item => ({
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
});

const news = (seq: number) => envelope(seq, "user:alice", { payload: item(seq) }) as Envelope;
const changed = (seq: number, payload: object) =>
  envelope(seq, "user:alice", { type: "inbox.changed", payload }) as Envelope;
const LIVE: State = { is: "live", since: 0, reason: "", transport: "sse" };

const line = ({ items }: View) =>
  items
    .map(({ id, read, pending }) => `${id.slice(2)}${read ? "r" : ""}${pending ? "?" : ""}`)
    .join(" ");

/** What the server answers to marks, and what it was asked. */
async function setUp(store: Store = inMemory()) {
  const server = new FakeServer();
  const net = { status: 0 };
  let items = [item(2), item(1)];
  server.answer = ({ path }) => {
    if (net.status === 0) return undefined;
    if (path.startsWith("/notifications?")) return json({ items, cursor: "c-page", next: null });
    return json({}, net.status);
  };
  const refused: [Marking, number][] = [];
  const open = () =>
    openInbox({
      user: "alice",
      server: "https://t.example",
      store,
      world: server.world,
      changed: () => {},
      refused: (...why) => refused.push(why),
    });
  const marks = () =>
    server.asked.filter(({ path }) => path.endsWith("/mark")).map(({ body }) => body);
  return { server, net, open, marks, refused, store, serve: (now: Item[]) => (items = now) };
}

describe("an inbox", () => {
  it("is there at the first paint, and says where the stream goes on", async () => {
    const { net, open } = await setUp();
    net.status = 200;
    const first = await open();
    first.listener.state(LIVE);
    await wait(0);
    first.listener.event(news(3), true);
    first.listener.counts({ unread: 3, unseen: 3 });
    await wait(1_000);
    net.status = 0; // no network at the next visit
    const second = await open();
    expect([line(second.view), second.view.counts, second.cursor]).toEqual([
      "3 2 1",
      { unread: 3, unseen: 3 },
      "c-user:alice-3",
    ]);
  });

  it("takes a reset for all there is", async () => {
    const { open } = await setUp();
    const inbox = await open();
    const reset = {
      reason: "epoch",
      unread: 1,
      unseen: 0,
      notifications: [item(7)],
      more: false,
      cursor: "r",
    };
    inbox.listener.reset(reset);
    expect([line(inbox.view), inbox.view.counts, inbox.cursor]).toEqual([
      "7",
      { unread: 1, unseen: 0 },
      "r",
    ]);
  });

  it("fetches what it cannot know, and loses nothing that comes meanwhile", async () => {
    const { net, open, serve } = await setUp();
    net.status = 200;
    const inbox = await open();
    inbox.listener.state(LIVE);
    await wait(0);
    serve([item(2), item(1), item(0)]);
    inbox.listener.event(changed(3, { ids: ["n-0"], snoozed_until: null }), true);
    inbox.listener.event(news(4), true);
    inbox.listener.event(changed(5, { ids: ["n-0"], read: true }), true);
    await wait(0);
    expect(line(inbox.view)).toBe("4 2 1 0r");
  });
});

describe("a page that is fetched", () => {
  it("is asked for again where that failed while the stream is live, and no more after", async () => {
    const { server, net, open } = await setUp();
    net.status = 503;
    server.answer = ((answer) => (asked) => (net.status === 503 ? json({}, 503) : answer(asked)))(
      server.answer,
    );
    const inbox = await open();
    inbox.listener.state(LIVE);
    await wait(0);
    expect(server.asked).toHaveLength(1);
    await wait(250);
    expect(server.asked).toHaveLength(2);
    net.status = 200;
    await wait(250);
    expect([line(inbox.view), server.asked.length]).toEqual(["2 1", 3]);
    net.status = 503;
    const again = inbox.fetch();
    inbox.close();
    await again;
    await wait(60_000);
    expect([server.asked.length, vi.getTimerCount()]).toEqual([4, 0]);
  });

  it("is fetched once more when a reset comes meanwhile: who knows which is newer?", async () => {
    const { server, net, open } = await setUp();
    net.status = 200;
    const inbox = await open();
    let answer = (_: Response) => {};
    server.answer = () => new Promise((resolve) => (answer = resolve));
    inbox.listener.state(LIVE);
    await wait(0);
    const more = { reason: "epoch", unread: 1, unseen: 0, more: false, cursor: "r" };
    inbox.listener.reset({ ...more, notifications: [item(7)] });
    answer(json({ items: [item(2)], cursor: "older", next: null }));
    await wait(0);
    answer(json({ items: [item(7)], cursor: "newer", next: null }));
    await wait(0);
    expect([line(inbox.view), inbox.cursor]).toEqual(["7", "newer"]);
  });
});

describe("a mark", () => {
  async function shown() {
    const all = await setUp();
    all.net.status = 200;
    const inbox = await all.open();
    inbox.listener.state(LIVE);
    inbox.listener.counts({ unread: 2, unseen: 2 });
    await wait(0);
    return { ...all, inbox };
  }

  it("is shown at once, and does nothing to the counts", async () => {
    const { net, inbox } = await shown();
    net.status = 0;
    void inbox.mark({ read: true, ids: ["n-1"] });
    expect([line(inbox.view), inbox.view.pending]).toEqual(["2 1r?", 1]);
    expect(inbox.view.counts).toEqual({ unread: 2, unseen: 2 });
  });

  it("is sent in its order, when there is a network again", async () => {
    const { net, inbox, marks } = await shown();
    net.status = 0;
    await inbox.mark({ read: true, ids: ["n-1"] });
    await inbox.mark({ read: false, ids: ["n-1"] });
    await wait(20_000);
    net.status = 200;
    const before = marks().length;
    inbox.listener.state(LIVE);
    await wait(0);
    expect(marks().slice(before)).toEqual([
      { read: true, ids: ["n-1"] },
      { read: false, ids: ["n-1"] },
    ]);
    expect([line(inbox.view), inbox.view.pending]).toEqual(["2 1", 0]);
  });

  it("survives a reload", async () => {
    const { net, inbox, open, marks } = await shown();
    await wait(1_000);
    net.status = 0;
    await inbox.mark({ archived: true, ids: ["n-2"] });
    inbox.close();
    const next = await open();
    expect([line(next.view), next.view.pending]).toEqual(["1", 1]);
    net.status = 200;
    const before = marks().length;
    await wait(60_000);
    expect(marks().slice(before)).toEqual([{ archived: true, ids: ["n-2"] }]);
  });

  it("stays as it is until the stream says so, when the server has it", async () => {
    const { inbox } = await shown();
    await inbox.mark({ read: true, ids: ["n-1"] });
    await wait(0);
    expect([line(inbox.view), inbox.view.pending]).toEqual(["2 1r", 0]);
  });

  it("yields to what the stream says meanwhile", async () => {
    const { server, inbox } = await shown();
    let answer = (_: Response) => {};
    server.answer = () => new Promise((resolve) => (answer = resolve));
    await inbox.mark({ read: true, ids: ["n-1"] });
    await wait(0);
    inbox.listener.event(changed(3, { ids: ["n-1"], read: true }), true);
    inbox.listener.event(changed(4, { ids: ["n-1"], read: false }), true); // another device
    answer(json({}));
    await wait(0);
    expect(line(inbox.view)).toBe("2 1");
  });

  it.each([400, 403, 404, 422])("is taken back when it is refused: %i", async (status) => {
    const { net, inbox, refused, store } = await shown();
    net.status = status;
    await inbox.mark({ read: true, ids: ["n-1"] });
    await wait(0);
    expect(line(inbox.view)).toBe("2 1");
    expect(refused).toEqual([[{ read: true, ids: ["n-1"] }, status]]);
    expect(await store.marks()).toEqual([]);
  });

  it.each([401, 429, 500, 503])("waits where that may pass: %i", async (status) => {
    const { net, inbox, refused } = await shown();
    net.status = status;
    await inbox.mark({ read: true, ids: ["n-1"] });
    await wait(10_000);
    expect([line(inbox.view), refused]).toEqual(["2 1r?", []]);
    net.status = 200;
    await wait(31_000);
    expect(inbox.view.pending).toBe(0);
  });

  it("that another tab has sent is not sent again", async () => {
    const { net, inbox, open, marks } = await shown();
    await wait(1_000);
    net.status = 0;
    await inbox.mark({ read: true, ids: ["n-1"] });
    const other = await open();
    net.status = 200;
    const before = marks().length;
    await wait(60_000);
    expect(marks().slice(before)).toHaveLength(1);
    expect([inbox.view.pending, other.view.pending]).toEqual([0, 0]);
  });

  it("that another tab has taken away is not taken for done: it may have been refused", async () => {
    const { net, inbox, store } = await shown();
    net.status = 0;
    await inbox.mark({ read: true, ids: ["n-1"] });
    const [mark] = await store.marks();
    await store.dropMark(mark?.key ?? "");
    net.status = 200;
    await wait(60_000);
    expect([line(inbox.view), inbox.view.pending]).toEqual(["2 1", 0]);
  });

  it("is sent where the browser's store has gone away", async () => {
    const store = inMemory();
    const { net, open, marks } = await setUp(store);
    const inbox = await open();
    await inbox.mark({ read: true, ids: ["n-1"] });
    await wait(0);
    store.marks = () => Promise.reject(new DOMException("closed", "InvalidStateError"));
    net.status = 200;
    const before = marks().length;
    await wait(60_000);
    expect([marks().length - before, inbox.view.pending]).toEqual([1, 0]);
  });

  it("is sent from memory where the browser keeps nothing", async () => {
    const store = { ...inMemory(), keepMark: () => Promise.reject(new Error("full")) };
    const { net, open, marks } = await setUp(store);
    const inbox = await open();
    net.status = 200;
    await inbox.mark({ read: true, ids: ["n-1"] });
    await wait(0);
    expect(marks()).toHaveLength(1);
  });

  it("is sent where locks are forbidden, as in a frame without an origin", async () => {
    const request = () => Promise.reject(new DOMException("denied", "SecurityError"));
    vi.stubGlobal("navigator", { locks: { request } });
    const { inbox, marks } = await shown();
    await inbox.mark({ read: true, ids: ["n-1"] });
    await wait(0);
    expect([marks().length, inbox.view.pending]).toEqual([1, 0]);
  });

  it("too many are refused, not lost", async () => {
    const { net, inbox } = await shown();
    net.status = 0;
    for (let n = 0; n < MOST_MARKS; n += 1) await inbox.mark({ read: true, ids: [`n-${n}`] });
    expect(await inbox.mark({ read: true, ids: ["n-1"] })).toBe(false);
    expect(inbox.view.pending).toBe(MOST_MARKS);
  });
});
