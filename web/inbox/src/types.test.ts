// @vitest-environment node
// The types of the package, for whoever resolves modules as Node does.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ts from "typescript";
import { afterAll, beforeAll, expect, it } from "vitest";

const WEB = join(import.meta.dirname, "../..");
/** Both packages are read whole. */
const PATIENCE_MS = 120_000;

let dir = "";
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "tidings-types-"));
  const sources = ["index", "vue", "react"].map((name) => join(WEB, `inbox/src/${name}.ts`));
  const read = ts.readConfigFile(join(WEB, "tsconfig.json"), (path) => ts.sys.readFile(path));
  const { options } = ts.parseJsonConfigFileContent(read.config, ts.sys, WEB);
  const emitted = { noEmit: false, declaration: true, emitDeclarationOnly: true };
  ts.createProgram(sources, { ...options, ...emitted, rootDir: WEB, outDir: dir }).emit();
  execFileSync(process.execPath, [join(WEB, "declarations.mjs"), dir]);
}, PATIENCE_MS);
afterAll(() => rmSync(dir, { recursive: true, force: true }));

it("are found, each file of them", () => {
  const options = {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
  };
  const lost: string[] = [];
  let found = 0;
  for (const name of readdirSync(dir, { recursive: true, encoding: "utf8" })) {
    if (!name.endsWith(".d.ts")) continue;
    const file = join(dir, name);
    const { importedFiles } = ts.preProcessFile(readFileSync(file, "utf8"));
    for (const { fileName } of importedFiles.filter(({ fileName }) => fileName.startsWith("."))) {
      const mode = ts.ModuleKind.ESNext;
      const { resolvedModule } = ts.resolveModuleName(
        fileName,
        file,
        options,
        ts.sys,
        undefined,
        undefined,
        mode,
      );
      if (resolvedModule) found += 1;
      else lost.push(`${name}: ${fileName}`);
    }
  }
  expect(lost).toEqual([]);
  expect(found).toBeGreaterThan(20);
});
