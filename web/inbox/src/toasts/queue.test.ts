import { beforeEach, describe, expect, it, vi } from "vitest";
import { MAX_WAITING, SHOWN_AT_ONCE, ToastQueue, type Toast } from "./queue";

function setUp() {
  const seen = { ids: [] as string[], titles: [] as string[], waiting: 0 };
  const queue = new ToastQueue(
    {
      now: () => Date.now(),
      setTimer: (run, ms) => setTimeout(run, ms) as unknown as number,
      clearTimer: (timer) => clearTimeout(timer),
    },
    (shown, waiting) => {
      seen.ids = shown.map((toast) => toast.id);
      seen.titles = shown.map((toast) => toast.title);
      seen.waiting = waiting;
    },
  );
  return { queue, seen };
}

const toast = (id: string, more: Partial<Toast> = {}): Toast => ({
  id,
  level: "info",
  critical: false,
  title: id,
  ...more,
});

const wait = (ms: number) => vi.advanceTimersByTime(ms);

beforeEach(() => {
  vi.useFakeTimers();
  return () => vi.useRealTimers();
});

describe("toasts", () => {
  it.each([
    ["info", 5_000],
    ["success", 5_000],
    ["warning", 8_000],
    ["error", 10_000],
  ] as const)("%s lasts %i ms", (level, ms) => {
    const { queue, seen } = setUp();
    queue.push(toast("a", { level }));
    wait(ms - 1);
    expect(seen.ids).toEqual(["a"]);
    wait(1);
    expect(seen.ids).toEqual([]);
  });

  it("a critical one stays until it is closed", () => {
    const { queue, seen } = setUp();
    queue.push(toast("a", { critical: true }));
    wait(3_600_000);
    expect(seen.ids).toEqual(["a"]);
    queue.close("a");
    expect(seen.ids).toEqual([]);
  });

  it("shows four, and the next when one goes", () => {
    const { queue, seen } = setUp();
    for (const id of ["a", "b", "c", "d", "e", "f"]) queue.push(toast(id));
    expect(seen).toMatchObject({ ids: ["a", "b", "c", "d"], waiting: 2 });
    queue.close("b");
    expect(seen).toMatchObject({ ids: ["a", "c", "d", "e"], waiting: 1 });
  });

  it("gives one that waited its whole time", () => {
    const { queue, seen } = setUp();
    for (const id of ["a", "b", "c", "d", "e"]) queue.push(toast(id));
    wait(5_000);
    expect(seen.ids).toEqual(["e"]);
    wait(4_999);
    expect(seen.ids).toEqual(["e"]);
    wait(1);
    expect(seen.ids).toEqual([]);
  });

  it("stands still while pointed at, and goes on with what was left", () => {
    const { queue, seen } = setUp();
    queue.push(toast("a"));
    wait(3_000);
    queue.pause("pointer");
    wait(60_000);
    queue.resume("pointer");
    wait(1_999);
    expect(seen.ids).toEqual(["a"]);
    wait(1);
    expect(seen.ids).toEqual([]);
  });

  it("needs every reason to pause to be gone", () => {
    const { queue, seen } = setUp();
    queue.push(toast("a"));
    queue.pause("pointer");
    queue.pause("focus");
    queue.resume("pointer");
    wait(60_000);
    expect(seen.ids).toEqual(["a"]);
    queue.resume("focus");
    wait(5_000);
    expect(seen.ids).toEqual([]);
  });

  it("does not run one that arrives during a pause", () => {
    const { queue, seen } = setUp();
    queue.pause("hidden");
    queue.push(toast("a"));
    wait(60_000);
    expect(seen.ids).toEqual(["a"]);
    queue.resume("hidden");
    wait(5_000);
    expect(seen.ids).toEqual([]);
  });

  it("forgets the pointer with the last toast, since its element cannot report leaving", () => {
    const { queue, seen } = setUp();
    queue.push(toast("a"));
    queue.pause("pointer");
    queue.close("a");
    queue.push(toast("b"));
    wait(5_000);
    expect(seen.ids).toEqual([]);
  });

  it("goes when it was read elsewhere, unless it is critical", () => {
    const { queue, seen } = setUp();
    queue.push(toast("a"));
    queue.push(toast("b", { critical: true }));
    queue.settle("a");
    queue.settle("b");
    queue.settle("unknown");
    expect(seen.ids).toEqual(["b"]);
  });

  it("shows one id once", () => {
    const { queue, seen } = setUp();
    queue.push(toast("a"));
    queue.push(toast("a"));
    expect(seen.ids).toEqual(["a"]);
  });

  it("bounds those that wait, and the oldest give way", () => {
    const { queue, seen } = setUp();
    for (let n = 0; n < 100; n += 1) queue.push(toast(`t${n}`));
    expect(seen.waiting).toBe(MAX_WAITING);
    for (let n = 0; n < SHOWN_AT_ONCE; n += 1) queue.close(`t${n}`);
    expect(seen.ids[0]).toBe("t80");
  });

  it("lets what is critical give way last", () => {
    const { queue, seen } = setUp();
    for (let n = 0; n < SHOWN_AT_ONCE; n += 1) queue.push(toast(`t${n}`));
    queue.push(toast("grave", { critical: true }));
    for (let n = 0; n < MAX_WAITING; n += 1) queue.push(toast(`late${n}`));
    queue.close("t0");
    expect(seen).toMatchObject({ ids: ["t1", "t2", "t3", "grave"], waiting: MAX_WAITING - 1 });
    for (let n = 0; n < 100; n += 1) queue.push(toast(`grave${n}`, { critical: true }));
    expect(seen.waiting).toBe(MAX_WAITING);
    queue.close("t1");
    expect(seen.ids.at(-1)).toBe("grave80");
  });

  it("closes all but those that are to stay, whose time goes on", () => {
    const { queue, seen } = setUp();
    for (const id of ["a", "b", "c", "d", "e", "f"]) queue.push(toast(id));
    wait(4_000);
    queue.keep(({ id }) => "bf".includes(id));
    expect(seen).toMatchObject({ ids: ["b", "f"], waiting: 0 });
    wait(1_000);
    expect(seen.ids).toEqual(["f"]);
    wait(4_000);
    expect(seen.ids).toEqual([]);
  });

  it("closes all at once", () => {
    const { queue, seen } = setUp();
    for (let n = 0; n < 10; n += 1) queue.push(toast(`t${n}`, { critical: true }));
    queue.closeAll();
    expect(seen).toMatchObject({ ids: [], waiting: 0 });
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("a correction", () => {
  it("changes the words, and lets the time go on", () => {
    const { queue, seen } = setUp();
    queue.push(toast("a"));
    wait(4_000);
    queue.correct(toast("a", { title: "New", level: "error" }));
    expect(seen.titles).toEqual(["New"]);
    wait(1_000);
    expect(seen.ids).toEqual([]);
  });

  it("to critical stays, and back again goes", () => {
    const { queue, seen } = setUp();
    queue.push(toast("a"));
    queue.correct(toast("a", { critical: true }));
    wait(60_000);
    expect(seen.ids).toEqual(["a"]);
    queue.correct(toast("a"));
    wait(5_000);
    expect(seen.ids).toEqual([]);
  });

  it("reaches one that waits, and is nothing to one that is not there", () => {
    const { queue, seen } = setUp();
    for (const id of ["a", "b", "c", "d", "e"]) queue.push(toast(id));
    queue.correct(toast("e", { title: "New" }));
    queue.correct(toast("x", { title: "Never shown" }));
    queue.close("a");
    expect(seen.titles).toEqual(["b", "c", "d", "New"]);
  });
});

describe("a group", () => {
  it("has one toast: the newer takes the older one's place, with its whole time", () => {
    const { queue, seen } = setUp();
    queue.push(toast("a", { group: "g" }));
    queue.push(toast("b"));
    wait(4_000);
    queue.push(toast("c", { group: "g" }));
    expect(seen.ids).toEqual(["c", "b"]);
    wait(1_000);
    expect(seen.ids).toEqual(["c"]);
    wait(4_000);
    expect(seen.ids).toEqual([]);
  });

  it("does not keep a critical one that was replaced", () => {
    const { queue, seen } = setUp();
    queue.push(toast("a", { group: "g", critical: true }));
    queue.push(toast("b", { group: "g" }));
    wait(5_000);
    expect(seen.ids).toEqual([]);
  });

  it("is replaced while it waits", () => {
    const { queue, seen } = setUp();
    for (const id of ["a", "b", "c", "d"]) queue.push(toast(id));
    queue.push(toast("e", { group: "g" }));
    queue.push(toast("f", { group: "g" }));
    expect(seen.waiting).toBe(1);
    queue.close("a");
    expect(seen.ids).toEqual(["b", "c", "d", "f"]);
  });

  it("closes when the newer one is not to be shown", () => {
    const { queue, seen } = setUp();
    queue.push(toast("a", { group: "g", critical: true }));
    queue.push(toast("b"));
    queue.closeGroup("g");
    expect(seen.ids).toEqual(["b"]);
  });
});
