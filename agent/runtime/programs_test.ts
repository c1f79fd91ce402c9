import assert from "node:assert/strict";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "../../test/e2e/folder.ts";
import { test } from "../../test/harness.ts";
import { findProgram } from "./programs.ts";

test("findProgram finds the first on PATH that can be executed", () => {
  using folder = temporaryFolder();
  const at = (name: string) => join(folder.path, name);
  mkdirSync(at("folder/tool"), { recursive: true });
  for (const name of ["text", "first", "second"]) mkdirSync(at(name));
  writeFileSync(at("text/tool"), "no program", { mode: 0o644 });
  writeFileSync(at("second/tool"), "#!/bin/sh\n", { mode: 0o755 });
  symlinkSync(at("second/tool"), at("first/tool"));
  const names = ["missing", "folder", "text", "first", "second"];
  const path = ["", ...names.map(at)].join(":");
  assert.equal(findProgram("tool", path), at("first/tool"));
  assert.equal(findProgram("other", path), undefined);
});

test("findProgram takes a path as it is", () => {
  assert.equal(findProgram("/bin/sh", ""), "/bin/sh");
  assert.equal(findProgram("/bin/no-such-program", "/bin"), undefined);
  assert.equal(findProgram("sh", ""), undefined);
});

test("findProgram looks on the PATH of this process", () => {
  assert.match(findProgram("sh") ?? "", /\/sh$/);
});
