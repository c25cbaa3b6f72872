// Every recorded payload becomes a draft that the server takes, made of its own words.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { toDraft } from "./map.mjs";
import { eventNames, payloads } from "./payloads.mjs";
import { body, firstLink, line } from "./text.mjs";
import { titles } from "./titles.mjs";

const draftsOf = (event, which = () => true) =>
  payloads.filter((one) => one.event === event && which(one.payload)).map(toDraft);

test("every event name has a sentence of its own, and no sentence lacks an event", () => {
  assert.deepEqual(Object.keys(titles).sort(), [...eventNames].sort());
});

describe(`each of the ${payloads.length} payloads of ${eventNames.length} events`, () => {
  for (const event of eventNames) {
    test(event, () => {
      const mine = payloads.filter((one) => one.event === event);
      assert.ok(mine.length > 0);
      mine.forEach(holdsUp);
    });
  }
});

function holdsUp(recorded) {
  const before = JSON.stringify(recorded);
  const draft = toDraft(recorded);
  assert.equal(JSON.stringify(recorded), before, "the payload is left alone");
  assert.deepEqual(toDraft(recorded), draft, "the same payload, the same draft");

  assert.ok([...draft.title].length <= 200, draft.title);
  assert.match(draft.title, /^[^\p{Cc}\u2028\u2029]+$/u);
  assert.doesNotMatch(draft.title, /undefined|null|NaN|\[object|  /);
  if (recorded.payload.sender) assert.ok(draft.title.startsWith(recorded.payload.sender.login));

  assert.ok(["info", "success", "warning", "error"].includes(draft.level));
  assert.match(draft.link, /^https?:\/\//);
  assert.equal(draft.actor?.name, recorded.payload.sender?.login);
  assert.equal(draft.category, recorded.event);
  assert.equal(draft.data.delivery, recorded.delivery);
  if (draft.body === undefined) return;
  assert.ok(Buffer.byteLength(draft.body) <= 8192);
  const words = draft.body.replace(/…$/, "");
  assert.ok(
    textsIn(recorded.payload).some((text) => words.includes(text) || text.startsWith(words)),
  );
}

/** Every text of the payload that could have become a body. */
function textsIn(value) {
  if (typeof value === "string") return value.trim() === "" ? [] : [value];
  return value && typeof value === "object" ? Object.values(value).flatMap(textsIn) : [];
}

test("the title says who did what to which", () => {
  const [opened] = draftsOf("issues", (p) => p.action === "opened");
  assert.match(opened.title, /^\S+ opened issue #\d+: \S/);
  const [merged] = draftsOf("pull_request", (p) => p.pull_request.merged);
  if (merged) assert.match(merged.title, / merged pull request #\d+: /);
  for (const { title } of draftsOf("push", (p) => p.commits.length > 1)) {
    assert.match(title, / pushed \d+ commits to \S+ of /);
  }
});

test("the body is what somebody wrote", () => {
  for (const { event, payload, delivery } of payloads.filter(
    (one) => one.event === "issue_comment",
  )) {
    assert.equal(toDraft({ event, payload, delivery }).body, body(payload.comment.body));
  }
});

test("the level follows the outcome", () => {
  for (const { payload, ...rest } of payloads) {
    const ended = payload.check_run?.conclusion ?? payload.workflow_job?.conclusion;
    if (ended === "failure") assert.equal(toDraft({ payload, ...rest }).level, "error");
    if (ended === "success") assert.equal(toDraft({ payload, ...rest }).level, "success");
  }
  const levels = new Set(payloads.map((one) => toDraft(one).level));
  assert.deepEqual([...levels].sort(), ["error", "info", "success", "warning"]);
});

test("an event that is not known yet still says something", () => {
  const payload = {
    action: "raised",
    sender: { login: "octocat", html_url: "https://example.org/" },
  };
  const { title } = toDraft({ event: "flag", payload, delivery: "flag-1" });
  assert.equal(title, "octocat flag raised");
});

test("text is made to fit", () => {
  assert.equal(line("a\r\nb\u2028c\u202ed\0"), "a b c d");
  assert.equal([...line("😀".repeat(300))].length, 200);
  assert.equal(body("a\0b\u001b[1m\n\tc"), "ab[1m\n\tc");
  assert.equal(body(" \0\n"), undefined);
  assert.equal(body(null), undefined);
  for (let shift = 0; shift < 4; shift += 1) {
    const fitted = body("x".repeat(shift) + "😀".repeat(3000));
    assert.ok(Buffer.byteLength(fitted) <= 8192 && Buffer.byteLength(fitted) > 8184);
    assert.match(fitted, /^x*(😀)+…$/u);
  }
  assert.equal(body("ß".repeat(4096)), "ß".repeat(4096), "what fits is not touched");
  assert.equal(
    firstLink("javascript:alert(1)", "https://u:p@h/", "//h", null, "http://h/a"),
    "http://h/a",
  );
});
