// Many runs at once, with one server, one browser and one build for all of them.

import { chromium } from "playwright-core";
import { ARGS, EXECUTABLE } from "../browser/browser.mjs";
import { python } from "../support/python.mjs";
import { newServer } from "../support/server.mjs";
import { buildSubjects } from "./build.mjs";
import { perform, SETTINGS } from "./world.mjs";

/** Most of a run is waiting: so many at once keep two cores from being idle, and let none be late. */
export const AT_ONCE = 12;

/** What runs need, for these subjects. `t` ends it: `t.after`. */
export async function newTools(t, subjects) {
  const built = await buildSubjects();
  t.after(() => built.dispose());
  const server = await newServer(t, SETTINGS);
  await server.start();
  const hosts = new Set(subjects.map(({ host }) => host));
  const tools = { built };
  if (hosts.has("chromium")) {
    const running = await chromium.launchServer({ executablePath: EXECUTABLE, args: ARGS });
    t.after(() => running.close());
    tools.browser = running.wsEndpoint();
    const browser = await chromium.connect(tools.browser);
    tools.chromium = browser.version();
    await browser.close();
  }
  if (hosts.has("python")) tools.python = await python(import.meta.dirname);
  const { HAS } = await import(`${built.dir}/tidings.js`);
  const { status } = await fetch(`${server.url}/api/v1/ws`);
  tools.has = HAS.filter((way) => way !== "webSocket" || status !== 404);
  return { server, tools };
}

/** All scenarios that make sense for a client, the longest first. */
export function pairs(scenarios, subjects, tools) {
  return subjects
    .filter(({ needs }) => needs === undefined || tools.has.includes(needs))
    .flatMap((subject) => {
      const fit = scenarios.filter(
        ({ by, name }) => by.includes(subject.by) && (subject.only?.includes(name) ?? true),
      );
      return fit.map((scenario) => ({ scenario, subject }));
    })
    .sort((one, other) => other.scenario.slow - one.scenario.slow);
}

/** One run. What it could not even begin is a failure, too. */
export async function run({ scenario, subject }, context) {
  const began = performance.now();
  const result = await perform(scenario, subject, context).catch((error) => ({
    wrong: [`did not come so far: ${error.message}`],
    steps: [],
    error,
  }));
  return { scenario, subject, ms: Math.round(performance.now() - began), ...result };
}

/** All of them, so many at once. `done` hears of each. */
export async function runAll(them, context, done = () => {}, atOnce = AT_ONCE) {
  const waiting = [...them];
  const worker = async () => {
    for (let next; (next = waiting.shift()) !== undefined;) done(await run(next, context));
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}
