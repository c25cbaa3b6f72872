// Python for tests that need it: each folder has an environment of its own, made when it is first needed.

import { execFile } from "node:child_process";
import { basename, join } from "node:path";
import { promisify } from "node:util";

/** More than a slow line and a busy machine take for what is pinned. */
export const INSTALLING_MS = 300_000;

/** Resolves with the path of a program of the folder's environment. */
export async function python(folder, program = "python") {
  await promisify(execFile)(join(import.meta.dirname, "venv.sh"), [basename(folder)]);
  return join(folder, ".venv/bin", program);
}
