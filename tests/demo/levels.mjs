// How much an event asks for attention: by what it means, not by its name.

const WENT_WRONG = new Set([
  "failure",
  "failed",
  "error",
  "errored",
  "timed_out",
  "startup_failure",
]);
const WENT_WELL = new Set(["success", "built", "complete"]);
const NEEDS_A_LOOK = new Set([
  "action_required",
  "cancelled",
  "stale",
  "waiting",
  "changes_requested",
]);
const SEVERE = new Set(["high", "critical", "error"]);

/** Where an event says how something ended. */
const outcomes = (p) => [
  p.check_run?.conclusion,
  p.check_suite?.conclusion,
  p.workflow_job?.conclusion ?? p.workflow_job?.status,
  // A deployment names the workflow that it belongs to; that one's state is another event.
  p.deployment ? undefined : (p.workflow_run?.conclusion ?? p.workflow_run?.status),
  p.deployment_status?.state,
  p.build?.status,
  p.review?.state,
  typeof p.state === "string" ? p.state : undefined, // of a commit status
  p.status, // of an import
];

const severity = (p) =>
  p.security_advisory?.severity ??
  p.alert?.security_advisory?.severity ??
  p.alert?.rule?.severity ??
  p.alert?.severity;

const GOOD_NEWS = new Set([
  "code_scanning_alert.fixed",
  "dependabot_alert.fixed",
  "discussion.answered",
  "issues.closed",
  "milestone.closed",
  "package.published",
  "pull_request_review_thread.resolved",
  "release.published",
  "release.released",
  "sponsorship.created",
]);

const WORTH_A_LOOK = new Set([
  "branch_protection_rule.deleted",
  "deployment_review.requested",
  "github_app_authorization.revoked",
  "installation.deleted",
  "installation.suspend",
  "marketplace_purchase.cancelled",
  "meta.deleted",
  "org_block.blocked",
  "repository.deleted",
  "repository.publicized",
]);

const ALARMS = new Set([
  "code_scanning_alert",
  "dependabot_alert",
  "repository_vulnerability_alert",
  "security_advisory",
]);
const ALL_CLEAR = new Set([
  "closed_by_user",
  "dismiss",
  "dismissed",
  "resolve",
  "withdrawn",
  "updated",
]);

export function level(event, p) {
  const name = `${event}.${p.action}`;
  const found = outcomes(p);
  if (found.some((outcome) => WENT_WRONG.has(outcome))) return "error";
  if (
    GOOD_NEWS.has(name) ||
    (event === "pull_request" && p.action === "closed" && p.pull_request.merged)
  ) {
    return "success";
  }
  if (ALARMS.has(event) && !ALL_CLEAR.has(p.action))
    return SEVERE.has(severity(p)) ? "error" : "warning";
  if (WORTH_A_LOOK.has(name) || found.some((outcome) => NEEDS_A_LOOK.has(outcome)))
    return "warning";
  if (event === "pull_request_review" && p.review.state === "approved") return "success";
  return found.some((outcome) => WENT_WELL.has(outcome)) ? "success" : "info";
}
