// Requests as a host application would make them.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { until } from "./wait.mjs";

/** `as` is a token. Resolves with the status and the parsed body, whatever the status. */
export async function request(server, as, method, path, body, headers = {}) {
  const answer = await fetch(`${server.url}/api/v1${path}`, {
    method,
    headers: {
      authorization: `Bearer ${as}`,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await answer.text();
  return { status: answer.status, headers: answer.headers, body: text && JSON.parse(text) };
}

export async function get(server, as, path) {
  const { status, body } = await request(server, as, "GET", path);
  assert.equal(status, 200, `GET ${path}: ${JSON.stringify(body)}`);
  return body;
}

/** Any other request of an admin that must succeed. Resolves with the body. */
export async function asAdmin(server, method, path, body) {
  const answer = await request(server, server.token("root", "admin"), method, path, body);
  const { status } = answer;
  assert.ok(status < 300, `${method} ${path}: ${status} ${JSON.stringify(answer.body)}`);
  return answer.body;
}

/** What a reader does to one of theirs, from some other device. */
export async function change(server, user, id, change) {
  const path = `/notifications/${id}`;
  const { status, body } = await request(server, server.token(user), "PATCH", path, change);
  assert.equal(status, 200, `PATCH ${path}: ${JSON.stringify(body)}`);
  return body;
}

/** Creates a notification as an admin, and resolves with it once the server says that it is stored. */
export async function publish(server, draft, key = randomUUID()) {
  const as = server.token("root", "admin");
  const made = await request(server, as, "POST", "/admin/notifications", draft, {
    "idempotency-key": key,
  });
  assert.equal(made.status, 201, `${JSON.stringify(draft)}: ${JSON.stringify(made.body)}`);
  return made.body;
}

/** The same, through crashes: tries again with the same key until there is an answer. */
export function publishAtLast(server, draft) {
  const key = randomUUID();
  return until(`"${draft.title}" is stored`, () => publish(server, draft, key));
}

/** A user is known to the server from the first request on: only then is "everyone" also for them. */
export const introduce = (server, user) => get(server, server.token(user), "/inbox");

/** Every notification in the user's inbox, oldest first. */
export async function wholeInbox(server, user) {
  const as = server.token(user);
  const items = [];
  for (let after = ""; after !== null;) {
    const query = new URLSearchParams({ state: "all", limit: "200", ...(after && { after }) });
    const page = await get(server, as, `/notifications?${query}`);
    items.push(...page.items);
    after = page.next;
  }
  return items.reverse();
}
