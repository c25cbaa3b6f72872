// The server does what its own OpenAPI document says: schemathesis reads the document and asks, as an admin, as a
// user, and as somebody who shows nothing.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { INSTALLING_MS, python } from "../support/python.mjs";
import { newServer } from "../support/server.mjs";
import { ask, operationOf } from "./run.mjs";

/** Nobody is slowed down: what is asked here is what is answered, not how often. */
const NO_LIMITS = {
  TIDINGS_RATE_PER_ADDRESS: "0",
  TIDINGS_RATE_PER_USER: "0",
  TIDINGS_LOGIN_PER_MINUTE: "0",
};

/** Fewer requests than this were no test: two thirds of what each caller sends. */
const FEWEST = 2000;

/** A caller takes half a minute alone on a core, and this long on a machine that has much else to do. */
const PATIENCE_MS = 900_000;

const CALLERS = 3;
const runs = [];
let program;

describe("the server and its document agree", { concurrency: 2, timeout: CALLERS * PATIENCE_MS }, () => {
  before(async () => (program = await python(import.meta.dirname, "schemathesis")), {
    timeout: INSTALLING_MS,
  });
  after(tell);
  const patient = { timeout: PATIENCE_MS };
  test("an admin is answered as the document says", patient, (t) => agree(t, "admin"));
  test("a user is answered as the document says", patient, (t) => agree(t, "user"));
  test("a stranger gets nothing but what is for everybody", patient, (t) => agree(t, "nobody"));
});

/** What asks does not speak WebSocket. It is told to, and tests of its own see what comes of that. */
const UPGRADES = "GET /api/v1/ws 426";

test("every operation of the document did what it is for", (t) => {
  if (runs.length < CALLERS) return t.skip("not all of them have asked");
  const answers = runs.flatMap((run) => Object.keys(run.answers));
  const did = (answer) => / 2..$/.test(answer) || answer === UPGRADES;
  const done = new Set(answers.filter(did).map(operationOf));
  assert.deepEqual(
    runs[0].operations.filter((operation) => !done.has(operation)),
    [],
    "operations that never succeeded",
  );
});

async function agree(t, caller) {
  const server = await newServer(t, NO_LIMITS);
  await server.start();
  const run = await ask(t, server, caller, program);
  runs.push(run);
  const excuses = Object.entries(run.excused).filter(([, times]) => times > 0);
  t.diagnostic(`${caller}: ${run.requests} requests tried, ${run.failures} failures`);
  for (const [rule, times] of excuses) t.diagnostic(`${caller}: excused ${times} times: ${rule}`);
  assert.equal(run.failures, 0, run.output);
  assert.equal(run.code, 0, run.output);
  assert.ok(run.requests >= FEWEST, `only ${run.requests} requests:\n${run.output}`);
  const asked = new Set(Object.keys(run.answers).map(operationOf));
  const never = run.operations.filter((operation) => !asked.has(operation));
  assert.deepEqual(never, [], "operations that were never asked");
}

/** What a reader of the output looks for. */
function tell() {
  const sum = (of) => runs.reduce((all, run) => all + run[of], 0);
  console.log(`schemathesis: ${sum("requests")} requests tried, ${sum("failures")} failures`);
  if (runs.length < CALLERS) return;
  const idle = Object.keys(runs[0].excused).filter((rule) => runs.every((run) => run.excused[rule] === 0));
  if (idle.length > 0) console.log(`rules.py excuses nothing by: ${idle.join("; ")}`);
}
