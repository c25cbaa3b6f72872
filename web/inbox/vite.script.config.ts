// The files for a script tag, with the client in them: what each page loads, or by `--mode panel` what the bell opens.
// The build of the pages puts both among what the server has.

import { defineConfig } from "vite";
import { aliases } from "../aliases.ts";

export default defineConfig(({ mode }) => {
  const panel = mode === "panel";
  const entry = panel ? "script-panel" : "script";
  return {
    root: import.meta.dirname,
    resolve: { alias: aliases },
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
