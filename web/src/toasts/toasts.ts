// The one toast queue of the page, as Vue sees it.

import { computed, shallowRef } from "vue";
import { ToastQueue, type Pause, type Toast } from "./queue";

const shown = shallowRef<readonly Toast[]>([]);
const waiting = shallowRef(0);

const queue = new ToastQueue(
  {
    now: () => performance.now(),
    setTimer: (run, ms) => window.setTimeout(run, ms),
    clearTimer: (timer) => window.clearTimeout(timer),
  },
  (nowShown, nowWaiting) => {
    shown.value = nowShown;
    waiting.value = nowWaiting;
  },
);

// A toast that nobody could see has not been shown: its time runs when the page is looked at.
const followVisibility = () =>
  document.visibilityState === "hidden" ? queue.pause("hidden") : queue.resume("hidden");
document.addEventListener("visibilitychange", followVisibility);
followVisibility();

let ownMessages = 0;

export const toasts = {
  shown: computed(() => shown.value),
  waiting: computed(() => waiting.value),
  show: (toast: Toast) => queue.push(toast),
  /** A message of the page itself. */
  say: (level: Toast["level"], title: string, body?: string) =>
    queue.push({ id: `page-${++ownMessages}`, level, critical: false, title, body }),
  correct: (toast: Toast) => queue.correct(toast),
  close: (id: string) => queue.close(id),
  closeGroup: (group: string) => queue.closeGroup(group),
  settle: (id: string) => queue.settle(id),
  closeAll: () => queue.closeAll(),
  pause: (why: Pause) => queue.pause(why),
  resume: (why: Pause) => queue.resume(why),
};
