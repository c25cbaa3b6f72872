// A stock client in a process of its own, and what it has read so far.

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { onEnd } from "../support/cleanup.mjs";
import { until } from "../support/wait.mjs";

export class Reader {
  lines = [];
  #said = "";

  constructor(t, command, args) {
    this.child = spawn(command, args);
    createInterface({ input: this.child.stdout }).on("line", (line) =>
      this.lines.push(JSON.parse(line)),
    );
    this.child.stderr.setEncoding("utf8").on("data", (text) => (this.#said += text));
    this.child.once("error", (error) => (this.#said += error));
    onEnd(t, () => this.child.kill("SIGKILL"));
  }

  count(event) {
    return this.lines.filter((line) => line.event === event).length;
  }

  /** Everything that has a place in the log, as it came. */
  get entries() {
    return this.lines.filter((line) => line.data?.seq !== undefined);
  }

  async until(what, probe) {
    try {
      return await until(what, () => {
        if (this.child.exitCode !== null) throw new Error("the client has ended");
        return probe(this);
      });
    } catch (error) {
      const events = this.lines.map((line) => line.event).join(" ");
      throw new Error(`${error.message}\nread: ${events}\nsaid: ${this.#said}`, { cause: error });
    }
  }
}
