// Every request that the pages make, in one list.

import { request } from "./client";
import type {
  Change,
  Correction,
  Draft,
  InboxCounts,
  Item,
  ManagedTopic,
  Marked,
  Me,
  Page,
  Preferences,
  Query,
  Sent,
  Topic,
} from "./types";

interface ListOf<T> {
  items: T[];
  next: string | null;
}

const part = encodeURIComponent;

export const login = (user: string, password: string) =>
  request<Me>("POST", "/auth/login", { user, password });

export const logout = () => request<void>("POST", "/auth/logout");

export const whoAmI = () => request<Me>("GET", "/auth/me");

// --- the inbox ---

export const inboxCounts = () => request<InboxCounts>("GET", "/inbox");

export function listNotifications(query: Query, limit: number, after?: string): Promise<Page> {
  const asked = new URLSearchParams({ state: query.view, limit: String(limit) });
  if (query.search !== "") asked.set("search", query.search);
  if (after !== undefined) asked.set("after", after);
  return request<Page>("GET", `/notifications?${asked}`);
}

export const getNotification = (id: string) => request<Item>("GET", `/notifications/${part(id)}`);

export const patchNotification = (id: string, change: Change) =>
  request<Item>("PATCH", `/notifications/${part(id)}`, change, { keepalive: true });

export const deleteNotification = (id: string) =>
  request<void>("DELETE", `/notifications/${part(id)}`, undefined, { keepalive: true });

export const markUpTo = (change: { read?: boolean; seen?: boolean }, upTo: string) =>
  request<Marked>("POST", "/notifications/mark", { ...change, up_to: upTo });

// --- what the reader wants ---

export const getPreferences = () => request<Preferences>("GET", "/preferences");

export const putPreferences = (preferences: Preferences) =>
  request<Preferences>("PUT", "/preferences", preferences);

export const listTopics = () => request<{ items: Topic[] }>("GET", "/topics");

export const joinTopic = (topic: string) => request<void>("PUT", `/subscriptions/${part(topic)}`);

export const leaveTopic = (topic: string) =>
  request<void>("DELETE", `/subscriptions/${part(topic)}`);

// --- for administrators ---

export const createNotification = (draft: Draft, idempotencyKey: string) =>
  request<Sent>("POST", "/admin/notifications", draft, {
    headers: { "idempotency-key": idempotencyKey },
  });

export function listSent(
  stage: "made" | "scheduled",
  limit: number,
  after?: string,
): Promise<ListOf<Sent>> {
  const asked = new URLSearchParams({ stage, limit: String(limit) });
  if (after !== undefined) asked.set("after", after);
  return request<ListOf<Sent>>("GET", `/admin/notifications?${asked}`);
}

export const getSent = (id: string) => request<Sent>("GET", `/admin/notifications/${part(id)}`);

export const correctSent = (id: string, correction: Correction) =>
  request<Sent>("PATCH", `/admin/notifications/${part(id)}`, correction);

export const retractSent = (id: string) =>
  request<void>("DELETE", `/admin/notifications/${part(id)}`);

export const listManagedTopics = () => request<{ items: ManagedTopic[] }>("GET", "/admin/topics");

export const putTopic = (topic: string, about: { title?: string; open: boolean }) =>
  request<Omit<ManagedTopic, "members">>("PUT", `/admin/topics/${part(topic)}`, about);

export const deleteTopic = (topic: string) =>
  request<void>("DELETE", `/admin/topics/${part(topic)}`);

export function listMembers(topic: string, limit: number, after?: string): Promise<ListOf<string>> {
  const asked = new URLSearchParams({ limit: String(limit) });
  if (after !== undefined) asked.set("after", after);
  return request<ListOf<string>>("GET", `/admin/topics/${part(topic)}/members?${asked}`);
}

export const addMembers = (topic: string, users: string[]) =>
  request<{ added: number }>("POST", `/admin/topics/${part(topic)}/members`, { users });

export const removeMember = (topic: string, user: string) =>
  request<void>("DELETE", `/admin/topics/${part(topic)}/members/${part(user)}`);
