import assert from "node:assert/strict";
import * as fs from "node:fs";
import { within } from "../../test/faults/deadline.ts";
import { test } from "../../test/harness.ts";
import { assertFlat } from "../../test/programs/descriptors.ts";
import { chunkPipe, type FramePipe, openFramePipe } from "./frame_pipe.ts";
import { spawnChild } from "./process.ts";

const DEADLINE_MS = 5000;

const PIPES: [name: string, open: () => FramePipe][] = [
  ["openFramePipe", () => openFramePipe()!],
  ["chunkPipe", chunkPipe],
];

for (const [name, open] of PIPES) {
  test(`${name} hands over every byte a child writes`, async () => {
    using pipe = open();
    const child = await writer(pipe, "seq 1000000");
    const ended = child.exit.then(() => pipe.end());
    const hash = await digest(pipe);
    await ended;
    const expected = Array.from({ length: 1_000_000 }, (_, i) => `${i + 1}\n`);
    assert.equal(hash.bytes, expected.join("").length);
    assert.equal(hash.sum, sumOf(new TextEncoder().encode(expected.join(""))));
  });

  test(`${name} never fills more than the view`, async () => {
    using pipe = open();
    const child = await writer(pipe, "printf 0123456789");
    await child.exit;
    pipe.end();
    const memory = new Uint8Array(8).fill(46);
    let text = "";
    for (let count = -1; count !== 0;) {
      count = await read(pipe, memory.subarray(2, 5));
      text += new TextDecoder().decode(memory.subarray(2, 2 + count));
    }
    assert.equal(text, "0123456789");
    assert.deepEqual([...memory.subarray(0, 2)], [46, 46]);
    assert.deepEqual([...memory.subarray(5)], [46, 46, 46]);
  });

  test(`${name} ends a read that waits`, async () => {
    using pipe = open();
    const reading = read(pipe, new Uint8Array(10));
    pipe.end();
    assert.equal(await reading, 0);
    assert.equal(await read(pipe, new Uint8Array(10)), 0);
    pipe.end();
  });

  test(`${name} lets go of a read that waits when disposed`, async () => {
    const pipe = open();
    const reading = read(pipe, new Uint8Array(10));
    pipe[Symbol.dispose]();
    assert.equal(await reading, 0);
  });

  test(`${name} reads nothing once disposed`, async () => {
    const pipe = open();
    const child = await writer(pipe, "printf 0123456789");
    await child.exit;
    assert.equal(await read(pipe, new Uint8Array(4)), 4);
    pipe[Symbol.dispose]();
    pipe[Symbol.dispose]();
    // A file takes the number of the descriptor that was closed.
    const file = fs.openSync("/dev/zero", "r");
    try {
      assert.equal(await read(pipe, new Uint8Array(4)), 0);
    } finally {
      fs.closeSync(file);
    }
  });

  test(`${name} ends a child that writes when disposed`, async () => {
    const pipe = open();
    const child = await writer(pipe, "exec yes");
    await read(pipe, new Uint8Array(10));
    pipe[Symbol.dispose]();
    if (pipe.push) await child[Symbol.asyncDispose]();
    const exit = await within(DEADLINE_MS, "end of the child", child.exit);
    assert.notEqual(exit.code, 0);
    assert.equal(exit.forced, false);
  });
}

test("openFramePipe leaves no descriptors", async () => {
  await assertFlat("framePipe", 100);
});

/** A child whose stdout goes into the pipe, as FFmpeg's frames would. */
async function writer(pipe: FramePipe, script: string) {
  const whole = pipe.push ? script : `exec >'${pipe.path}'; ${script}`;
  return await spawnChild({
    command: "/bin/sh",
    args: ["-c", whole],
    signal: new AbortController().signal,
    ...(pipe.push && { onStdout: pipe.push }),
  });
}

function read(pipe: FramePipe, view: Uint8Array<ArrayBuffer>): Promise<number> {
  return within(DEADLINE_MS, "read", pipe.read(view));
}

async function digest(pipe: FramePipe) {
  const view = new Uint8Array(100_000);
  let [bytes, sum] = [0, 0];
  while (true) {
    const count = await read(pipe, view);
    if (count === 0) return { bytes, sum };
    sum = sumOf(view.subarray(0, count), sum);
    bytes += count;
  }
}

/** Depends on the order of the bytes. */
function sumOf(bytes: Uint8Array, sum = 0): number {
  for (const byte of bytes) sum = Math.imul(sum, 31) + byte | 0;
  return sum;
}
