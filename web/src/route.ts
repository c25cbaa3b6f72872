// Two pages and one query parameter need no router: the address bar is the state.

import { computed, ref } from "vue";
import type { View } from "./api/types";

const address = ref(new URL(location.href));

window.addEventListener("popstate", () => (address.value = new URL(location.href)));

export function go(to: string): void {
  history.pushState(null, "", to);
  address.value = new URL(location.href);
  window.scrollTo(0, 0);
}

export const page = computed<"inbox" | "compose" | "not-found">(() => {
  if (address.value.pathname === "/") return "inbox";
  return address.value.pathname.replace(/\/$/, "") === "/compose" ? "compose" : "not-found";
});

export const view = computed<View>(() => {
  const state = address.value.searchParams.get("state");
  return state === "unread" || state === "archived" ? state : "all";
});

export const pathOf = (view: View) => (view === "all" ? "/" : `/?state=${view}`);
