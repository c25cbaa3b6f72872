// For bundlers: whoever imports this has the element.

import { define } from "./element";

export { TidingsInbox, type Arrival, type Message, type TidingsEvents } from "./element";
export { safeHref } from "./link";
export { en, zh } from "./texts";
export type { Texts } from "./texts";
export { toastCard, type CardOptions } from "./toasts/card";
export { ToastQueue, type Pause, type Timers, type Toast } from "./toasts/queue";

define(async () => (await import("./rest")).Rest);
