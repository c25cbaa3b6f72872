import type { Envelope } from "@tidings/client";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { AGAIN_MS, HOLDS_MS, Hours } from "./hours";

const always = { from: "00:00", to: "24:00", time_zone: "UTC" };
const changed = (type: string, quiet_hours?: object) =>
  ({ type, payload: { preferences: { quiet_hours } } }) as Envelope;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** The server answers when, and with what, the test wants. */
function setUp() {
  const waiting: ((answer: object | null) => void)[] = [];
  const said = vi.fn(() => new Promise<object | null>((answer) => waiting.push(answer)));
  const released = vi.fn<() => void>();
  const hours = new Hours({ said: said as never }, released);
  const answer = async (preferences: object | null) => {
    waiting.shift()?.(preferences);
    await vi.advanceTimersByTimeAsync(0);
  };
  return { hours, said, released, answer, isQuiet: () => hours.isQuiet(Date.now()) };
}

it("are asked for once somebody wants to know", async () => {
  const { said, released, answer, isQuiet } = setUp();
  expect(said).not.toHaveBeenCalled();
  expect([isQuiet(), isQuiet()]).toEqual([undefined, undefined]);
  expect(said.mock.calls).toEqual([["GET", "/preferences"]]);
  await answer({ quiet_hours: always });
  expect([isQuiet(), released.mock.calls.length]).toEqual([true, 1]);
});

it("are none where there are none", async () => {
  const { answer, isQuiet } = setUp();
  isQuiet();
  await answer({});
  expect(isQuiet()).toBe(false);
});

it("are waited for not so long, and asked for until they are known", async () => {
  const { said, released, answer, isQuiet } = setUp();
  isQuiet();
  await answer(null);
  await vi.advanceTimersByTimeAsync(HOLDS_MS - 1);
  expect([isQuiet(), released.mock.calls.length]).toEqual([undefined, 0]);
  await vi.advanceTimersByTimeAsync(1);
  expect([isQuiet(), released.mock.calls.length]).toEqual([false, 1]);
  await vi.advanceTimersByTimeAsync(2 * AGAIN_MS);
  expect(said).toHaveBeenCalledTimes(2);
  await answer({ quiet_hours: always });
  expect(isQuiet()).toBe(true);
  await vi.advanceTimersByTimeAsync(10 * AGAIN_MS);
  expect([said.mock.calls.length, released.mock.calls.length]).toEqual([2, 1]);
});

it("that are changed meanwhile beat an answer that is late", async () => {
  const { hours, answer, isQuiet } = setUp();
  isQuiet();
  hours.hear(changed("inbox.changed", always));
  await answer({});
  expect(isQuiet()).toBe(true);
  hours.hear(changed("status", undefined));
  expect(isQuiet()).toBe(true);
  hours.hear(changed("inbox.changed", undefined));
  expect(isQuiet()).toBe(false);
});

it("are asked for no more when nobody reads", async () => {
  const { hours, said, answer, isQuiet } = setUp();
  isQuiet();
  hours.close();
  await answer(null);
  await vi.advanceTimersByTimeAsync(10 * AGAIN_MS);
  expect(said).toHaveBeenCalledTimes(1);
});
