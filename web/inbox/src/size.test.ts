// @vitest-environment node
// What a host's page has to load: the script with the client in it, and, when the bell is opened or something arrives,
// the rest.

import { gzipSync } from "node:zlib";
import { build } from "vite";
import { expect, it } from "vitest";

/** For the connection, the tabs, offline, the bell and its badge. */
const SCRIPT_BUDGET = 15 * 1024;
/** For the panel and the toasts, in both languages. */
const PANEL_BUDGET = 10.5 * 1024;

async function script(mode: string): Promise<string> {
  const output = await build({
    mode,
    configFile: new URL("../vite.script.config.ts", import.meta.url).pathname,
    logLevel: "silent",
    build: { write: false },
  });
  const [first] = [output].flat();
  if (first === undefined || !("output" in first)) throw new Error("no bundle");
  expect(first.output).toHaveLength(1);
  return first.output.map((part) => ("code" in part ? part.code : "")).join("");
}

const gzipped = (code: string) => gzipSync(code, { level: 9 }).length;

it("is small", async () => {
  const [first, panel] = [await script("production"), await script("panel")];
  console.info(`${gzipped(first)} bytes, and ${gzipped(panel)} with the first use`);
  expect(gzipped(first)).toBeLessThanOrEqual(SCRIPT_BUDGET);
  expect(gzipped(panel)).toBeLessThanOrEqual(PANEL_BUDGET);
});

it("needs no leave of a policy for markup, styles or code from text", async () => {
  for (const mode of ["production", "panel"]) {
    const code = await script(mode);
    for (const forbidden of [
      "innerHTML",
      "insertAdjacentHTML",
      "eval(",
      "new Function",
      "<style",
    ]) {
      expect(code).not.toContain(forbidden);
    }
  }
});
