// One ticking "now" for all relative times on the page.

import { readonly, ref } from "vue";

/** The finest step shown is a minute. */
const TICK_MS = 20_000;

const now = ref(Date.now());
setInterval(() => (now.value = Date.now()), TICK_MS);

/** A new row must not wait for the next tick to know its age. */
export function touchClock(): void {
  now.value = Date.now();
}

export const clock = readonly(now);
