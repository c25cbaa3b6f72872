// Our client passes every scenario, in Node; and the kit is seen to fail those that must fail.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { newTools, pairs, run } from "./runs.mjs";
import { SCENARIOS, scenario } from "./scenarios.mjs";
import { SUBJECTS, subject } from "./subjects.mjs";

const SEED = 1;

const quick = SUBJECTS.filter(({ ours, host }) => ours && host === "node");

/** A client that is dumb in a known way, and what the judge must say of it. */
const MUST_FAIL = [
  ["eventsource", "lost", /^lost: 1 of \d$/],
  ["eventsource", "twice", /^twice: 1$/],
  ["eventsource", "502", /^gave up/],
];

const undo = [];
const t = { after: (step) => undo.push(step) };
let context;
before(async () => {
  context = { ...(await newTools(t, quick)), seed: SEED };
});
after(async () => {
  while (undo.length > 0) await undo.pop()();
});

// Many at once: nearly all of the time a run waits.
describe("conformance", { concurrency: 16 }, () => {
  for (const one of pairs(SCENARIOS, quick, { has: ["webSocket"] })) {
    test(`${one.subject.name}: ${one.scenario.name}`, async (t) => {
      const { needs } = one.subject;
      if (needs !== undefined && !context.tools.has.includes(needs)) return t.skip(`no ${needs}`);
      const { wrong, steps, said, error } = await run(one, context);
      assert.deepEqual(wrong, [], [...steps, said, error?.stack].join("\n"));
    });
  }

  for (const [who, what, how] of MUST_FAIL) {
    test(`${who} fails: ${what}`, async () => {
      const { wrong } = await run(
        { subject: subject(who), scenario: scenario(what) },
        { ...context, restMs: 5_000 },
      );
      assert.ok(
        wrong.some((words) => how.test(words)),
        `found: ${wrong.join("; ") || "nothing"}`,
      );
    });
  }
});
