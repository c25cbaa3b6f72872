// Every request that the pages make, in one list.

import { request } from "./client";
import type { Draft, InboxCounts, Item, Marked, Me, Notification, Page, View } from "./types";

export const login = (user: string, password: string) =>
  request<Me>("POST", "/auth/login", { user, password });

export const logout = () => request<void>("POST", "/auth/logout");

export const whoAmI = () => request<Me>("GET", "/auth/me");

export const inboxCounts = () => request<InboxCounts>("GET", "/inbox");

export function listNotifications(state: View, limit: number, after?: string): Promise<Page> {
  const query = new URLSearchParams({ state, limit: String(limit) });
  if (after !== undefined) query.set("after", after);
  return request<Page>("GET", `/notifications?${query}`);
}

export const patchNotification = (id: string, change: { read?: boolean; archived?: boolean }) =>
  request<Item>("PATCH", `/notifications/${encodeURIComponent(id)}`, change, { keepalive: true });

export const markUpTo = (change: { read?: boolean; seen?: boolean }, upTo: string) =>
  request<Marked>("POST", "/notifications/mark", { ...change, up_to: upTo });

export const createNotification = (draft: Draft, idempotencyKey: string) =>
  request<Notification>("POST", "/admin/notifications", draft, {
    headers: { "idempotency-key": idempotencyKey },
  });
