// What happened, as the rest of a sentence that starts with who did it: one entry per event name.
// One that starts with a colon tells what befell, where whoever caused it is not the one who did it.

/** Actions that do not read as a verb in the past. */
const VERBS = {
  category_changed: "changed the category of",
  closed_by_user: "closed",
  create: "raised",
  dismiss: "dismissed",
  member_added: "added a member:",
  member_invited: "invited",
  member_removed: "removed a member:",
  new_permissions_accepted: "accepted the new permissions of",
  pending_cancellation: "will cancel",
  pending_tier_change: "will change",
  reordered: "moved",
  resolve: "resolved",
  suspend: "suspended",
  unanswered: "took back the answer of",
  unsuspend: "took up again",
};

const words = (action) => (VERBS[action] ?? action ?? "changed").replaceAll(/[_-]/g, " ");
const branch = (ref) => (ref ?? "").replace(/^refs\/(heads|tags)\//, "");
const counted = (count, thing) => `${count} ${thing}${count === 1 ? "" : "s"}`;
const quoted = (text) => (text ? `“${text}”` : "");
const short = (sha) => (sha ?? "").slice(0, 7);
const lead = (text) => (text ?? "").trim().split("\n")[0];
const numbered = (thing, { number, title }) => `${thing} #${number}: ${title}`;
const repo = (p) => p.repository?.full_name ?? p.organization?.login ?? "";

/** "build completed: failure", "build queued". */
const run = (thing, { name, status, conclusion }) =>
  `: ${thing} ${quoted(name)} ${words(status)}${conclusion ? `: ${words(conclusion)}` : ""}`;

/** "assigned octocat to issue #1", "labeled issue #1 as bug", and the plain verb for all other actions. */
function onSubject(p, subject) {
  const verb = words(p.action);
  if (p.label && p.action.endsWith("labeled"))
    return `${verb} ${subject} as ${quoted(p.label.name)}`;
  if (p.assignee && p.action.endsWith("assigned")) {
    return `${verb} ${p.assignee.login} ${p.action === "assigned" ? "to" : "from"} ${subject}`;
  }
  if (p.milestone && p.action.endsWith("milestoned")) {
    return `${verb} ${subject} (${p.milestone.title})`;
  }
  return `${verb} ${subject}`;
}

function onPullRequest(p) {
  const subject = numbered("pull request", p.pull_request);
  const asked = p.requested_reviewer?.login ?? p.requested_team?.name ?? "somebody";
  switch (p.action) {
    case "closed":
      return `${p.pull_request.merged ? "merged" : "closed"} ${subject}`;
    case "synchronize":
      return `pushed to ${subject}`;
    case "converted_to_draft":
      return `converted to a draft ${subject}`;
    case "ready_for_review":
      return `marked ready for review ${subject}`;
    case "review_requested":
      return `asked ${asked} to review ${subject}`;
    case "review_request_removed":
      return `no longer asks ${asked} to review ${subject}`;
    default:
      return onSubject(p, subject);
  }
}

function onComment(p, subject) {
  if (p.action !== "created") return `${words(p.action)} a comment on ${subject}`;
  return `commented on ${subject}`;
}

function onPush(p) {
  const where = `${branch(p.ref)} of ${repo(p)}`;
  if (p.deleted) return `deleted ${where}`;
  if (p.commits.length === 0) return `${p.created ? "created" : "updated"} ${where}`;
  const how = p.forced ? "force-pushed" : "pushed";
  return `${how} ${counted(p.commits.length, "commit")} to ${where}: ${lead(p.head_commit?.message)}`;
}

const onOrganization = (p) => {
  const who =
    p.membership?.user?.login ?? p.invitation?.login ?? p.user?.login ?? p.changes?.login?.from;
  return `${words(p.action)}${who ? ` ${who}` : ""} (organization ${p.organization.login})`;
};

function onTeam(p) {
  if (p.action === "added_to_repository") return `gave team ${p.team.name} access to ${repo(p)}`;
  if (p.action === "removed_from_repository") return `took ${repo(p)} from team ${p.team.name}`;
  return `${words(p.action)} team ${p.team.name}`;
}

const onReview = (p) =>
  p.action === "submitted"
    ? `${{ approved: "approved", changes_requested: "asked for changes to" }[p.review.state] ?? "reviewed"} ` +
      numbered("pull request", p.pull_request)
    : `${words(p.action)} a review of ${numbered("pull request", p.pull_request)}`;

const installed = (p) => (p.repositories ?? []).map((one) => one.full_name).join(", ");

export const titles = {
  branch_protection_rule: (p) =>
    `${words(p.action)} the protection of ${p.rule.name} in ${repo(p)}`,
  check_run: (p) => run("check", p.check_run),
  check_suite: (p) => run("checks on", { ...p.check_suite, name: p.check_suite.head_branch }),
  code_scanning_alert: (p) =>
    `${words(p.action)} code scanning alert #${p.alert.number}: ${p.alert.rule.description}`,
  commit_comment: (p) => `commented on commit ${short(p.comment.commit_id)} in ${repo(p)}`,
  create: (p) => `created ${p.ref_type} ${p.ref} in ${repo(p)}`,
  delete: (p) => `deleted ${p.ref_type} ${p.ref} in ${repo(p)}`,
  dependabot_alert: (p) =>
    `${words(p.action)} dependency alert #${p.alert.number}: ${p.alert.security_advisory.summary}`,
  deploy_key: (p) => `${words(p.action)} deploy key ${quoted(p.key.title)} in ${repo(p)}`,
  deployment: (p) => `deploys ${p.deployment.ref} of ${repo(p)} to ${p.deployment.environment}`,
  deployment_review: (p) => `${words(p.action)} a review of the deployment to ${p.environment}`,
  deployment_status: (p) =>
    `: deployment of ${p.deployment.ref} to ${p.deployment.environment}: ${words(p.deployment_status.state)}`,
  discussion: (p) => onSubject(p, numbered("discussion", p.discussion)),
  discussion_comment: (p) => onComment(p, numbered("discussion", p.discussion)),
  fork: (p) => `forked ${repo(p)} to ${p.forkee.full_name}`,
  github_app_authorization: (p) => `${words(p.action)} the authorization of an app`,
  gollum: (p) =>
    `${p.pages.map((page) => `${words(page.action)} wiki page ${quoted(page.title)}`).join(", ")}`,
  installation: (p) =>
    `${words(p.action)} an app${installed(p) ? ` on ${installed(p)}` : ` of ${p.installation.account?.login}`}`,
  installation_repositories: (p) => {
    const which = p.action === "added" ? p.repositories_added : p.repositories_removed;
    return `${words(p.action)} ${which.map((one) => one.full_name).join(", ")} for an app`;
  },
  issue_comment: (p) =>
    onComment(p, numbered(p.issue.pull_request ? "pull request" : "issue", p.issue)),
  issues: (p) => onSubject(p, numbered("issue", p.issue)),
  label: (p) => `${words(p.action)} label ${quoted(p.label.name)} in ${repo(p)}`,
  marketplace_purchase: (p) =>
    `${words(p.action)} ${p.marketplace_purchase.plan.name} for ${p.marketplace_purchase.account.login}`,
  member: (p) => `${words(p.action)} member ${p.member.login} of ${repo(p)}`,
  membership: (p) =>
    `${words(p.action)} ${p.member.login} ${p.action === "added" ? "to" : "from"} team ${p.team.name}`,
  merge_group: (p) => `: queued for merging: ${lead(p.merge_group.head_commit.message)}`,
  meta: (p) => `${words(p.action)} webhook ${p.hook_id} of ${repo(p)}`,
  milestone: (p) => `${words(p.action)} ${numbered("milestone", p.milestone)}`,
  organization: onOrganization,
  org_block: (p) => `${words(p.action)} ${p.blocked_user.login} in ${repo(p)}`,
  package: (p) =>
    `${words(p.action)} package ${p.package.name} ${p.package.package_version?.version ?? ""}`,
  page_build: (p) => `: site of ${repo(p)}: ${words(p.build.status)}`,
  ping: (p) => `set up webhook ${p.hook_id}`,
  project: (p) =>
    `${words(p.action)} ${numbered("project", { ...p.project, title: p.project.name })}`,
  project_card: (p) =>
    `${words(p.action)} project card ${p.project_card.id} ${quoted(lead(p.project_card.note))}`,
  project_column: (p) => `${words(p.action)} project column ${quoted(p.project_column.name)}`,
  projects_v2_item: (p) =>
    `${words(p.action)} project item ${p.projects_v2_item.id} (${p.projects_v2_item.content_type})`,
  public: (p) => `made ${repo(p)} public`,
  pull_request: onPullRequest,
  pull_request_review: onReview,
  pull_request_review_comment: (p) => onComment(p, numbered("pull request", p.pull_request)),
  pull_request_review_thread: (p) =>
    `${words(p.action)} a thread in ${numbered("pull request", p.pull_request)}`,
  push: onPush,
  release: (p) =>
    `${words(p.action)} release ${p.release.name || p.release.tag_name} of ${repo(p)}`,
  repository: (p) => `${words(p.action)} repository ${repo(p)}`,
  repository_dispatch: (p) => `sent ${quoted(p.action)} to ${branch(p.branch)} of ${repo(p)}`,
  repository_import: (p) => `: import of ${repo(p)}: ${words(p.status)}`,
  repository_vulnerability_alert: (p) =>
    `${words(p.action)} vulnerability alert for ${p.alert.affected_package_name} in ${repo(p)}`,
  security_advisory: (p) => `: ${words(p.action)}: ${p.security_advisory.summary}`,
  sponsorship: (p) =>
    `${words(p.action)} sponsorship of ${p.sponsorship.sponsorable.login}, ${p.sponsorship.tier.name}`,
  star: (p) => `${p.action === "deleted" ? "took the star from" : "starred"} ${repo(p)}`,
  status: (p) => `: ${p.context} on ${short(p.sha)} of ${repo(p)}: ${words(p.state)}`,
  team: onTeam,
  team_add: (p) => `added team ${p.team.name} to ${repo(p)}`,
  watch: (p) => `watches ${repo(p)}`,
  workflow_dispatch: (p) => `started ${p.workflow} on ${branch(p.ref)}`,
  workflow_job: (p) => run("job", p.workflow_job),
  workflow_run: (p) => run("workflow", p.workflow_run),
};
