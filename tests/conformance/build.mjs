// Builds the clients, once for a run.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { finished } from "../support/child.mjs";

const WEB = resolve(import.meta.dirname, "../../web");

/** Resolves with `{ dir, files, dispose }`; `files` are for pages. */
export async function buildSubjects() {
  const dir = await mkdtemp(join(tmpdir(), "tidings-conformance-"));
  const vite = join(WEB, "node_modules/vite/bin/vite.js");
  const config = join(import.meta.dirname, "vite.config.mjs");
  const args = [vite, "build", "--config", config, "--outDir", dir, "--logLevel", "error"];
  const { code, stdout, stderr } = await finished(spawn(process.execPath, args, { cwd: WEB }));
  assert.equal(code, 0, `${stdout}${stderr}`);
  const files = await Promise.all(
    (await readdir(dir)).map(async (name) => [name, await readFile(join(dir, name))]),
  );
  return { dir, files, dispose: () => rm(dir, { recursive: true, force: true }) };
}
