// Tells when the end of a list comes near: what an endless list waits for.

import { onBeforeUnmount, watch, type Ref } from "vue";

/** So far before it can be seen. */
const AHEAD = "600px";

/** The end must stay near for a moment: a key that jumps past it, or a press of its own button, comes first. */
const PAUSE_MS = 200;

/** `changes`: after each the end may be somewhere else, or still there. */
export function whenNearEnd(
  end: Ref<HTMLElement | undefined>,
  changes: () => unknown,
  reached: () => void,
): void {
  if (!("IntersectionObserver" in window)) return; // the button is there
  let timer: number | undefined;
  const observer = new IntersectionObserver(
    (entries) => {
      window.clearTimeout(timer);
      if (entries.at(-1)?.isIntersecting) timer = window.setTimeout(reached, PAUSE_MS);
    },
    { rootMargin: `0px 0px ${AHEAD} 0px` },
  );
  watch(
    [end, changes],
    () => {
      observer.disconnect();
      window.clearTimeout(timer);
      if (end.value) observer.observe(end.value); // tells at once how it stands
    },
    { immediate: true, flush: "post" },
  );
  onBeforeUnmount(() => {
    observer.disconnect();
    window.clearTimeout(timer);
  });
}
