// @vitest-environment node
import { afterEach, expect, it, vi } from "vitest";
import { openStore } from "./store";

afterEach(() => void vi.unstubAllGlobals());

/** A database of one store, and as little of it as is needed. */
class FakeDatabase {
  static readonly kept = new Map<string, { key: string }>();
  static readonly opened: FakeDatabase[] = [];
  closed = false;
  onclose: (() => void) | null = null;
  onversionchange: (() => void) | null = null;

  static open = () => {
    const database = new FakeDatabase();
    FakeDatabase.opened.push(database);
    return request(database);
  };
  close() {
    this.closed = true;
  }
  transaction() {
    if (this.closed) throw new DOMException("closed", "InvalidStateError");
    const { kept } = FakeDatabase;
    return {
      objectStore: () => ({
        put: (mark: { key: string }) => request(void kept.set(mark.key, mark)),
        getAll: () => request([...kept.values()]),
      }),
    };
  }
}

function request<T>(result: T) {
  const one = { result, onsuccess: () => {} };
  queueMicrotask(() => one.onsuccess());
  return one;
}

it("is opened again when the browser has closed it", async () => {
  vi.stubGlobal("indexedDB", { open: FakeDatabase.open });
  const store = await openStore("x");
  const mark = { key: "1", marking: { read: true } };
  await store.keepMark(mark);
  const newest = () => FakeDatabase.opened.at(-1) as FakeDatabase;
  newest().closed = true;
  newest().onclose?.();
  expect(await store.marks()).toEqual([mark]);
  newest().onversionchange?.();
  expect(await store.marks()).toEqual([mark]);
  newest().closed = true; // without a word
  await expect(store.marks()).rejects.toThrow();
  expect(await store.marks()).toEqual([mark]);
  expect(FakeDatabase.opened).toHaveLength(4);
});
