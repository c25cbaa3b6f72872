// @vitest-environment node
import { beforeEach, expect, it, vi } from "vitest";
import { FakeDisk } from "../testing/fake-database";
import { FakeServer } from "../testing/fake-server";
import { openStore, PATIENCE_MS } from "./store";

let disk: FakeDisk;

beforeEach(() => {
  vi.useFakeTimers();
  disk = new FakeDisk();
  vi.stubGlobal("indexedDB", disk);
  return () => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  };
});

const open = () => openStore("x", new FakeServer().world);
const mark = { key: "1", marking: { read: true } };
const page = { items: [], counts: null, cursor: "c", more: false };

it("is opened again when the browser has closed it", async () => {
  const store = await open();
  await store.keepMark(mark);
  disk.newest.closed = true;
  disk.newest.onclose();
  expect(await store.marks()).toEqual([mark]);
  disk.newest.onversionchange({ newVersion: 2 });
  expect(await store.marks()).toEqual([mark]);
  disk.newest.closed = true; // without a word
  await expect(store.marks()).rejects.toThrow();
  expect(await store.marks()).toEqual([mark]);
  expect(disk.opened).toHaveLength(4);
});

it("is opened once for all who ask", async () => {
  const store = await open();
  disk.newest.onclose();
  await Promise.all([store.marks(), store.page(), store.keepMark(mark)]);
  expect(disk.opened).toHaveLength(2);
});

it("says so when nothing is kept, which turns out last of all", async () => {
  const store = await open();
  disk.full = true;
  await expect(store.keepMark(mark)).rejects.toBeUndefined();
  expect(await store.marks()).toEqual([]);
});

it("is given up where the browser does not answer", async () => {
  const store = await open();
  disk.hangs = true;
  const outcomes = Promise.allSettled([open(), store.marks(), store.keepMark(mark)]);
  await vi.advanceTimersByTimeAsync(PATIENCE_MS);
  expect((await outcomes).map(({ status }) => status)).toEqual(Array(3).fill("rejected"));
});

it("is not made anew by who still has it open when it was deleted", async () => {
  const store = await open();
  await store.keepPage(page);
  expect(await store.page()).toEqual(page);
  disk.delete();
  expect(disk.newest.closed).toBe(true);
  await expect(store.keepPage(page)).rejects.toThrow();
  expect(disk.opened).toHaveLength(1);
});
