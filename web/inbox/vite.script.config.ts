// The files for a script tag, with the client in them: what each page loads, or by `--mode panel` what the bell opens.
// The build of the pages puts both among what the server has.

import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { defineConfig } from "vite";
import { aliases } from "../aliases.ts";

/** The same in both files where they are of the same sources: then they go together. */
function build(): string {
  const hash = createHash("sha256");
  for (const folder of ["inbox/src", "client/src"]) {
    const root = `${import.meta.dirname}/../${folder}`;
    const sources = readdirSync(root, { recursive: true, encoding: "utf8" });
    for (const source of sources.filter((name) => /\.(ts|css)$/.test(name)).sort())
      hash.update(readFileSync(`${root}/${source}`));
  }
  return hash.digest("base64url").slice(0, 6);
}

export default defineConfig(({ mode }) => {
  const panel = mode === "panel";
  const entry = panel ? "script-panel" : "script";
  return {
    root: import.meta.dirname,
    resolve: { alias: aliases },
    define: { BUILD: JSON.stringify(build()) },
    build: {
      target: "es2022",
      // Those that have `light-dark()` and popovers: what is older gets neither.
      cssTarget: ["chrome125", "firefox129", "safari18"],
      emptyOutDir: false,
      lib: {
        entry: new URL(`src/${entry}.ts`, import.meta.url).pathname,
        name: "tidingsInbox",
        formats: ["iife"],
        fileName: () => (panel ? "tidings-inbox-panel.js" : "tidings-inbox.js"),
      },
    },
  };
});
