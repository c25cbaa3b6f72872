// Runs schemathesis as one caller against a server, and reads what came of it.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { finished } from "../support/child.mjs";
import { onEnd } from "../support/cleanup.mjs";
import { seed } from "./seed.mjs";

const METHODS = ["get", "put", "post", "delete", "patch"];

/** `program` is that of schemathesis. Resolves with how many requests it sent, what was answered, and what failed. */
export async function ask(t, server, caller, program) {
  const dir = await mkdtemp(join(tmpdir(), "tidings-contract-"));
  onEnd(t, () => rm(dir, { recursive: true, force: true }));
  const [world, tally, report] = ["world", "tally", "report"].map((name) => join(dir, `${name}.json`));
  await writeFile(world, JSON.stringify(await seed(server, caller)));

  const args = ["run", `${server.url}/openapi.json`, "--no-color", "--report-json-path", report];
  // Whoever shows nothing also shows what was made up.
  if (caller === "nobody") args.push("--generation-with-security-parameters", "true");
  const env = {
    PATH: process.env.PATH,
    HOME: dir,
    PYTHONHASHSEED: "0",
    PYTHONDONTWRITEBYTECODE: "1",
    CONTRACT_WORLD: world,
    CONTRACT_TALLY: tally,
  };
  const child = spawn(program, args, { cwd: import.meta.dirname, env });
  onEnd(t, () => child.kill("SIGKILL"));
  const { code, stdout, stderr } = await finished(child);
  const output = `${stdout}${stderr}`;

  const read = async (file) => JSON.parse(await readFile(file, "utf8"));
  const written = Promise.all([read(tally), read(report)]);
  const [{ answers, excused }, { failures, errors }] = await written.catch(() => assert.fail(output));
  return {
    code,
    output,
    answers,
    excused,
    operations: await operations(server),
    requests: Object.values(answers).reduce((all, number) => all + number, 0),
    failures: count(failures) + count(errors),
  };
}

const count = (groups) => groups.reduce((all, group) => all + group.count, 0);

/** `GET /healthz 200` is an answer to `GET /healthz`. */
export const operationOf = (answer) => answer.split(" ").slice(0, 2).join(" ");

/** All that the document has. */
async function operations(server) {
  const { paths } = await (await fetch(`${server.url}/openapi.json`)).json();
  const there = (item) => METHODS.filter((method) => item[method]);
  const of = ([path, item]) => there(item).map((method) => `${method.toUpperCase()} ${path}`);
  return Object.entries(paths).flatMap(of);
}
