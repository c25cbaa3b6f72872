// What came of the runs, as a table: printed, and put between marks into a document.

import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { promisify } from "node:util";

const marks = (name) => [`<!-- begin of ${name} -->`, `<!-- end of ${name} -->`];

const unique = (values) => [...new Set(values)];

/** The order of the table is that of the lists, and not of the runs. */
export function table(results, subjects, scenarios) {
  const ran = (key, all) => all.filter((one) => results.some((result) => result[key] === one));
  const columns = ran("subject", subjects);
  const rows = ran("scenario", scenarios).map((scenario) => {
    const cells = columns.map((subject) => {
      const result = results.find((one) => one.scenario === scenario && one.subject === subject);
      if (result === undefined) return "";
      return result.wrong.length === 0 ? "✓" : unique(result.wrong.map(inShort)).join(", ");
    });
    return `| ${scenario.name} | ${cells.join(" | ")} |`;
  });
  const totals = columns.map((subject) => {
    const of = results.filter((one) => one.subject === subject);
    return `${of.filter(({ wrong }) => wrong.length === 0).length} of ${of.length}`;
  });
  return [
    `| | ${columns.map(({ name }) => name).join(" | ")} |`,
    `| --- |${columns.map(() => " --- |").join("")}`,
    ...rows,
    `| passed | ${totals.join(" | ")} |`,
  ].join("\n");
}

/** "lost: 1 of 3" is "lost". */
const inShort = (wrong) => wrong.split(":")[0];

/** What went wrong in full, for each client that fails anything. */
export function details(results, subjects, scenarios) {
  return subjects
    .flatMap((subject) => {
      const failed = scenarios.flatMap((scenario) => {
        const result = results.find((one) => one.scenario === scenario && one.subject === subject);
        return result?.wrong.length > 0 ? [`- *${scenario.name}*: ${result.wrong.join("; ")}`] : [];
      });
      return failed.length === 0 ? [] : [`\n**${subject.name}**\n`, ...failed];
    })
    .join("\n");
}

/** What there is, for who reads the document. */
export function scenarioList(scenarios) {
  const ways = ({ by }) => (by.length === 3 ? "" : by.join(", "));
  const rows = scenarios.map((one) => `| ${one.name} | ${one.what} | ${ways(one)} |`);
  return ["| scenario | what happens | only by |", "| --- | --- | --- |", ...rows].join("\n");
}

/** What stands between the marks of a name. */
export function between(text, name, replaced) {
  const [begin, end] = marks(name);
  const [from, to] = [text.indexOf(begin) + begin.length, text.indexOf(end)];
  if (from < begin.length || to < from) throw new Error(`there is no place for ${name}`);
  if (replaced === undefined) return text.slice(from, to).trim();
  return `${text.slice(0, from)}\n\n${replaced.trim()}\n\n${text.slice(to)}`;
}

/** Writes it into a document, and what each scenario is. */
export async function document(file, { results, subjects, scenarios, tools, seed }) {
  const ran = subjects.filter((one) => results.some(({ subject }) => subject === one));
  const said = await Promise.all(ran.map((subject) => versionOf(subject, tools)));
  const day = new Date().toISOString().slice(0, 10);
  const intro = `${day}, ${results.length} runs, seed ${seed}; ${unique(said).join(", ")}; Node ${process.versions.node}.`;
  const parts = [intro, table(results, subjects, scenarios), details(results, subjects, scenarios)];
  const text = between(await readFile(file, "utf8"), "results", parts.join("\n\n"));
  await writeFile(file, between(text, "scenarios", scenarioList(scenarios)));
}

async function versionOf({ name, ours, host, package: named }, tools) {
  if (named === null) return `Chromium ${tools.chromium}`;
  if (host === "python") {
    const { stdout } = await promisify(execFile)(tools.python, ["-m", "pip", "show", name]);
    return `${name} ${/^Version: (.*)$/m.exec(stdout)?.[1]}`;
  }
  const folder = ours ? "../../web/client" : `../node_modules/${name}`;
  const about = await readFile(new URL(`${folder}/package.json`, import.meta.url), "utf8");
  const { name: called, version } = JSON.parse(about);
  return `${called} ${version}`;
}
