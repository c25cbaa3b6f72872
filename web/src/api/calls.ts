// Every request that the pages make, in one list.

import { request } from "./client";
import type {
  Account,
  ApiKey,
  Audience,
  Change,
  Connection,
  Correction,
  Deliveries,
  Draft,
  Ends,
  InboxCounts,
  Item,
  ListOf,
  ManagedTopic,
  Marked,
  Me,
  Overview,
  Page,
  Preferences,
  Query,
  Role,
  Scope,
  Sent,
  SignedInAt,
  Topic,
} from "./types";

const part = encodeURIComponent;

/** What a list answers when nobody says how many. */
export const PAGE_SIZE = 50;

/** What comes after the path of a list, to ask for a page of it. */
function paged(limit: number, after?: string, more: Record<string, string> = {}): string {
  const asked = new URLSearchParams(more);
  if (limit !== PAGE_SIZE) asked.set("limit", String(limit));
  if (after !== undefined) asked.set("after", after);
  return asked.size === 0 ? "" : `?${asked}`;
}

export const login = (user: string, password: string) =>
  request<Omit<Me, "session"> & Required<Ends>>("POST", "/auth/login", { user, password });

export const logout = (everywhere = false) =>
  request<void>("POST", `/auth/logout${everywhere ? "?everywhere=true" : ""}`);

export const whoAmI = () => request<Me>("GET", "/auth/me");

/** The answer brings another cookie: a page that is left meanwhile must not miss it. */
export const refreshSession = () =>
  request<Required<Ends>>("POST", "/auth/refresh", undefined, { keepalive: true });

export const changePassword = (current: string, next: string) =>
  request<void>("POST", "/auth/password", { current, new: next });

/** There are never many: one page is all of them. */
export const listSessions = () => request<ListOf<SignedInAt>>("GET", "/auth/sessions");

export const endSession = (id: string) => request<void>("DELETE", `/auth/sessions/${part(id)}`);

// --- the inbox ---

export const inboxCounts = () => request<InboxCounts>("GET", "/inbox");

export function listNotifications(query: Query, limit: number, after?: string): Promise<Page> {
  const asked: Record<string, string> = { state: query.view };
  if (query.search !== "") asked.search = query.search;
  return request<Page>("GET", `/notifications${paged(limit, after, asked)}`);
}

/** `acted`: a link of it was followed, so it has been seen and read as well. */
export const patchNotification = (id: string, change: Change | { acted: true }) =>
  request<Item>("PATCH", `/notifications/${part(id)}`, change, { keepalive: true });

export const deleteNotification = (id: string) =>
  request<void>("DELETE", `/notifications/${part(id)}`, undefined, { keepalive: true });

export const markUpTo = (change: { read?: boolean; seen?: boolean }, upTo: string) =>
  request<Marked>("POST", "/notifications/mark", { ...change, up_to: upTo });

// --- what the reader wants ---

export const getPreferences = () => request<Preferences>("GET", "/preferences");

export const putPreferences = (preferences: Preferences) =>
  request<Preferences>("PUT", "/preferences", preferences);

export const listTopics = (limit: number, after?: string) =>
  request<ListOf<Topic>>("GET", `/topics${paged(limit, after)}`);

export const joinTopic = (topic: string) => request<void>("PUT", `/subscriptions/${part(topic)}`);

export const leaveTopic = (topic: string) =>
  request<void>("DELETE", `/subscriptions/${part(topic)}`);

// --- for administrators ---

export const createNotification = (draft: Draft, idempotencyKey: string) =>
  request<Sent>("POST", "/admin/notifications", draft, {
    headers: { "idempotency-key": idempotencyKey },
  });

/** `to`: "everyone", "topic:NAME" or "user:NAME". */
export const getAudience = (to: string) =>
  request<Audience>("GET", `/admin/audience?${new URLSearchParams({ to })}`);

export const listSent = (stage: "made" | "scheduled", limit: number, after?: string) =>
  request<ListOf<Sent>>("GET", `/admin/notifications${paged(limit, after, { stage })}`);

export const getSent = (id: string) => request<Sent>("GET", `/admin/notifications/${part(id)}`);

export const correctSent = (id: string, correction: Correction) =>
  request<Sent>("PATCH", `/admin/notifications/${part(id)}`, correction);

export const retractSent = (id: string) =>
  request<void>("DELETE", `/admin/notifications/${part(id)}`);

/** What became of it: page by page for those that it was sent to by name. */
export const listDeliveries = (id: string, limit: number, after?: string) =>
  request<Deliveries>("GET", `/admin/notifications/${part(id)}/deliveries${paged(limit, after)}`);

/** The same for one user, however it was addressed. */
export const listDeliveriesTo = (id: string, user: string) =>
  request<Deliveries>(
    "GET",
    `/admin/notifications/${part(id)}/deliveries?${new URLSearchParams({ user })}`,
  );

export const getOverview = () => request<Overview>("GET", "/admin/overview");

export const listConnections = (limit: number, after?: string) =>
  request<ListOf<Connection>>("GET", `/admin/connections${paged(limit, after)}`);

export const listManagedTopics = (limit: number, after?: string) =>
  request<ListOf<ManagedTopic>>("GET", `/admin/topics${paged(limit, after)}`);

export const putTopic = (topic: string, about: { title?: string; open: boolean }) =>
  request<Omit<ManagedTopic, "members">>("PUT", `/admin/topics/${part(topic)}`, about);

export const deleteTopic = (topic: string) =>
  request<void>("DELETE", `/admin/topics/${part(topic)}`);

export const listMembers = (topic: string, limit: number, after?: string) =>
  request<ListOf<string>>("GET", `/admin/topics/${part(topic)}/members${paged(limit, after)}`);

export const addMembers = (topic: string, users: string[]) =>
  request<{ added: number }>("POST", `/admin/topics/${part(topic)}/members`, { users });

export const removeMember = (topic: string, user: string) =>
  request<void>("DELETE", `/admin/topics/${part(topic)}/members/${part(user)}`);

export const listAccounts = (limit: number, after?: string) =>
  request<ListOf<Account>>("GET", `/admin/users${paged(limit, after)}`);

/** `password`: what the server made up, told this once. */
export const createAccount = (user: string, role: Role) =>
  request<Account & { password?: string }>("POST", "/admin/users", { user, role });

export const changeAccount = (
  user: string,
  change: { role?: Role; disabled?: boolean; password?: string },
) => request<Account>("PATCH", `/admin/users/${part(user)}`, change);

export const deleteAccount = (user: string) =>
  request<void>("DELETE", `/admin/users/${part(user)}`);

export const signOutEverywhere = (user: string) =>
  request<void>("POST", `/admin/users/${part(user)}/revoke`);

export const listApiKeys = (limit: number, after?: string) =>
  request<ListOf<ApiKey>>("GET", `/admin/api-keys${paged(limit, after)}`);

/** `key`: told this once. */
export const createApiKey = (name: string, scopes: Scope[]) =>
  request<ApiKey & { key: string }>("POST", "/admin/api-keys", { name, scopes });

export const revokeApiKey = (id: string) => request<void>("DELETE", `/admin/api-keys/${part(id)}`);
