import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "../../test/harness.ts";
import { VERSION, versionLine } from "./version.ts";

test("VERSION is the one of package.json", () => {
  const file = new URL("../../package.json", import.meta.url);
  assert.equal(VERSION, JSON.parse(readFileSync(file, "utf8")).version);
});

test("versionLine names program and runtime", () => {
  assert.match(
    versionLine(),
    /^camagent \d+\.\d+\.\d+ \((deno|bun) \d+\.\d+\.\d+, \w+ \w+\)$/,
  );
});
