import assert from "node:assert/strict";
import { existsSync, readlinkSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { until, within } from "../../test/faults/deadline.ts";
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
  const texts: string[] = [];
  for await (const chunk of pipe.chunks) {
    texts.push(new TextDecoder().decode(chunk));
  }
  assert.equal(texts.join(""), "1");
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

test("openPipe lets go of who waits when disposed", async () => {
  const pipe = openPipe();
  const next = pipe.chunks[Symbol.asyncIterator]().next();
  pipe[Symbol.dispose]();
  assert.equal((await within(DEADLINE_MS, "end", next)).done, true);
});

test("openPipe waits on many pipes at once, and files can still be read", async () => {
  const pipes = Array.from({ length: 20 }, () => openPipe());
  const waiting = pipes.map(async (pipe) => {
    for await (const chunk of pipe.chunks) return chunk.length;
    return 0;
  });
  await within(DEADLINE_MS, "file", readFile("/proc/self/stat"));
  for (const pipe of pipes) pipe[Symbol.dispose]();
  const counts = await within(DEADLINE_MS, "ends", Promise.all(waiting));
  assert.deepEqual(counts, pipes.map(() => 0));
});

test("openPipe leaves no descriptors", async () => {
  await assertFlat("childPipe", 100);
});
