// @vitest-environment node
import { beforeEach, describe, expect, it, vi } from "vitest";
import { FakeDisk } from "../testing/fake-database";
import { json } from "../testing/fake-server";
import { changed, line, LIVE, setUp } from "../testing/inbox";
import { inMemory } from "../testing/memory";
import { LOCK_PATIENCE_MS } from "./index";
import { MOST_MARKS } from "./marks";

const wait = (ms: number) => vi.advanceTimersByTimeAsync(ms);

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("navigator", {});
  return () => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
  };
});

describe("a mark", () => {
  async function shown() {
    const all = setUp();
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

  it.each([408, 429, 500, 503])("waits where that may pass: %i", async (status) => {
    const { net, inbox, refused } = await shown();
    net.status = status;
    await inbox.mark({ read: true, ids: ["n-1"] });
    await wait(10_000);
    expect([line(inbox.view), refused]).toEqual(["2 1r?", []]);
    net.status = 200;
    await wait(31_000);
    expect(inbox.view.pending).toBe(0);
  });

  it("waits for as long as the server says, whatever happens meanwhile, and then not with all others", async () => {
    const { server, net, inbox, marks } = await shown();
    server.random = 0.5;
    Object.assign(net, { status: 429, headers: { "retry-after": "60" } });
    await inbox.mark({ read: true, ids: ["n-1"] });
    await inbox.mark({ read: true, ids: ["n-2"] });
    inbox.listener.state(LIVE);
    await wait(60_499);
    expect(marks()).toHaveLength(1);
    net.status = 200;
    await wait(1);
    expect([marks().length, inbox.view.pending]).toEqual([3, 0]);
  });

  it("waits no longer than the timers of a browser can", async () => {
    const { net, inbox } = await shown();
    Object.assign(net, { status: 503, headers: { "retry-after": "9999999" } });
    await inbox.mark({ read: true, ids: ["n-1"] });
    net.status = 200;
    await wait(600_000);
    expect(inbox.view.pending).toBe(0);
  });

  it("waits for somebody who is signed in, and then goes with the stream", async () => {
    const { net, inbox, marks } = await shown();
    net.status = 401;
    await inbox.mark({ read: true, ids: ["n-1"] });
    await wait(3_600_000);
    expect(marks().length).toBeLessThanOrEqual(7); // once in ten minutes
    expect(line(inbox.view)).toBe("2 1r?");
    net.status = 200;
    const before = marks().length;
    inbox.listener.state(LIVE);
    await wait(0);
    expect([marks().length, inbox.view.pending]).toEqual([before + 1, 0]);
  });

  it("is sent in the end where it was refused once, and the stream was live all the time", async () => {
    const { net, inbox, marks } = await shown();
    net.status = 401;
    await inbox.mark({ read: true, ids: ["n-1"] });
    await wait(0);
    net.status = 200;
    await wait(600_000);
    expect([marks().length, inbox.view.pending]).toEqual([2, 0]);
  });

  it("that another tab has sent is known by its key, and undoes nothing that was done since", async () => {
    const { net, inbox, open, server } = await shown();
    await wait(1_000);
    net.status = 0;
    await inbox.mark({ read: true, ids: ["n-1"] });
    inbox.close();
    const other = await open();
    const late = await open();
    net.status = 200;
    other.listener.state(LIVE);
    await wait(0);
    for (const tab of [other, late]) {
      tab.listener.event(changed(3, { ids: ["n-1"], read: true }), true);
      tab.listener.event(changed(4, { ids: ["n-1"], read: false }), true); // another device
    }
    await wait(60_000);
    const keys = server.asked.flatMap(({ key }) => key ?? []);
    expect([new Set(keys).size, keys[0]]).toEqual([1, expect.stringMatching(/^[!-~]{1,255}$/)]);
    expect([other, late].map(({ view }) => [line(view), view.pending])).toEqual([
      ["2 1", 0],
      ["2 1", 0],
    ]);
  });

  it("has a key of its own", async () => {
    const { inbox, server } = await shown();
    for (const read of [true, false, true]) await inbox.mark({ read, ids: ["n-1"] });
    await wait(0);
    const keys = server.asked.flatMap(({ key }) => key ?? []);
    expect([keys.length, new Set(keys).size]).toEqual([3, 3]);
  });

  it("keeps its key for as long as nobody has answered it", async () => {
    const { net, inbox, server } = await shown();
    net.status = 503;
    await inbox.mark({ read: true, ids: ["n-1"] });
    await wait(60_000);
    const keys = server.asked.flatMap(({ key }) => key ?? []);
    expect([keys.length > 2, new Set(keys).size]).toEqual([true, 1]);
  });

  it.each([
    ["kept", (disk: FakeDisk) => void (disk.full = true), () => {}],
    ["has thrown away", () => {}, (disk: FakeDisk) => disk.stores.marks?.clear()],
    ["was told to forget", () => {}, (disk: FakeDisk) => disk.delete()],
  ])("is sent where it is not among what the browser %s", async (_, before, after) => {
    const disk = new FakeDisk();
    vi.stubGlobal("indexedDB", disk);
    const { net, open, marks } = setUp();
    const inbox = await open({ store: undefined });
    before(disk);
    expect(await inbox.mark({ read: true, ids: ["n-1"] })).toBe(true);
    await wait(0);
    after(disk);
    net.status = 200;
    const sent = marks().length;
    await wait(60_000);
    expect([marks().length - sent, inbox.view.pending]).toEqual([1, 0]);
  });

  it("is sent where the browser's store has gone away", async () => {
    const store = inMemory();
    const { net, open, marks } = setUp(store);
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
    const { net, open, marks } = setUp(store);
    const inbox = await open();
    net.status = 200;
    await inbox.mark({ read: true, ids: ["n-1"] });
    await wait(0);
    expect(marks()).toHaveLength(1);
  });

  it("is not kept once it is answered", async () => {
    const { inbox, store } = await shown();
    await inbox.mark({ read: true, ids: ["n-1"] });
    expect(await store.marks()).toHaveLength(1);
    await wait(0);
    expect(await store.marks()).toEqual([]);
  });

  it("is sent after others of an earlier visit, though the clock goes back", async () => {
    const { open, store } = setUp();
    const made = async (time: number, read: boolean) => {
      vi.setSystemTime(time);
      const inbox = await open();
      await inbox.mark({ read, ids: ["n-1"] });
      inbox.close();
    };
    await made(1_000_000_000, true);
    await made(900_000_000, false);
    const marks = await store.marks(); // a database has them by their keys
    marks.sort((one, other) => (one.key < other.key ? -1 : 1));
    expect(marks.map(({ marking }) => marking.read)).toEqual([true, false]);
  });

  it("is not sent by who was closed while it waited for its turn", async () => {
    let turn = () => {};
    const request = (_: string, __: object, run: (lock: object) => Promise<unknown>) =>
      new Promise<void>((resolve) => (turn = resolve)).then(() => run({}));
    vi.stubGlobal("navigator", { locks: { request } });
    const { inbox, marks } = await shown();
    await inbox.mark({ read: true, ids: ["n-1"] });
    inbox.close();
    turn();
    await wait(0);
    expect(marks()).toHaveLength(0);
  });

  it("waits for a tab that stands still, but once for all of them", async () => {
    vi.spyOn(AbortSignal, "timeout").mockImplementation((ms) => {
      const over = new AbortController();
      setTimeout(() => over.abort(new DOMException("late", "TimeoutError")), ms);
      return over.signal;
    });
    let holder = true; // stopped in the middle of a request
    const waited: boolean[] = [];
    vi.stubGlobal("navigator", {
      locks: {
        request: (_: string, options: LockOptions, run: (lock: object | null) => unknown) => {
          waited.push(!options.ifAvailable);
          if (!holder) return Promise.resolve(run({}));
          if (options.ifAvailable) return Promise.resolve(run(null));
          return new Promise((_, reject) =>
            options.signal?.addEventListener("abort", () => reject(options.signal?.reason)),
          );
        },
      },
    });
    const { inbox, marks } = await shown();
    const mark = (n: number) => inbox.mark({ read: true, ids: [`n-${n}`] });
    await mark(1);
    await mark(2);
    await wait(LOCK_PATIENCE_MS - 1);
    expect(marks()).toHaveLength(0);
    await wait(1);
    expect(marks()).toHaveLength(2);
    holder = false;
    await mark(3);
    await wait(0);
    await mark(4);
    await wait(0);
    expect(marks()).toHaveLength(4);
    expect(waited).toEqual([true, false, false, true]);
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
