// What the reader wants to be bothered with, as this page knows it.

import { readonly, shallowRef } from "vue";
import { backoff } from "@tidings/client";
import { getPreferences, putPreferences } from "../api/calls";
import type { Preferences } from "../api/types";

export function createPreferences() {
  const current = shallowRef<Preferences | null>(null);
  let heard = 0; // what the stream says beats an answer that was under way
  let failures = 0;
  let timer: number | undefined;
  let stopped = false;

  /** Asks until there is an answer. Resolves after the first try: nothing should wait for the last. */
  async function load(): Promise<void> {
    window.clearTimeout(timer);
    const before = heard;
    try {
      const answer = await getPreferences();
      failures = 0;
      if (heard === before) current.value = answer;
    } catch {
      if (!stopped) timer = window.setTimeout(load, backoff(failures++, Math.random()));
    }
  }

  function changed(preferences: Preferences): void {
    heard += 1;
    current.value = preferences;
  }

  return {
    current: readonly(current),
    load,
    changed,
    async save(preferences: Preferences): Promise<void> {
      const before = heard;
      const saved = await putPreferences(preferences);
      if (heard === before) changed(saved);
    },
    stop(): void {
      stopped = true;
      window.clearTimeout(timer);
    },
  };
}
