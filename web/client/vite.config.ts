import { defineConfig } from "vite";

const entry = (name: string) => new URL(`src/${name}.ts`, import.meta.url).pathname;

export default defineConfig({
  root: import.meta.dirname,
  build: {
    target: "es2022",
    lib: {
      entry: { index: entry("index"), tabs: entry("tabs/index"), offline: entry("offline/index") },
      formats: ["es"],
    },
  },
});
