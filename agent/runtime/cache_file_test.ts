import assert from "node:assert/strict";
import { lstatSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { temporaryFolder } from "../../test/e2e/folder.ts";
import { test } from "../../test/harness.ts";
import { cacheFile, cacheFolder } from "./cache_file.ts";

test("cacheFile keeps text in the user's cache folder, for him alone", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "new/camagent");
  const file = cacheFile("some.json", path);
  assert.equal(await file.read(), undefined);
  assert.equal(await file.write("first"), true);
  assert.equal(await file.write("second"), true);
  assert.equal(await file.read(), "second");
  assert.deepEqual(readdirSync(path), ["some.json"]);
  assert.equal(lstatSync(path).mode & 0o777, 0o700);
  assert.equal(lstatSync(join(path, "some.json")).mode & 0o777, 0o600);
});

test("cacheFile gives up quietly where nothing can be kept", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "file");
  writeFileSync(path, "precious");
  const file = cacheFile("some.json", join(path, "camagent"));
  assert.equal(await file.write("text"), false);
  assert.equal(await file.read(), undefined);
});

test("cacheFile does not read what is too large, or no file", async () => {
  using folder = temporaryFolder();
  mkdirSync(join(folder.path, "folder"));
  writeFileSync(join(folder.path, "large"), new Uint8Array((1 << 20) + 1));
  for (const name of ["folder", "large"]) {
    const file = cacheFile(name, folder.path);
    assert.equal(await file.read(), undefined);
  }
});

test("cacheFolder takes the variable only if it is an absolute path", () => {
  const env = { XDG_CACHE_HOME: "/var/cache/robot" };
  assert.equal(cacheFolder(env), "/var/cache/robot/camagent");
  const own = join(homedir(), ".cache/camagent");
  for (const env of [{}, { XDG_CACHE_HOME: "" }, { XDG_CACHE_HOME: "x" }]) {
    assert.equal(cacheFolder(env), own);
  }
});
