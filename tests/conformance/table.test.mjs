// The document says what the code does.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { SCENARIOS } from "./scenarios.mjs";
import { SUBJECTS } from "./subjects.mjs";
import { between, details, scenarioList, table } from "./table.mjs";

const DOCUMENT = join(import.meta.dirname, "../../docs/conformance.md");

test("the document has each scenario, as it is", async () => {
  const text = await readFile(DOCUMENT, "utf8");
  assert.equal(between(text, "scenarios"), scenarioList(SCENARIOS));
});

test("names are names of one thing", () => {
  for (const all of [SCENARIOS, SUBJECTS]) {
    assert.equal(new Set(all.map(({ name }) => name)).size, all.length);
  }
});

test("a table in the order of the lists, with what failed", () => {
  const subjects = [{ name: "one" }, { name: "two" }];
  const scenarios = [{ name: "peace" }, { name: "war" }];
  const result = (subject, scenario, ...wrong) => ({ subject, scenario, wrong });
  const results = [
    result(subjects[1], scenarios[1], "lost: 1 of 3", "lost: more", "silent: long"),
    result(subjects[1], scenarios[0]),
    result(subjects[0], scenarios[1]),
  ];
  assert.equal(
    table(results, subjects, scenarios),
    `| | one | two |
| --- | --- | --- |
| peace |  | ✓ |
| war | ✓ | lost, silent |
| passed | 1 of 1 | 1 of 2 |`,
  );
  assert.equal(
    details(results, subjects, scenarios),
    "\n**two**\n\n- *war*: lost: 1 of 3; lost: more; silent: long",
  );
});

test("only what is between the marks is replaced", () => {
  const text = "a\n<!-- begin of x -->\nold\n<!-- end of x -->\nb\n";
  assert.equal(between(text, "x"), "old");
  assert.equal(
    between(text, "x", "new"),
    "a\n<!-- begin of x -->\n\nnew\n\n<!-- end of x -->\nb\n",
  );
  assert.throws(() => between(text, "y"));
});
