// A recorded webhook as a notification draft. Pure: the same payload always gives the same draft.

import { level } from "./levels.mjs";
import { body, firstLink, line } from "./text.mjs";
import { titles } from "./titles.mjs";

const MAX_NAME_CHARS = 100;

/** Where an event carries words of a person or of a tool, the closest to what happened first. */
const said = (p) => [
  p.comment?.body,
  p.review?.body,
  p.answer?.body,
  p.thread?.comments?.map((comment) => comment.body).join("\n\n"),
  p.release?.body,
  p.check_run?.output?.summary,
  p.check_run?.output?.text,
  p.pull_request?.body,
  p.issue?.body,
  p.discussion?.body,
  p.commits?.map((commit) => commit.message).join("\n\n"),
  p.head_commit?.message,
  p.merge_group?.head_commit?.message,
  p.check_suite?.head_commit?.message,
  p.workflow_run?.head_commit?.message,
  p.commit?.commit?.message,
  p.security_advisory?.description,
  p.alert?.security_advisory?.description,
  p.alert?.rule?.full_description,
  p.package?.package_version?.body,
  p.project_card?.note,
  p.project?.body,
  p.milestone?.description,
  p.deployment_status?.description,
  p.deployment?.description,
  p.marketplace_purchase?.plan?.description,
  p.sponsorship?.tier?.description,
  p.pages?.map((page) => page.summary ?? "").join("\n"),
  p.label?.description,
  p.team?.description,
  p.forkee?.description,
  p.build?.error?.message,
  p.zen,
];

/** Events that are about a repository as a whole; for all others its description would say nothing. */
const OF_A_REPOSITORY = new Set(["create", "fork", "public", "repository", "star", "watch"]);

/** The page of what it is about; at worst that of the repository or of who did it. */
const linkOf = (p) =>
  firstLink(
    p.comment?.html_url,
    p.review?.html_url,
    p.answer?.html_url,
    p.release?.html_url,
    p.check_run?.html_url,
    p.workflow_job?.html_url,
    p.workflow_run?.html_url,
    p.pull_request?.html_url,
    p.issue?.html_url,
    p.discussion?.html_url,
    p.alert?.html_url,
    p.milestone?.html_url,
    p.project?.html_url,
    p.package?.html_url,
    p.pages?.[0]?.html_url,
    p.forkee?.html_url,
    p.commit?.html_url,
    p.compare,
    p.security_advisory?.references?.[0]?.url,
    p.installation?.html_url,
    p.team?.html_url,
    p.repository?.html_url,
    p.organization?.html_url,
    p.sender?.html_url,
  );

function actorOf({ sender }) {
  if (!sender) return undefined;
  const image = firstLink(sender.avatar_url);
  return { name: line(sender.login, MAX_NAME_CHARS), ...(image && { image }) };
}

const given = (fields) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

function bodyOf(event, p) {
  const texts = [...said(p), OF_A_REPOSITORY.has(event) ? p.repository?.description : undefined];
  return body(texts.find((text) => typeof text === "string" && text.trim() !== ""));
}

function titleOf(event, p) {
  const describe = titles[event] ?? (() => `${event} ${p.action ?? ""}`);
  const what = describe(p);
  const who = p.sender?.login ?? "Security advisory";
  return line(what.startsWith(":") ? who + what : `${who} ${what}`);
}

/** All but the recipients. `delivery` names this one webhook among all that were ever sent. */
export function toDraft({ event, payload, delivery }) {
  return given({
    title: titleOf(event, payload),
    body: bodyOf(event, payload),
    level: level(event, payload),
    link: linkOf(payload),
    actor: actorOf(payload),
    category: event,
    data: { event, action: payload.action ?? null, delivery },
  });
}
