// A browser as people have it. The one of the other tests holds every page to be looked at, and keeps none to come
// back to: so nothing in it is ever hidden, slowed down, stopped in the background or put aside.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { onEnd } from "../support/cleanup.mjs";
import { ARGS, EXECUTABLE, watch } from "./browser.mjs";

const running = new Set();
process.on("exit", () => running.forEach(killAll));

/** The browser and its pages' processes, which are a group of their own. */
function killAll({ pid }) {
  try {
    process.kill(-pid, "SIGKILL");
  } catch (error) {
    if (error.code !== "ESRCH") throw error;
  }
}

/** A browser with one window and one profile. Resolves with its context, as `newProfile` does. */
export async function newPlainProfile(t, { allow = [] } = {}) {
  const dir = await mkdtemp(join(tmpdir(), "tidings-profile-"));
  const args = [...ARGS, `--user-data-dir=${dir}`, "--remote-debugging-port=0", "about:blank"];
  const child = spawn(EXECUTABLE, args, { detached: true, stdio: ["ignore", "ignore", "pipe"] });
  running.add(child);
  const over = once(child, "exit");
  const end = async () => {
    killAll(child);
    running.delete(child);
    await over;
    await rm(dir, { recursive: true, force: true, maxRetries: 10 });
  };
  try {
    const browser = await chromium.connectOverCDP(await address(child), { noDefaults: true });
    const [context] = browser.contexts();
    const close = async () => {
      await browser.close();
      await end();
    };
    await watch(t, context, { allow, close });
    return context;
  } catch (error) {
    onEnd(t, end);
    throw error;
  }
}

/** Where it listens, as it says itself. */
async function address(child) {
  let said = "";
  for await (const text of child.stderr.setEncoding("utf8").iterator({ destroyOnReturn: false })) {
    said += text;
    const found = /DevTools listening on (ws:\S+)/.exec(said);
    if (found) {
      child.stderr.resume(); // a pipe that is full would stop it
      return found[1];
    }
  }
  throw new Error(`the browser did not start: ${said}`);
}
