import assert from "node:assert/strict";
import { existsSync, readlinkSync } from "node:fs";
import { until } from "../../test/faults/deadline.ts";
import { test } from "../../test/harness.ts";
import { assertFlat } from "../../test/programs/descriptors.ts";
import { openPipe } from "./child_pipe.ts";
import { spawnChild } from "./process.ts";

const DEADLINE_MS = 5000;

const FOREVER = new AbortController().signal;

/** A child whose stdout is the pipe at a path. */
function writer(path: string, script: string) {
  return spawnChild({
    command: "/bin/sh",
    args: ["-c", `exec >'${path}'; ${script}`],
    signal: FOREVER,
  });
}

test("openPipe reads what is there, and does not wait", async () => {
  using pipe = openPipe();
  const view = new Uint8Array(4);
  assert.equal(pipe.readNow(view), 0);
  const child = await writer(pipe.path, "printf 123456");
  await child.exit;
  assert.equal(pipe.readNow(view), 4);
  assert.equal(new TextDecoder().decode(view), "1234");
  assert.equal(pipe.readNow(view), 2);
  assert.equal(pipe.readNow(view), 0);
});

test("openPipe tells when the child is gone and everything is read", async () => {
  using pipe = openPipe();
  const child = await writer(pipe.path, "printf 1");
  void child.exit.then(() => pipe.end());
  assert.equal(await pipe.read(new Uint8Array(4)), 1);
  assert.equal(await pipe.read(new Uint8Array(4)), 0);
});

test("openPipe lets another child read", async () => {
  using pipe = openPipe();
  const chunks: string[] = [];
  const reader = await spawnChild({
    command: "cat",
    args: [pipe.readerPath],
    signal: FOREVER,
    onStdout: (chunk) => void chunks.push(new TextDecoder().decode(chunk)),
  });
  const child = await writer(pipe.path, "printf 123");
  await child.exit;
  pipe.end();
  assert.equal((await reader.exit).code, 0);
  assert.equal(chunks.join(""), "123");
});

test("openPipe has a link with an ending, until it has been opened", async () => {
  using pipe = openPipe(".h264");
  assert.match(pipe.path, /\/camagent-[0-9a-f]{24}\.h264$/);
  assert.match(readlinkSync(pipe.path), /^\/proc\/\d+\/fd\/\d+$/);
  const child = await writer(pipe.path, "printf 1");
  const view = new Uint8Array(1);
  await until(DEADLINE_MS, "a byte", () => pipe.readNow(view) > 0);
  assert.equal(existsSync(pipe.path), false);
  await child.exit;
});

test("openPipe leaves no link that nobody has opened", () => {
  const pipe = openPipe(".h264");
  pipe[Symbol.dispose]();
  assert.throws(() => readlinkSync(pipe.path), { code: "ENOENT" });
  assert.equal(pipe.readNow(new Uint8Array(1)), 0);
});

test("openPipe leaves no descriptors", async () => {
  await assertFlat("childPipe", 100);
});
