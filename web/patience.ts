// Before the tests of each file. What they wait for may take long on a busy machine, and Vitest has no setting for how
// long `vi.waitFor` does: a second, if a test says nothing.

import { vi } from "vitest";

/** Less than a test may take (`vite.config.ts`), so that a failure says what was waited for. */
const PATIENCE_MS = 15_000;

const { waitFor } = vi;
vi.waitFor = (look, options = {}) =>
  waitFor(look, typeof options === "number" ? options : { timeout: PATIENCE_MS, ...options });
