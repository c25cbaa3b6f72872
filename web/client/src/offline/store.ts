// What is kept in the browser: a page, and the marks that the server has not had yet. One database for each
// server and user.

import type { World } from "../core/world";
import type { Mark } from "./marks";
import type { Page } from "./page";

/** What fails is as if it had not been done. */
export interface Store {
  page(): Promise<Page | undefined>;
  keepPage(page: Page): Promise<unknown>;
  /** Oldest first. */
  marks(): Promise<Mark[]>;
  keepMark(mark: Mark): Promise<unknown>;
  dropMark(key: string): Promise<unknown>;
}

/** Browsers have been seen to hang: behind a deletion that waits for a frozen tab, or with their first database. */
export const PATIENCE_MS = 3_000;

const VERSION = 1;
const ONLY = "newest";

export async function openStore(name: string, world: World): Promise<Store> {
  let database: Promise<IDBDatabase> | undefined;
  let deleted = false;
  /** A browser may close it by itself. Then it is opened again when it is needed. */
  const closed = () => {
    if (!deleted) database = undefined;
  };
  const open = () =>
    new Promise<IDBDatabase>((resolve, reject) => {
      const opening = indexedDB.open(name, VERSION);
      opening.onupgradeneeded = () => {
        opening.result.createObjectStore("pages");
        opening.result.createObjectStore("marks", { keyPath: "key" });
      };
      opening.onerror = reject;
      opening.onsuccess = () => {
        const { result } = opening;
        result.onclose = closed;
        // Another tab has a newer version of this, or somebody has signed out. Neither must have to wait, and what
        // was deleted must not come back.
        result.onversionchange = ({ newVersion }) => {
          result.close();
          deleted = newVersion === null;
          closed();
        };
        resolve(result);
      };
    });
  const ask = <T>(store: string, what: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      world.setTimer(reject, PATIENCE_MS);
      (database ??= open())
        .then((opened) => {
          const transaction = opened.transaction(store, "readwrite");
          const request = what(transaction.objectStore(store));
          // A request that goes well may still come to nothing, where the disk is full.
          transaction.oncomplete = () => resolve(request.result);
          transaction.onabort = reject;
        })
        .catch((why) => {
          closed();
          reject(why);
        });
    });
  const store: Store = {
    page: () => ask("pages", (pages) => pages.get(ONLY)),
    keepPage: (page) => ask("pages", (pages) => pages.put(page, ONLY)),
    marks: () => ask("marks", (marks) => marks.getAll()),
    keepMark: (mark) => ask("marks", (marks) => marks.put(mark)),
    dropMark: (key) => ask("marks", (marks) => marks.delete(key)),
  };
  await store.page();
  return store;
}

const nothing = async (): Promise<undefined> => {};

/** Where the browser keeps nothing, as in some private windows: what there is lasts as long as its page. */
export const NO_STORE: Store = {
  page: nothing,
  keepPage: nothing,
  marks: async () => [],
  keepMark: nothing,
  dropMark: nothing,
};
