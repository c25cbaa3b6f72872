// Puts each client into one file that both Node and a page can import.

import { readdirSync } from "node:fs";
import { join } from "node:path";

const here = import.meta.dirname;
const names = readdirSync(join(here, "subjects")).filter((name) => name.endsWith(".mjs"));

export default {
  root: here,
  resolve: { alias: { "@tidings/client": join(here, "../../web/client/src/index.ts") } },
  build: {
    target: "es2022",
    minify: false,
    lib: {
      entry: Object.fromEntries(
        names.map((name) => [name.replace(/\.mjs$/, ""), join(here, "subjects", name)]),
      ),
      formats: ["es"],
    },
  },
};
