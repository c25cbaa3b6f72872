// A few pages and a few query parameters need no router: the address bar is the state.

import { computed, ref } from "vue";
import type { Query, View } from "./api/types";

export const PAGES = {
  "/": "inbox",
  "/compose": "compose",
  "/topics": "topics",
  "/preferences": "preferences",
  "/password": "password",
  "/admin/sent": "sent",
  "/admin/topics": "managed-topics",
  "/admin/overview": "overview",
  "/admin/accounts": "accounts",
  "/admin/api-keys": "api-keys",
} as const;

export type Page = (typeof PAGES)[keyof typeof PAGES] | "not-found";

/** Pages for administrators alone. */
export const FOR_ADMINS: readonly Page[] = [
  "compose",
  "sent",
  "managed-topics",
  "overview",
  "accounts",
  "api-keys",
];

/** The server's own bound: longer ones are refused. */
export const MAX_SEARCH_CHARS = 100;

const address = ref(new URL(location.href));

window.addEventListener("popstate", () => (address.value = new URL(location.href)));

export function go(to: string): void {
  history.pushState(null, "", to);
  address.value = new URL(location.href);
  window.scrollTo(0, 0);
}

/** The same page, told more exactly: no step to go back to. */
export function refine(to: string): void {
  history.replaceState(null, "", to);
  address.value = new URL(location.href);
}

export const page = computed<Page>(() => {
  const path = address.value.pathname.replace(/(.)\/$/, "$1");
  return Object.hasOwn(PAGES, path) ? PAGES[path as keyof typeof PAGES] : "not-found";
});

const parameter = (name: string) => address.value.searchParams.get(name) ?? "";

export const view = computed<View>(() => {
  const state = parameter("state");
  return state === "unread" || state === "archived" || state === "snoozed" ? state : "all";
});

export const search = computed(() => searchable(parameter("search")));

export const query = computed<Query>(() => ({ view: view.value, search: search.value }));

/** Which of what was sent. */
export const stage = computed(() => (parameter("stage") === "scheduled" ? "scheduled" : "made"));

/** What was typed, as it can be searched for. */
export function searchable(text: string): string {
  return [...text.trim()].slice(0, MAX_SEARCH_CHARS).join("");
}

export function pathOf(view: View, search = ""): string {
  const asked = new URLSearchParams();
  if (view !== "all") asked.set("state", view);
  if (search !== "") asked.set("search", search);
  return asked.size === 0 ? "/" : `/?${asked}`;
}
