// A little of everything, so that what the document names by id exists.

import { asAdmin, get, publish, request } from "../support/http.mjs";

/** Whom the requests come from, by their roles; and an account whose sessions may end. */
export const CALLERS = { admin: "root", user: "alice" };
const SPARE = { name: "spare", password: "a horse that is to spare" };

/** More than are deleted before they would be looked for. */
const PEOPLE = 12;
const TOPICS = 6;
const NOTIFICATIONS = 24;
const KEYS = 8;

const numbers = (count, name) => Array.from({ length: count }, (_, index) => `${name}-${index}`);

/** Resolves with what there is, and what the hooks of schemathesis need beside it. */
export async function seed(server, caller) {
  const people = numbers(PEOPLE, "person");
  const accounts = numbers(PEOPLE, "account");
  const topics = numbers(TOPICS, "topic");
  await server.addUser(SPARE.name, SPARE.password);
  for (const user of accounts) await asAdmin(server, "POST", "/admin/users", { user });
  // One that has members cannot be removed.
  const idle = numbers(TOPICS, "idle");
  for (const topic of idle) await asAdmin(server, "PUT", `/admin/topics/${topic}`, {});
  for (const topic of topics) {
    await asAdmin(server, "PUT", `/admin/topics/${topic}`, { open: true });
    await asAdmin(server, "POST", `/admin/topics/${topic}/members`, { users: people.slice(0, 3) });
  }
  const keys = [];
  for (const name of numbers(KEYS, "key")) {
    keys.push((await asAdmin(server, "POST", "/admin/api-keys", { name, scopes: ["publish"] })).id);
  }
  const reader = CALLERS[caller] ?? CALLERS.user;
  const as = server.token(reader, caller === "admin" ? "admin" : "user");
  const { cursor } = await get(server, as, "/inbox");
  const sent = [];
  for (let number = 0; number < NOTIFICATIONS; number += 1) {
    const to = [{ user: reader }, { users: [reader, "bob"] }, { everyone: true }][number % 3];
    sent.push((await publish(server, { to, title: `notification ${number}` })).id);
  }
  const pages = {};
  for (const path of ["/notifications", "/topics", "/admin/topics", "/admin/notifications", "/admin/users"]) {
    const answer = await request(server, as, "GET", `${path}?limit=1`);
    if (answer.status === 200) pages[`/api/v1${path}`] = answer.body.next;
  }
  const { url, secret } = server;
  const who = { caller, me: CALLERS[caller], url, secret, spare: SPARE };
  return { ...who, people, accounts, topics, idle, keys, sent, inbox: sent, cursor, pages };
}
