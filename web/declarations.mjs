// Writes the ends of names into the imports of built declarations: `node declarations.mjs dist/types`. A bundler finds
// `./client`, but who resolves as Node does is looking for `./client.js`.

import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const [root = ""] = process.argv.slice(2);

for (const name of readdirSync(root, { recursive: true, encoding: "utf8" })) {
  if (!name.endsWith(".d.ts")) continue;
  const file = join(root, name);
  const whole = (path) =>
    existsSync(join(dirname(file), `${path}.d.ts`)) ? `${path}.js` : `${path}/index.js`;
  const text = readFileSync(file, "utf8").replace(
    /(from |import |import\()"(\.[^"]*?)(\.js)?"/g,
    (_, before, path) => `${before}"${whole(path)}"`,
  );
  writeFileSync(file, text);
}
