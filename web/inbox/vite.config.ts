// The modules for bundlers. The client stays a dependency: a host that uses it as well has it once.

import { defineConfig } from "vite";
import { BROWSERS } from "../browsers.ts";

const entry = (name: string) => new URL(`src/${name}.ts`, import.meta.url).pathname;

export default defineConfig({
  root: import.meta.dirname,
  build: {
    target: "es2022",
    cssTarget: BROWSERS,
    lib: {
      entry: { index: entry("index"), vue: entry("vue"), react: entry("react") },
      formats: ["es"],
    },
    rollupOptions: { external: [/^@tidings\/client/, "vue", "react"] },
  },
});
