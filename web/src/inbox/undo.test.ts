import { beforeEach, describe, expect, it, vi } from "vitest";
import { LASTS_MS, UndoBar, type Step } from "./undo";

function setUp() {
  const told: (string | null)[] = [];
  const bar = new UndoBar(
    {
      now: () => Date.now(),
      setTimer: (run, ms) => setTimeout(run, ms) as unknown as number,
      clearTimer: (timer) => clearTimeout(timer),
    },
    (step) => told.push(step?.id ?? null),
  );
  const did: string[] = [];
  const step = (id: string): Step => ({
    id,
    text: "Removed.",
    undo: () => did.push(`undo ${id}`),
    settle: () => did.push(`settle ${id}`),
  });
  return { bar, step, did, told };
}

const wait = (ms: number) => vi.advanceTimersByTime(ms);

beforeEach(() => {
  vi.useFakeTimers();
  return () => vi.useRealTimers();
});

describe("a step", () => {
  it("is settled once its time is over, and not before", () => {
    const { bar, step, did, told } = setUp();
    bar.offer(step("a"));
    wait(LASTS_MS - 1);
    expect(did).toEqual([]);
    wait(1);
    expect(did).toEqual(["settle a"]);
    expect(told).toEqual(["a", null]);
  });

  it("that was taken back is never settled", () => {
    const { bar, step, did } = setUp();
    bar.offer(step("a"));
    expect(bar.undo()?.id).toBe("a");
    expect(bar.undo()).toBeNull();
    bar.settle();
    wait(60_000);
    expect(did).toEqual(["undo a"]);
  });

  it("is settled once, by hand or by the page that goes away", () => {
    const { bar, step, did } = setUp();
    bar.offer(step("a"));
    bar.settle();
    bar.settle();
    wait(60_000);
    expect(did).toEqual(["settle a"]);
  });

  it("is settled by the next one, which has its own time", () => {
    const { bar, step, did } = setUp();
    bar.offer(step("a"));
    wait(5_000);
    bar.offer(step("b"));
    expect(did).toEqual(["settle a"]);
    wait(LASTS_MS - 1);
    bar.undo();
    expect(did).toEqual(["settle a", "undo b"]);
  });

  it("waits for whoever is pointing at it or is in it", () => {
    const { bar, step, did } = setUp();
    bar.offer(step("a"));
    wait(5_000);
    bar.hold("pointer");
    bar.hold("focus");
    wait(60_000);
    bar.release("pointer");
    wait(60_000);
    expect(did).toEqual([]);
    bar.release("focus");
    wait(999);
    expect(did).toEqual([]);
    wait(1);
    expect(did).toEqual(["settle a"]);
  });

  it("that was refused is neither taken back nor settled", () => {
    const { bar, step, did } = setUp();
    const [a, b] = [step("a"), step("b")];
    bar.offer(a);
    bar.withdraw(b);
    expect(bar.undo()).toBe(a);
    bar.offer(b);
    bar.withdraw(b);
    wait(60_000);
    expect(did).toEqual(["undo a"]);
  });

  it("is settled when something else is done to the same notification", () => {
    const { bar, step, did } = setUp();
    bar.offer(step("a"));
    bar.forget("b");
    expect(did).toEqual([]);
    bar.forget("a");
    expect(bar.undo()).toBeNull();
    expect(did).toEqual(["settle a"]);
  });
});
