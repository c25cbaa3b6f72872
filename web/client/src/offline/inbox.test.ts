// @vitest-environment node
import { beforeEach, describe, expect, it, vi } from "vitest";
import { FakeDisk } from "../testing/fake-database";
import { json } from "../testing/fake-server";
import { changed, item, items, line, LIVE, news, setUp, slow } from "../testing/inbox";
import type { Item } from "../types";
import { MOST_ITEMS } from "./page";
import { PATIENCE_MS } from "./store";

const wait = (ms: number) => vi.advanceTimersByTimeAsync(ms);

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("navigator", {});
  return () => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  };
});

describe("an inbox", () => {
  it("is there at the first paint, and says where the stream goes on", async () => {
    const { net, open } = setUp();
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
    const { open } = setUp();
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
    const { net, open, serve } = setUp();
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

  it("asks once more where the stream begins with what is older than the page, which it must not stand above", async () => {
    const { server, net, fetches, open, serve } = setUp();
    net.status = 200;
    const id = (n: number) => `n-${n + 100}`; // that sort, as those of a server do
    serve(items(80, 50).map((item, at) => ({ ...item, id: id(80 - at), read: true })));
    slow(server);
    const inbox = await open();
    for (const n of [1, 2]) {
      const { payload, ...told } = news(n);
      inbox.listener.event({ ...told, payload: { ...(payload as Item), id: id(n) } }, false);
    }
    inbox.listener.state(LIVE);
    await wait(1_000);
    expect(inbox.view.items.map((item) => item.id)).toEqual(
      items(80, 50).map((_, at) => id(80 - at)),
    );
    expect(fetches()).toHaveLength(2);
  });

  it("holds no more than it may", async () => {
    const { net, open } = setUp();
    net.status = 200;
    const inbox = await open();
    inbox.listener.state(LIVE);
    await wait(0);
    for (let n = 3; n < 80; n += 1) inbox.listener.event(news(n), true);
    expect(inbox.view.items).toHaveLength(MOST_ITEMS);
    expect(inbox.view.items[0]?.id).toBe("n-79");
  });

  it("asks for older ones when few are left, also after a reload", async () => {
    const { net, open, serve, fetches } = setUp();
    net.status = 200;
    serve(items(120, 50), "older");
    const inbox = await open();
    inbox.listener.state(LIVE);
    await wait(0);
    const gone = (n: number) => changed(200 + n, { ids: [`n-${n}`], archived: true });
    for (let n = 120; n > 95; n -= 1) inbox.listener.event(gone(n), true);
    await wait(0);
    expect([inbox.view.items.length, fetches().length]).toEqual([25, 1]);
    inbox.listener.event(gone(95), true);
    await wait(0);
    expect(fetches()).toHaveLength(2);

    serve(items(70, 50), "older");
    for (let n = 120; n > 70; n -= 1) inbox.listener.event(gone(n), true);
    await wait(1_000);
    expect([inbox.view.items.length, inbox.view.items[0]?.id]).toEqual([50, "n-70"]);

    net.status = 0;
    for (let n = 70; n > 20; n -= 1) inbox.listener.event(gone(n), true);
    inbox.listener.state({ ...LIVE, is: "offline" });
    inbox.close();
    net.status = 200;
    serve(items(20, 20));
    const next = await open();
    next.listener.state(LIVE);
    await wait(0);
    expect(next.view.items).toHaveLength(20);
    const before = fetches().length;
    for (let n = 20; n > 0; n -= 1) next.listener.event(gone(n), true);
    await wait(60_000);
    expect([next.view.items.length, fetches().length]).toEqual([0, before]);
  });

  it("believes no server that has more and gives little, over and over", async () => {
    const { server, net, open, serve, fetches } = setUp();
    net.status = 200;
    serve(items(3, 3), "older");
    slow(server);
    const inbox = await open();
    inbox.listener.state(LIVE);
    await wait(60_000);
    expect([line(inbox.view), fetches().length]).toEqual(["3 2 1", 1]);
  });

  it("asks for the rest where a reset did not bring many", async () => {
    const { net, open, serve } = setUp();
    net.status = 200;
    serve(items(60, 50), "older");
    const inbox = await open();
    const reset = { reason: "gap", unread: 60, unseen: 0, cursor: "r" };
    inbox.listener.reset({ ...reset, notifications: items(60, 3), more: true });
    await wait(0);
    expect(inbox.view.items).toHaveLength(50);
  });

  it("writes and tells nothing once it is closed", async () => {
    const { server, net, open, store, told } = setUp();
    net.status = 200;
    const inbox = await open();
    let answer = (_: Response) => {};
    server.answer = () => new Promise((resolve) => (answer = resolve));
    inbox.listener.state(LIVE);
    await wait(0);
    inbox.close();
    const before = told.length;
    answer(json({ items: [item(2)], cursor: "late", next: null }));
    await wait(0);
    inbox.listener.event(news(4), true);
    inbox.listener.state(LIVE);
    expect(await inbox.mark({ read: true, ids: ["n-2"] })).toBe(false);
    await wait(60_000);
    expect([await store.page(), await store.marks(), told.length]).toEqual([undefined, [], before]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("goes without a database that does not answer", async () => {
    const disk = new FakeDisk();
    disk.hangs = true;
    vi.stubGlobal("indexedDB", disk);
    const { net, open } = setUp();
    net.status = 200;
    const opening = open({ store: undefined });
    await wait(PATIENCE_MS);
    const inbox = await opening;
    inbox.listener.state(LIVE);
    await wait(0);
    expect(line(inbox.view)).toBe("2 1");
  });
});

describe("a page that is fetched", () => {
  it("is asked for again where that failed while the stream is live, and no more after", async () => {
    const { server, net, open } = setUp();
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

  it("is fetched twice at most for watermarks that it does not have", async () => {
    const { server, net, open, fetches } = setUp();
    net.status = 200;
    const inbox = await open();
    inbox.listener.state(LIVE);
    await wait(0);
    slow(server);
    const before = fetches().length;
    for (let n = 3; n < 300; n += 1) {
      inbox.listener.event(changed(n, { up_to: `gone-${n}`, seen: true }), false);
    }
    inbox.listener.event(news(300), true);
    await wait(60_000);
    expect(fetches().length - before).toBe(2);
    expect(line(inbox.view)).toBe("2 1"); // as the second answer, which knows of everything
  });

  it("is asked for again when the server says so, and by who is signed in", async () => {
    const { server, open, fetches } = setUp();
    let status = 503;
    server.answer = () => json({}, status, { "retry-after": "60" });
    const inbox = await open();
    inbox.listener.state(LIVE);
    await wait(59_999);
    inbox.listener.state(LIVE);
    await wait(0);
    expect(fetches()).toHaveLength(1);
    status = 401;
    await wait(1);
    expect(fetches()).toHaveLength(2);
    await wait(599_999);
    expect(fetches()).toHaveLength(2);
    inbox.listener.state(LIVE);
    await wait(0);
    expect(fetches()).toHaveLength(3);
  });

  it("yields to a reset that comes meanwhile, which is all there is", async () => {
    const { server, net, open } = setUp();
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
    expect([line(inbox.view), inbox.cursor, server.asked.length]).toEqual(["7", "r", 1]);
  });
});
