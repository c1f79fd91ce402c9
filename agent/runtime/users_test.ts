import assert from "node:assert/strict";
import { mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { closeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "../../test/harness.ts";
import { findUsers, usersOf } from "./users.ts";

test("findUsers() finds who has a file open, by a part of its path", async () => {
  const folder = mkdtempSync(join(tmpdir(), "camagent-"));
  const path = join(folder, "video0");
  writeFileSync(path, "");
  const file = openSync(path, "r");
  try {
    for (const asked of [`^${path}$`, `^${folder}/vid`]) {
      const [user, ...rest] = await findUsers(new RegExp(asked));
      assert.equal(user?.pid, process.pid);
      assert.match(user!.name, /^\S+$/);
      assert.deepEqual(rest, []);
    }
  } finally {
    closeSync(file);
  }
  assert.deepEqual(await findUsers(new RegExp(path)), []);
  rmSync(folder, { recursive: true });
});

test("usersOf() does not look again at once", async () => {
  const folder = mkdtempSync(join(tmpdir(), "camagent-"));
  const path = join(folder, "video0");
  writeFileSync(path, "");
  const asked = new RegExp(`^${path}$`);
  assert.deepEqual(await usersOf(asked), []);
  const file = openSync(path, "r");
  assert.deepEqual(await usersOf(asked), []);
  closeSync(file);
  rmSync(folder, { recursive: true });
});
