// Runs a client in Node, as a child process of the kit: see docs/conformance.md for what goes in and out.

import { createInterface } from "node:readline";

const { module, ...kit } = JSON.parse(process.env.CONFORMANCE_SUBJECT);
const tell = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

const { start } = await import(module);
const client = start({ ...kit, tell });

const commands = createInterface({ input: process.stdin });
commands.on("line", (line) => client[JSON.parse(line).do]?.());
commands.once("close", () => process.exit());
