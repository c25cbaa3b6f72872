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
  let database: IDBDatabase | null = null;
  /** A browser may close it by itself. Then it is opened again when it is needed. */
  async function opened(): Promise<IDBDatabase> {
    if (database !== null) return database;
    const fresh = await open(name);
    // Or another tab has a newer version of this: it must not have to wait.
    fresh.onclose = fresh.onversionchange = () => {
      fresh.close();
      database = null;
    };
    return (database = fresh);
  }
  async function ask<T>(
    store: string,
    mode: IDBTransactionMode,
    what: (store: IDBObjectStore) => IDBRequest<T>,
  ): Promise<T> {
    try {
      return await answer(what((await opened()).transaction(store, mode).objectStore(store)));
    } catch (error) {
      if ((error as Error).name === "InvalidStateError") database = null;
      throw error;
    }
  }
  await opened();
  return {
    page: async () =>
      ((await ask("pages", "readonly", (pages) => pages.get(ONLY))) as Page | undefined) ?? null,
    keepPage: async (page) =>
      void (await ask("pages", "readwrite", (pages) => pages.put(page, ONLY))),
    marks: () => ask("marks", "readonly", (marks) => marks.getAll() as IDBRequest<Mark[]>),
    keepMark: async (mark) => void (await ask("marks", "readwrite", (marks) => marks.put(mark))),
    dropMark: (key) => ask("marks", "readwrite", (marks) => marks.delete(key)),
  };
}

function open(name: string): Promise<IDBDatabase> {
  const opening = indexedDB.open(name, VERSION);
  opening.onupgradeneeded = () => {
    opening.result.createObjectStore("pages");
    opening.result.createObjectStore("marks", { keyPath: "key" });
  };
  return answer(opening);
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
