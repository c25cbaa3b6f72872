// For tests alone: what a browser keeps, without one.

import type { Mark } from "../offline/marks";
import type { Page } from "../offline/page";
import type { Store } from "../offline/store";

export function inMemory(): Store {
  let kept: Page | undefined;
  const marks = new Map<string, Mark>();
  return {
    page: async () => kept,
    keepPage: async (page) => (kept = page),
    marks: async () => [...marks.values()],
    keepMark: async (mark) => marks.set(mark.key, mark),
    dropMark: async (key) => marks.delete(key),
  };
}
