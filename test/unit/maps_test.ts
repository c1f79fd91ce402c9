import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "../harness.ts";

const ROOT = join(import.meta.dirname!, "../..");

// Deno maps specifiers by deno.json, Bun and editors by tsconfig.json.
const { imports } = read<{ imports: Record<string, string> }>("deno.json");
const { compilerOptions } = read<
  { compilerOptions: { paths: Record<string, string[]> } }
>("tsconfig.json");

test("deno.json and tsconfig.json map the same specifiers alike", () => {
  const paths = Object.entries(compilerOptions.paths);
  const mapped = paths.map(([specifier, [target, ...others]]) => {
    assert.deepEqual(others, [], `${specifier} has one target`);
    return [specifier, target];
  });
  assert.deepEqual(Object.fromEntries(mapped), imports);
});

for (const [specifier, target] of Object.entries(imports)) {
  test(`deno.json maps ${specifier} to a file that is there`, () => {
    assert.ok(existsSync(join(ROOT, target)), target);
  });
}

function read<Content>(file: string): Content {
  return JSON.parse(readFileSync(join(ROOT, file), "utf8"));
}
