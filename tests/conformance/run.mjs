// Runs scenarios with clients, and prints a table of what came of it.
//
// node conformance/run.mjs [--subjects "sse,native"] [--scenarios "cut,stall"] [--seed 1] [--at-once 10] [--verbose] [--document FILE]

import { inspect, parseArgs } from "node:util";
import { AT_ONCE, newTools, pairs, runAll } from "./runs.mjs";
import { SCENARIOS } from "./scenarios.mjs";
import { SUBJECTS } from "./subjects.mjs";
import { document, table } from "./table.mjs";

const { values } = parseArgs({
  options: {
    subjects: { type: "string", default: "" },
    scenarios: { type: "string", default: "" },
    seed: { type: "string", default: "1" },
    "at-once": { type: "string", default: `${AT_ONCE}` },
    document: { type: "string" },
    verbose: { type: "boolean", default: false },
  },
});

/** Those whose name has one of the words in it. */
const chosen = (all, words) =>
  all.filter(({ name }) => words.split(",").some((word) => name.includes(word.trim())));

/** What the client told and tried, in the order of time. */
function story({ lines = [], tries = [] }) {
  const told = lines.map(({ at, ...line }) => ({ at, text: JSON.stringify(line) }));
  const tried = tries.flatMap(({ at, endedAt, path, fault, outcome, asked, askedBy }) => [
    { at, text: `-> ${path}` },
    {
      at: endedAt ?? Infinity,
      text: `<- ${path.slice(0, 40)} ${fault ?? ""} ${outcome} ${askedBy ?? ""} ${asked ?? ""}`,
    },
  ]);
  return [...told, ...tried]
    .sort((one, other) => one.at - other.at)
    .map(({ at, text }) => `    ${(at / 1000).toFixed(3)} ${text}`);
}

const undo = [];
const t = { after: (step) => undo.push(step) };
try {
  const subjects = chosen(SUBJECTS, values.subjects);
  const { server, tools } = await newTools(t, subjects);
  const scenarios = chosen(SCENARIOS, values.scenarios);
  const them = pairs(scenarios, subjects, tools);
  const results = [];
  const began = performance.now();
  const done = (result) => {
    results.push(result);
    const { scenario, subject, wrong, ms, steps, said } = result;
    const verdict = wrong.length === 0 ? "passed" : wrong.join("; ");
    console.log(
      `${results.length}/${them.length} ${subject.name}, ${scenario.name}: ${verdict} (${(ms / 1000).toFixed(1)} s)`,
    );
    if (values.verbose) console.log(inspect({ steps, done: result.done, said }, { depth: 4 }));
    if (values.verbose && wrong.length > 0) console.log(story(result).join("\n"));
  };
  const { seed } = values;
  await runAll(them, { server, tools, seed: Number(seed) }, done, Number(values["at-once"]));
  console.log(`\n${table(results, subjects, scenarios)}\n`);
  console.log(`${results.length} runs in ${Math.round((performance.now() - began) / 1000)} s`);
  if (values.document) {
    await document(values.document, { results, subjects, scenarios, tools, seed });
  }
  const failed = results.filter(
    ({ subject: { ours, known }, scenario, wrong }) =>
      ours && wrong.length > 0 && !known.includes(scenario.name),
  );
  if (failed.length > 0) process.exitCode = 1;
} finally {
  while (undo.length > 0) await undo.pop()();
}
