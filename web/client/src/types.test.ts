// @vitest-environment node
// What is published says its types to whoever resolves as Node does, too.

import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";

const WEB = new URL("../..", import.meta.url).pathname;

const CONSUMER = `
import { connect, longPoll, sse, type Client, type State } from "@tidings/client";
import { openInbox, type View } from "@tidings/client/offline";
import { serve, tabs } from "@tidings/client/tabs";

export const client: Client = connect({
  user: "alice",
  token: async (refresh: boolean) => (refresh ? null : undefined),
  transports: [sse(), longPoll()],
  storage: localStorage,
  tabs: tabs(),
  state: ({ is, until }: State) => console.log(is satisfies string, until satisfies number | undefined),
  event: ({ id }, live) => console.log(id satisfies string | undefined, live satisfies boolean),
});
export const view = async (): Promise<View> =>
  (await openInbox({ user: "alice", changed: ({ pending }) => console.log(pending satisfies number) })).view;
// @ts-expect-error: these are types, and not whatever one likes
serve({ transports: "sse" });
`;

it("is typed for a package of modules, without a bundler", { timeout: 120_000 }, () => {
  const host = mkdtempSync(join(tmpdir(), "consumer-"));
  const run = (...command: string[]): string => {
    try {
      return execFileSync(process.execPath, command, { cwd: host, encoding: "utf8" });
    } catch (error) {
      return (error as { stdout: string }).stdout;
    }
  };
  const tsc = join(WEB, "node_modules/typescript/bin/tsc");
  const installed = join(host, "node_modules/@tidings/client");
  const types = join(installed, "dist/types");
  try {
    mkdirSync(installed, { recursive: true });
    cpSync(join(WEB, "client/package.json"), join(installed, "package.json"));
    const project = join(WEB, "client/tsconfig.build.json");
    expect(run(tsc, "--project", project, "--outDir", types)).toBe("");
    run(join(WEB, "declarations.mjs"), types);
    writeFileSync(join(host, "package.json"), '{ "type": "module" }');
    writeFileSync(join(host, "consumer.ts"), CONSUMER);
    const options = ["--noEmit", "--strict", "--module", "nodenext", "--target", "es2022"];
    const lib = ["--lib", "es2023,dom,dom.iterable"];
    expect(run(tsc, ...options, ...lib, "consumer.ts")).toBe("");
  } finally {
    rmSync(host, { recursive: true });
  }
});
