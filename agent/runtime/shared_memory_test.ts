import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { test } from "../../test/harness.ts";
import type { SharedMemoryOptions } from "../plugin/runtime.ts";
import { openSharedMemory } from "./shared_memory.ts";

const BYTES = 3 * 65536;

/** A folder in memory, and how to open shared memory in it. */
async function setUp() {
  const folder = await mkdtemp("/dev/shm/camagent-test-");
  const path = join(folder, "cam");
  const open = (options: Partial<SharedMemoryOptions> = {}) =>
    openSharedMemory({
      path,
      bytes: BYTES,
      mode: 0o600,
      prepare: (bytes) => bytes.set([1, 2, 3]),
      replaces: () => false,
      ...options,
    });
  return {
    folder,
    path,
    open,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}

function refuses(why: RegExp, exitCode = 73) {
  return (error: Error & { exitCode?: number }) => {
    assert.equal(error.name, "ConfigError");
    assert.match(error.message, /^Cannot make shared memory "\/.+": /);
    assert.match(error.message, why);
    assert.equal(error.exitCode, exitCode);
    return true;
  };
}

test("openSharedMemory() shows others what is written", async () => {
  await using c = await setUp();
  await using memory = await c.open();
  assert.equal(memory.bytes.length, BYTES);
  memory.bytes[BYTES - 1] = 9;
  const seen = readFileSync(c.path);
  assert.deepEqual([...seen.subarray(0, 4)], [1, 2, 3, 0]);
  assert.equal(seen[BYTES - 1], 9);
  memory.wake(4);
});

test("openSharedMemory() gives it its name once it is complete", async () => {
  await using c = await setUp();
  const seen: string[][] = [];
  await using _ = await c.open({
    prepare: () => void seen.push(readdirSync(c.folder)),
  });
  assert.deepEqual([...seen, readdirSync(c.folder)], [[], ["cam"]]);
});

test("openSharedMemory() leaves nothing behind", async () => {
  await using c = await setUp();
  const memory = await c.open();
  await memory[Symbol.asyncDispose]();
  assert.deepEqual(readdirSync(c.folder), []);
  const broken = () => {
    throw new Error("Broken");
  };
  await assert.rejects(c.open({ prepare: broken }), /Broken/);
  assert.deepEqual(readdirSync(c.folder), []);
});

test("openSharedMemory() keeps the name for the one that came after", async () => {
  await using c = await setUp();
  const first = await c.open();
  await using second = await c.open({ replaces: () => true });
  await first[Symbol.asyncDispose]();
  second.bytes[0] = 7;
  assert.equal(readFileSync(c.path)[0], 7);
});

test("openSharedMemory() keeps the name though the one before goes meanwhile", async () => {
  await using c = await setUp();
  let memory = await c.open();
  for (let round = 0; round < 100; round++) {
    const before = memory;
    const opening = c.open({ replaces: () => true });
    // At a different step of the opening each time.
    for (let turn = 0; turn < round % 10; turn++) await Promise.resolve();
    [memory] = await Promise.all([opening, before[Symbol.asyncDispose]()]);
    assert.deepEqual(readdirSync(c.folder), ["cam"], `round ${round}`);
  }
  await memory[Symbol.asyncDispose]();
});

test("openSharedMemory() has the permissions it is told", async () => {
  await using c = await setUp();
  const umask = process.umask(0o077);
  try {
    await using _ = await c.open({ mode: 0o640 });
    assert.equal(lstatSync(c.path).mode & 0o777, 0o640);
  } finally {
    process.umask(umask);
  }
});

test("openSharedMemory() gives it to a group, by name or number", async () => {
  await using c = await setUp();
  // Our own: nobody else's would be allowed to every user.
  const own = process.getegid!();
  const [name] = readFileSync("/etc/group", "utf8").split("\n")
    .map((line) => line.split(":")).find(([, , id]) => id === `${own}`)!;
  for (const group of [name!, `${own}`]) {
    await using _ = await c.open({ group, mode: 0o640 });
    assert.equal(lstatSync(c.path).gid, own);
  }
  const unknown = c.open({ group: "no-such-group" });
  await assert.rejects(unknown, refuses(/no group "no-such-group"$/, 64));
});

test("openSharedMemory() judges what stands there by its first bytes", async () => {
  await using c = await setUp();
  writeFileSync(c.path, "x".repeat(5000));
  const heads: string[] = [];
  const judge = (verdict: boolean) => (head: Uint8Array) => {
    heads.push(new TextDecoder().decode(head));
    return verdict;
  };
  await assert.rejects(
    c.open({ replaces: judge(false) }),
    refuses(/something else stands there; remove it/),
  );
  assert.equal(readFileSync(c.path, "utf8").length, 5000);
  await using _ = await c.open({ replaces: judge(true) });
  assert.deepEqual(heads, ["x".repeat(4096), "x".repeat(4096)]);
  assert.equal(readFileSync(c.path)[0], 1);
});

test("openSharedMemory() overwrites nothing through links", async () => {
  await using c = await setUp();
  const other = join(c.folder, "other");
  writeFileSync(other, "precious");
  const replaces = () => assert.fail("It looked");
  symlinkSync(other, c.path);
  await assert.rejects(c.open({ replaces }), refuses(/something else/));
  await rm(c.path);
  linkSync(other, c.path);
  await assert.rejects(c.open({ replaces }), refuses(/something else/));
  await rm(c.path);
  mkdirSync(c.path);
  await assert.rejects(c.open({ replaces }), refuses(/something else/));
  await rm(c.path, { recursive: true });
  assert.equal(spawnSync("mkfifo", [c.path]).status, 0);
  await assert.rejects(c.open({ replaces }), refuses(/something else/));
  assert.equal(readFileSync(other, "utf8"), "precious");
  assert.deepEqual(readdirSync(c.folder).sort(), ["cam", "other"]);
});

test("openSharedMemory() says that it does not fit in, and where", async () => {
  await using c = await setUp();
  await assert.rejects(c.open({ bytes: 2 ** 46 }), refuses(/ MB do not fit/));
  assert.deepEqual(readdirSync(c.folder), []);
  const path = join(c.folder, "missing", "cam");
  await assert.rejects(c.open({ path }), refuses(/its folder does not exist/));
  const long = join(c.folder, "x".repeat(300));
  await assert.rejects(c.open({ path: long }), refuses(/name is too long/));
});
