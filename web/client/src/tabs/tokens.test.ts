// @vitest-environment node
import { expect, it, vi } from "vitest";
import type { World } from "../core/world";
import { FakeServer } from "../testing/fake-server";
import { answerWorker, askTabs } from "./tokens";

const world: World = { ...new FakeServer().world, random: () => Math.random() };
let name = 0;

/** Tabs and a worker that no other test hears. */
function setUp(...tabs: ((refresh: boolean) => Promise<string | null | undefined>)[]) {
  name += 1;
  const gave = tabs.map((give) => vi.fn(give));
  const ends = gave.map((give) => answerWorker(`test ${name}`, give, world));
  const ask = askTabs(`test ${name}`, Math.random);
  return { gave, ask, end: () => ends.forEach((end) => end()) };
}

it("is what a tab gives, refreshed where that is asked for", async () => {
  const { ask, end } = setUp(async (refresh) => (refresh ? "new" : "old"));
  expect(await ask(false)).toBe("old");
  expect(await ask(true)).toBe("new");
  end();
});

it.each([undefined, null])("is none where a tab has none: %s", async (token) => {
  const { ask, end } = setUp(async () => token);
  expect(await ask(false)).toBe(token);
  end();
});

it("fails where the tab fails", async () => {
  const { ask, end } = setUp(() => Promise.reject(new Error("of the host")));
  await expect(ask(false)).rejects.toThrow("no token");
  end();
});

it("is asked of one tab alone, however long that takes", async () => {
  const slow = () => new Promise<string>((resolve) => setTimeout(() => resolve("late"), 300));
  const chances = [0, 0.5];
  world.random = () => chances.shift() ?? 0;
  const { ask, gave, end } = setUp(slow, slow);
  expect(await ask(true)).toBe("late");
  expect(gave.map(({ mock }) => mock.calls.length).sort()).toEqual([0, 1]);
  world.random = Math.random;
  end();
});

it("does not come from a tab that leaves meanwhile, which is no error", async () => {
  const unhandled = vi.fn();
  process.on("unhandledRejection", unhandled);
  world.random = () => 0;
  let give = (_: string) => {};
  const { ask, gave, end } = setUp(() => new Promise((resolve) => (give = resolve)));
  void ask(false);
  await vi.waitFor(() => expect(gave[0]).toHaveBeenCalled());
  end();
  give("late");
  await new Promise((resolve) => setTimeout(resolve));
  process.off("unhandledRejection", unhandled);
  world.random = Math.random;
  expect(unhandled).not.toHaveBeenCalled();
});

it("comes from a tab that is left", async () => {
  const { ask, gave, end } = setUp(async () => "one");
  end();
  const other = answerWorker(`test ${name}`, async () => "two", world);
  expect(await ask(false)).toBe("two");
  expect(gave[0]).not.toHaveBeenCalled();
  other();
});
