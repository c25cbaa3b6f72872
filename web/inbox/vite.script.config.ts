// The files for a script tag, with the client in them: what each page loads, or by `--mode panel` what the bell opens.
// The build of the pages puts both among what the server has.

import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { defineConfig } from "vite";
import { aliases } from "../aliases.ts";
import { BROWSERS } from "../browsers.ts";

/** What the panel needs of these, it takes from the script, which is there before it. */
const fromScript = {
  find: /^\..*\/(bell|dom|link|style|tongue)$/,
  replacement: new URL("src/from-script.ts", import.meta.url).pathname,
};

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
    resolve: { alias: panel ? [...aliases, fromScript] : aliases },
    define: { BUILD: JSON.stringify(build()) },
    build: {
      target: "es2022",
      cssTarget: BROWSERS,
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
