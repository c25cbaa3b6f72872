// An inbox as it looks after a morning's work.

import { publish, request } from "../support/http.mjs";

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
