// In the second file for a script tag, this stands in place of the modules of `shared.ts`.

import type { TidingsInbox } from "./element";

export const element = customElements.get("tidings-inbox") as typeof TidingsInbox;

export const [
  BELL,
  icon,
  make,
  leavesSite,
  pageHref,
  safeHref,
  dress,
  bellEn,
  bellZh,
  fill,
  speak,
] = element.shared;
