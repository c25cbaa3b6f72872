// A list that comes page by page, for as long as its component lives.

import { onBeforeUnmount, readonly, ref, shallowRef } from "vue";
import { PAGE_SIZE } from "../api/calls";
import { explain } from "../api/problem";
import type { ListOf } from "../api/types";
import { toasts } from "../bell/toasts";
import { touchClock } from "../ui/clock";

/** The server's own bound: a list that shows more than this is fetched again only this far. */
export const LARGEST_PAGE = 200;

export type Ask<T> = (limit: number, after?: string) => Promise<ListOf<T>>;

export function usePaged<T>(ask: Ask<T>, keyOf: (item: T) => string, pageSize = PAGE_SIZE) {
  const items = shallowRef<T[] | null>(null);
  const next = ref<string | null>(null);
  const failed = ref<string | null>(null);
  const busy = ref(false);

  let load = 0; // an answer counts only while nothing else was asked for
  let gone = false;
  onBeforeUnmount(() => (gone = true));

  async function fetchPage(limit: number, after?: string): Promise<void> {
    const mine = ++load;
    const current = () => mine === load && !gone;
    busy.value = true;
    try {
      const page = await ask(limit, after);
      if (!current()) return;
      touchClock();
      const held = after === undefined ? [] : (items.value ?? []);
      const known = new Set(held.map(keyOf));
      items.value = [...held, ...page.items.filter((item) => !known.has(keyOf(item)))];
      next.value = page.next;
      failed.value = null;
    } catch (error) {
      if (!current()) return;
      // Whoever is at the end of a long list does not see what is said at its beginning.
      if (after === undefined) failed.value = explain(error);
      else toasts.say("error", "Could not load more", explain(error));
    } finally {
      if (current()) busy.value = false;
    }
  }

  return {
    /** Null until the first page is there. */
    items,
    next: readonly(next),
    failed: readonly(failed),
    busy: readonly(busy),
    /** From the beginning, as far as it is shown. */
    reload: () => fetchPage(Math.min(LARGEST_PAGE, Math.max(pageSize, items.value?.length ?? 0))),
    async more(): Promise<void> {
      if (next.value !== null && !busy.value) await fetchPage(pageSize, next.value);
    },
    /** It becomes another list: nothing of this one is shown meanwhile. */
    clear(): void {
      items.value = null;
      next.value = null;
      failed.value = null;
    },
  };
}

/** More pages than this are not asked for: what is beyond can still be named by hand. */
const MOST_PAGES = 20;

/** All of a list that is never long, as far as `MOST_PAGES` go. */
export async function listAll<T>(ask: Ask<T>): Promise<T[]> {
  const all: T[] = [];
  let after: string | undefined;
  for (let asked = 0; asked < MOST_PAGES; asked += 1) {
    const page = await ask(PAGE_SIZE, after);
    all.push(...page.items);
    after = page.next ?? undefined;
    if (after === undefined) break;
  }
  return all;
}
