// What the bell has, and what it opens needs as well: the files for a script tag have it once, in the first.

import { BELL } from "./bell";
import { icon, make } from "./dom";
import { leavesSite, pageHref, safeHref } from "./link";
import { dress } from "./style";
import { bellEn, bellZh } from "./texts/bell";
import { fill, speak } from "./texts/tongue";

/** In this order `from-script.ts` takes them: names would be as long as what they spare. */
export const shared = [
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
] as const;
