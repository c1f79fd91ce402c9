import assert from "node:assert/strict";
import { join } from "node:path";
import { temporaryFolder } from "../../test/e2e/folder.ts";
import { test } from "../../test/harness.ts";
import { cString, ERRNO, errnoName, libc } from "./libc.ts";

test("libc tells why a call has failed", () => {
  using folder = temporaryFolder();
  const path = cString(join(folder.path, "größe"));
  assert.equal(libc!.mkfifo(path, 0o600), 0);
  assert.equal(libc!.mkfifo(path, 0o600), -1);
  assert.equal(libc!.errno(), ERRNO.EEXIST);
  assert.equal(libc!.open(cString("/no/such/file"), 0, 0), -1);
  assert.equal(libc!.errno(), ERRNO.ENOENT);
  assert.equal(libc!.write(-1, new Uint8Array(1), 1), -1);
  assert.equal(errnoName(libc!.errno()), "errno 9");
});

test("libc hands over a view into the middle of memory", () => {
  const ends = new Int32Array(4);
  const middle = new Uint8Array(ends.buffer, 4, 8);
  assert.equal(libc!.pipe2(middle, 0), 0);
  const [before, readEnd, writeEnd, after] = ends;
  assert.deepEqual([before, after], [0, 0]);
  assert.equal(libc!.write(writeEnd!, middle, 8), 8);
  libc!.close(readEnd!);
  libc!.close(writeEnd!);
});

test("errnoName names what is known", () => {
  assert.equal(errnoName(32), "EPIPE");
  assert.equal(errnoName(4711), "errno 4711");
});
