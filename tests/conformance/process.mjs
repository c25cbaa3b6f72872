// A client in a process of its own: what it told, each line with its time.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";

const here = (...path) => join(import.meta.dirname, ...path);

/** Node 20 has WebSockets for who asks for them. */
const SOCKETS = globalThis.WebSocket === undefined ? ["--experimental-websocket"] : [];

/** A client in a loop is found out, and does not fill the memory. */
const MOST_LINES = 20_000;
const MOST_SAID_CHARS = 4_000;

export class SubjectProcess {
  lines = [];
  said = "";
  #child;
  #host;

  constructor(subject, { url, token, user, tools }) {
    const { host, file, options } = subject;
    this.#host = host;
    const module = subject.ours
      ? join(tools.built.dir, `${file}.js`)
      : here("subjects", `${file}.mjs`);
    const kit = { name: file, module, url, token, user, browser: tools.browser, ...options };
    const [command, ...args] = {
      node: [process.execPath, ...SOCKETS, here("hosts/node.mjs")],
      chromium: [process.execPath, here("hosts/chromium.mjs")],
      python: [tools.python, here("subjects", `${file}.py`)],
    }[host];
    const env = { ...process.env, CONFORMANCE_SUBJECT: JSON.stringify(kit) };
    this.#child = spawn(command, args, { env });
    this.#child.once("error", (error) => (this.said += error));
    this.#child.stdin.on("error", () => {}); // it may have ended by itself: what it told says the rest
    this.#child.stderr.setEncoding("utf8").on("data", (text) => {
      this.said = (this.said + text).slice(-MOST_SAID_CHARS);
    });
    this.#child.once("exit", () => this.#told({ gaveUp: "ended" }));
    createInterface({ input: this.#child.stdout }).on("line", (line) =>
      this.#told(JSON.parse(line)),
    );
  }

  #told(line) {
    if (this.lines.length < MOST_LINES) this.lines.push({ at: performance.now(), ...line });
  }

  tell(command) {
    this.#child.stdin.write(`${JSON.stringify({ do: command })}\n`);
  }

  /** It does nothing at all any more, as a laptop whose lid is closed. */
  freeze() {
    if (this.#host === "chromium") this.tell("freeze");
    else this.#child.kill("SIGSTOP");
  }

  thaw() {
    if (this.#host === "chromium") this.tell("thaw");
    else this.#child.kill("SIGCONT");
  }

  /** Resolves when it is over. It is given a moment to close what it has open. */
  async end() {
    this.#child.removeAllListeners("exit");
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const over = once(this.#child, "exit");
    this.#child.kill("SIGCONT");
    this.#child.stdin.end();
    const late = setTimeout(() => this.#child.kill("SIGKILL"), 3_000);
    await over;
    clearTimeout(late);
  }
}
