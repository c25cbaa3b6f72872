// An inbox as it looks after a morning's work, and what its administrator has in hand.

import { asAdmin, publish, request } from "../support/http.mjs";

const MORNING = [
  {
    title: "Backup of the photo library is complete",
    body: "214 GB in 38 minutes. Next run tomorrow at 03:00.",
    level: "success",
    category: "backups",
    actor: { name: "Night shift" },
    read: true,
  },
  {
    title: "bob mentioned you in “Garden plan”",
    body: "Could you have a look at the second page before Friday?\nI moved the beds away from the wall.",
    level: "info",
    category: "comments",
    actor: { name: "bob" },
    link: "/documents/garden-plan",
    read: true,
  },
  {
    title: "Certificate of mail.example.org ends in 6 days",
    body: "Renewal was tried twice and failed: the DNS record for the challenge is missing.",
    level: "warning",
    category: "certificates",
    actor: { name: "Watchman" },
    link: "https://example.org/certificates",
    actions: [{ label: "Renew now", link: "/certificates/mail/renew" }],
  },
  {
    title: "Build 4711 failed",
    body: "2 of 312 tests failed on branch main:\ninbox_counts_after_archive\nstream_resumes_after_restart",
    level: "error",
    category: "builds",
    actor: { name: "CI" },
    link: "/builds/4711",
    actions: [
      { label: "Retry", link: "/builds/4711/retry" },
      { label: "Show the log", link: "/builds/4711/log" },
    ],
  },
  {
    title: "Deployed 2.4.0 to production",
    level: "success",
    category: "deploys",
    actor: { name: "CI" },
    link: "/deploys/2.4.0",
  },
];

export async function fillInbox(server, user) {
  for (const { read, ...draft } of MORNING) {
    const { id } = await publish(server, { to: { user }, ...draft });
    if (!read) continue;
    await request(server, server.token(user), "PATCH", `/notifications/${id}`, { read });
  }
}

const DAY_MS = 86_400_000;

const TOPICS = [
  { topic: "deploys", title: "Deployments", open: true },
  { topic: "lunch", open: true },
  { topic: "on-call", title: "On call", open: false },
];

/** Topics, of which the user belongs to two; one corrected, one retracted, two that are scheduled. */
export async function fillAdmin(server, user, extra = "garden") {
  for (const { topic, ...about } of TOPICS) {
    await asAdmin(server, "PUT", `/admin/topics/${topic}`, about);
  }
  await asAdmin(server, "PUT", "/admin/topics/garden", { title: `The ${extra}`, open: true });
  const people = ["ann", "bob", "carlos.mendez@example.org", extra, user];
  for (const topic of ["deploys", "on-call"]) {
    await asAdmin(server, "POST", `/admin/topics/${topic}/members`, { users: people });
  }
  const to = { users: ["ann", "bob", "carlos.mendez@example.org"] };
  await publish(server, { to: { everyone: true }, title: "The office is closed on Monday" });
  const wrong = await publish(server, { to, title: "Salaries of April", level: "warning" });
  await asAdmin(server, "DELETE", `/admin/notifications/${wrong.id}`);
  const corrected = await publish(server, {
    to: { topic: "deploys" },
    title: "2.4.0 is beeing rolled out",
    body: `Started by ${extra}. Expect a pause of two minutes.`,
  });
  await asAdmin(server, "PATCH", `/admin/notifications/${corrected.id}`, {
    title: "2.4.0 is being rolled out",
    level: "success",
    link: "/deploys/2.4.0",
  });
  for (const [days, title] of [
    [1, "Maintenance tonight"],
    [7, `Report of the week: ${extra}`],
  ]) {
    const deliver_at = new Date(Date.now() + days * DAY_MS).toISOString();
    await publish(server, { to: { topic: "on-call" }, title, deliver_at, level: "warning" });
  }
}

/** Accounts of all kinds, and keys: one that was used, one that is revoked. */
export async function fillAccess(server, extra = "garden") {
  for (const user of ["ann", `bob-${extra}`]) {
    await asAdmin(server, "POST", "/admin/users", { user });
  }
  await asAdmin(server, "PATCH", "/admin/users/ann", { disabled: true });
  const make = (name, scopes) => asAdmin(server, "POST", "/admin/api-keys", { name, scopes });
  const { key } = await make("Build server", ["publish"]);
  await request(server, key, "POST", "/admin/notifications", {
    to: { user: "nobody" },
    title: "A key is used",
  });
  await make(`Console of the ${extra}`, ["publish", "manage"]);
  const { id } = await make("Old laptop", ["manage"]);
  await asAdmin(server, "DELETE", `/admin/api-keys/${id}`);
}
