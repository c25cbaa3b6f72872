// What is kept in the browser: a page, and the marks that the server has not had yet. One database for each
// server and user.

import type { Mark } from "./marks";
import type { Page } from "./page";

export interface Store {
  page(): Promise<Page | null>;
  keepPage(page: Page): Promise<void>;
  /** Oldest first. */
  marks(): Promise<Mark[]>;
  keepMark(mark: Mark): Promise<void>;
  dropMark(key: string): Promise<void>;
}

const VERSION = 1;
const ONLY = "newest";

export async function openStore(name: string): Promise<Store> {
  const opening = indexedDB.open(name, VERSION);
  opening.onupgradeneeded = () => {
    opening.result.createObjectStore("pages");
    opening.result.createObjectStore("marks", { keyPath: "key" });
  };
  const database = await answer(opening);
  // Another tab has a newer version of this: it must not have to wait.
  database.onversionchange = () => database.close();
  const of = (store: string, mode: IDBTransactionMode) =>
    database.transaction(store, mode).objectStore(store);
  return {
    page: async () =>
      ((await answer(of("pages", "readonly").get(ONLY))) as Page | undefined) ?? null,
    keepPage: async (page) => void (await answer(of("pages", "readwrite").put(page, ONLY))),
    marks: async () => (await answer(of("marks", "readonly").getAll())) as Mark[],
    keepMark: async (mark) => void (await answer(of("marks", "readwrite").put(mark))),
    dropMark: async (key) => void (await answer(of("marks", "readwrite").delete(key))),
  };
}

function answer<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("no database"));
  });
}

/** Where the browser keeps nothing, as in some private windows: as long as the page lives. */
export function inMemory(): Store {
  let kept: Page | null = null;
  const marks = new Map<string, Mark>();
  return {
    page: async () => kept,
    keepPage: async (page) => void (kept = page),
    marks: async () => [...marks.values()],
    keepMark: async (mark) => void marks.set(mark.key, mark),
    dropMark: async (key) => void marks.delete(key),
  };
}
