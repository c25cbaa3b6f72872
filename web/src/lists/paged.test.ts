import { beforeEach, describe, expect, it, vi } from "vitest";
import { createApp } from "vue";
import { Unreachable } from "../api/problem";
import type { ListOf } from "../api/types";
import { listAll, usePaged, type Ask } from "./paged";
import { FakeBell } from "../testing";

const ask = vi.fn<Ask<string>>();

function paged() {
  let list!: ReturnType<typeof usePaged<string>>;
  const app = createApp({
    setup() {
      list = usePaged(ask, (item) => item);
      return () => null;
    },
  });
  app.mount(document.createElement("div"));
  return { ...list, unmount: () => app.unmount() };
}

const page = (next: string | null, ...items: string[]): ListOf<string> => ({ items, next });

let bell: FakeBell;

beforeEach(() => {
  vi.resetAllMocks();
  bell = new FakeBell();
});

describe("a list", () => {
  it("goes on where it ended, and shows nothing twice", async () => {
    const list = paged();
    ask.mockResolvedValueOnce(page("2", "a", "b"));
    await list.reload();
    ask.mockResolvedValueOnce(page(null, "b", "c"));
    await list.more();
    expect(ask.mock.calls).toEqual([
      [50, undefined],
      [50, "2"],
    ]);
    expect(list.items.value).toEqual(["a", "b", "c"]);
    await list.more();
    expect(ask).toHaveBeenCalledTimes(2);
  });

  it("asks for one page at a time", async () => {
    const list = paged();
    ask.mockResolvedValueOnce(page("2", "a"));
    await list.reload();
    ask.mockResolvedValueOnce(page(null, "b"));
    await Promise.all([list.more(), list.more()]);
    expect(ask).toHaveBeenCalledTimes(2);
  });

  it("is fetched again as far as it was shown", async () => {
    const list = paged();
    const many = Array.from({ length: 120 }, (_, index) => `n${index}`);
    ask.mockResolvedValue(page(null, ...many));
    await list.reload();
    await list.reload();
    expect(ask).toHaveBeenLastCalledWith(120, undefined);
  });

  it("takes no answer of a list that it is no longer", async () => {
    const list = paged();
    let late = (_: ListOf<string>) => {};
    ask.mockReturnValueOnce(new Promise((resolve) => (late = resolve)));
    const first = list.reload();
    ask.mockResolvedValueOnce(page(null, "new"));
    list.clear();
    await list.reload();
    late(page("x", "old"));
    await first;
    expect(list.items.value).toEqual(["new"]);
    expect(list.next.value).toBeNull();
  });

  it("says what failed, where it is seen", async () => {
    const list = paged();
    ask.mockRejectedValueOnce(new Unreachable());
    await list.reload();
    expect(list.failed.value).toContain("cannot be reached");
    ask.mockResolvedValueOnce(page("2", "a"));
    await list.reload();
    expect(list.failed.value).toBeNull();
    ask.mockRejectedValueOnce(new Unreachable());
    await list.more();
    expect(list.failed.value).toBeNull();
    expect(bell.said[0]?.title).toBe("Could not load more");
    expect(list.items.value).toEqual(["a"]);
  });
});

describe("all of a list", () => {
  it("is put together from its pages", async () => {
    ask.mockResolvedValueOnce(page("2", "a")).mockResolvedValueOnce(page(null, "b"));
    expect(await listAll(ask)).toEqual(["a", "b"]);
    expect(ask.mock.calls).toEqual([
      [50, undefined],
      [50, "2"],
    ]);
  });

  it("has a bound", async () => {
    ask.mockImplementation(async (_, after = "0") => page(String(Number(after) + 1), after));
    expect(await listAll(ask)).toHaveLength(20);
  });
});
