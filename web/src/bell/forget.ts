// What the bell keeps in this browser, for its first paint and its marks, goes with the reader who signs out: the next
// one at this computer may be somebody else.

import { nameOf } from "@tidings/client";

export function forget(server: string, user: string): void {
  const name = nameOf(server, user);
  try {
    indexedDB.deleteDatabase(name);
    localStorage.removeItem(name);
  } catch {
    // Where the browser keeps nothing, there is nothing to take away.
  }
}
