// @vitest-environment node
// What a page has to load for it. A part that is not used must not be in the bundle.

import { gzipSync } from "node:zlib";
import { build } from "vite";
import { expect, it } from "vitest";

/** For `connect` with every transport. */
const BUDGET = 6 * 1024;
/** For what a host adds to that. */
const TABS_BUDGET = 2.25 * 1024;
const OFFLINE_BUDGET = 2_500;

const CORE = "connect, sse, eventSource, longPoll, webSocket";

async function bundled(...imports: string[]): Promise<string> {
  const source = imports
    .map((names, at) => {
      const [what, from = "index"] = names.split(" from ");
      return `import { ${what} } from "/src/${from}.ts"; globalThis.used${at} = [${what}];`;
    })
    .join("\n");
  const output = await build({
    root: new URL("..", import.meta.url).pathname,
    configFile: false,
    logLevel: "silent",
    plugins: [
      {
        name: "entry",
        resolveId: (id) => (id === "entry" ? "\0entry" : null),
        load: (id) => (id === "\0entry" ? source : null),
      },
    ],
    build: {
      write: false,
      target: "es2022",
      minify: true,
      modulePreload: { polyfill: false },
      rollupOptions: { input: "entry" },
    },
  });
  const [first] = [output].flat();
  if (first === undefined || !("output" in first)) throw new Error("no bundle");
  return first.output.map((part) => ("code" in part ? part.code : "")).join("");
}

const gzipped = (code: string) => gzipSync(code, { level: 9 }).length;

it("is small", async () => {
  const core = gzipped(await bundled(CORE));
  const withTabs = gzipped(await bundled(CORE, "tabs from tabs/index"));
  const withOffline = gzipped(await bundled(CORE, "openInbox from offline/index"));
  console.info(
    `${core} bytes with every transport, ${withTabs - core} more with tabs, ${withOffline - core} more offline`,
  );
  expect(core).toBeLessThanOrEqual(BUDGET);
  expect(withTabs - core).toBeLessThanOrEqual(TABS_BUDGET);
  expect(withOffline - core).toBeLessThanOrEqual(OFFLINE_BUDGET);
});

it("has no part that is not asked for", async () => {
  const code = await bundled("connect, sse");
  console.info(`connect and sse: ${gzipped(code)} bytes`);
  expect(code).toContain("event-stream");
  for (const part of ["EventSource(", "WebSocket(", "/events", "BroadcastChannel", "indexedDB"]) {
    expect(code).not.toContain(part);
  }
});
