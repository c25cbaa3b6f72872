// Links in the bell that lead to pages of this site are followed as all others here: without loading it anew.

import { go, PAGES } from "../route";

/** Where a click leads within the pages; null where the browser is to follow it. */
function withinPages(event: MouseEvent): string | null {
  const { button, metaKey, ctrlKey, shiftKey, altKey, defaultPrevented } = event;
  if (button !== 0 || metaKey || ctrlKey || shiftKey || altKey || defaultPrevented) return null;
  // The path, for the link may stand in a shadow.
  const link = event.composedPath().find((one) => one instanceof HTMLAnchorElement);
  if (link === undefined || link.target !== "") return null;
  const { origin, pathname, search, hash } = new URL(link.href);
  const isPage = Object.hasOwn(PAGES, pathname.replace(/(.)\/$/, "$1"));
  return origin === location.origin && isPage ? pathname + search + hash : null;
}

/** Whether it was one. */
export function follow(event: MouseEvent): boolean {
  const to = withinPages(event);
  if (to === null) return false;
  event.preventDefault();
  go(to);
  return true;
}
