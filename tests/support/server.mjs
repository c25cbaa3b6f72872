// A real server in a process of its own: a fresh directory, a free loopback port, ended by its pid.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { finished } from "./child.mjs";
import { onEnd } from "./cleanup.mjs";
import { freePort } from "./ports.mjs";
import { mintToken } from "./token.mjs";
import { until } from "./wait.mjs";

export const BINARY = resolve(
  process.env.TIDINGS_BIN ?? join(import.meta.dirname, "../../target/debug/tidings"),
);

/** So much of the server's log is kept to explain a failure. */
const MAX_LOG_CHARS = 20_000;

const running = new Set();

// Whatever way this process ends, no server outlives it.
process.on("exit", () => running.forEach((child) => child.kill("SIGKILL")));
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));

export class Server {
  #child = null;

  constructor(dir, port, settings) {
    this.dir = dir;
    this.url = `http://127.0.0.1:${port}`;
    // Nodes of one installation have one.
    this.secret = settings.TIDINGS_JWT_SECRET ?? randomBytes(32).toString("hex");
    this.log = "";
    // Nothing of the caller's own TIDINGS_* settings, nor of a .env, may reach it.
    this.env = {
      PATH: process.env.PATH,
      HOME: dir,
      TIDINGS_LISTEN: `127.0.0.1:${port}`,
      TIDINGS_DATABASE_URL: `sqlite://${join(dir, "log.db")}`,
      TIDINGS_JWT_SECRET: this.secret,
      ...settings,
    };
  }

  token(sub, role = "user") {
    return mintToken(this.secret, { sub, role });
  }

  /** Starts it (again: same directory, same port) and waits until it is ready. */
  async start() {
    assert.equal(this.#child, null, "already running");
    const child = spawn(BINARY, ["serve"], { cwd: this.dir, env: this.env });
    this.#child = child;
    running.add(child);
    child.once("exit", () => running.delete(child));
    child.once("error", (error) => (this.log += `${error}\n`));
    for (const output of [child.stdout, child.stderr]) {
      output.setEncoding("utf8").on("data", (text) => {
        this.log = (this.log + text).slice(-MAX_LOG_CHARS);
      });
    }
    const ready = () => fetch(`${this.url}/readyz`).then((answer) => answer.status === 200);
    const ended = () => child.exitCode !== null || child.signalCode !== null || !child.pid;
    await until(`the server is ready, or over`, () => ended() || ready().catch(() => false));
    assert.ok(!ended(), `the server ended at once:\n${this.log}`);
  }

  /** kill -9: no goodbye, no flush. */
  async kill() {
    await this.#end("SIGKILL");
  }

  /** Asks it to stop. Resolves with its exit code. */
  async stop() {
    return this.#end("SIGTERM");
  }

  async #end(signal) {
    const child = this.#child;
    assert.ok(child, "not running");
    this.#child = null;
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
    const over = once(child, "exit");
    child.kill(signal);
    const [code] = await over;
    return code;
  }

  /** Runs a subcommand of the same binary against the same database. */
  async command(args, input = "") {
    const { code, stdout, stderr } = await finished(
      spawn(BINARY, args, { cwd: this.dir, env: this.env }),
      input,
    );
    assert.equal(code, 0, `tidings ${args.join(" ")} failed:\n${stdout}${stderr}`);
    return stdout.trim();
  }

  /** A built-in account, for the sign-in page. */
  async addUser(name, password, role = "user") {
    await this.command(["user", "add", name, "--role", role, "--stdin"], `${password}\n`);
  }

  async dispose() {
    if (this.#child) await this.kill();
    await rm(this.dir, { recursive: true, force: true });
  }
}

/** A server of this test's own, gone when the test is over. It is not started yet. */
export async function newServer(t, settings = {}) {
  const dir = await mkdtemp(join(tmpdir(), "tidings-test-"));
  const server = new Server(dir, await freePort(), settings);
  onEnd(t, () => server.dispose());
  return server;
}
