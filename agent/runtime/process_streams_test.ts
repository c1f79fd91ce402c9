import assert from "node:assert/strict";
import process from "node:process";
import { within } from "../../test/faults/deadline.ts";
import { test } from "../../test/harness.ts";
import { programPath } from "../../test/programs/mod.ts";
import type { ChildExit } from "../plugin/runtime.ts";
import { spawnChild } from "./process.ts";

const DEADLINE_MS = 10_000;

/** More than a pipe holds. */
const BIG = new Uint8Array(1 << 20);

function shell(script: string) {
  const { signal } = new AbortController();
  const args = ["-c", script];
  return spawnChild({ command: "/bin/sh", args, signal, stdin: true });
}

const FLOODS: [
  name: string,
  args: string[],
  check: (exit: ChildExit, lines: number) => void,
][] = [
  ["20 MB of lines", ["lines", "20000000"], ({ stderrTail }, lines) => {
    assert.equal(lines, Math.ceil(20_000_000 / 31));
    assert.equal(stderrTail.length, 100);
    assert.equal(stderrTail[0], "frame=1 fps=30 q=20.0 size=N/A");
  }],
  ["10 MB without an end of line", ["line"], ({ stderrTail }, lines) => {
    assert.equal(lines, 1);
    assert.deepEqual(stderrTail.map((line) => line.length), [4096]);
  }],
  ["NUL and what is no UTF-8", ["binary"], ({ stderrTail }) => {
    assert.equal(stderrTail.length, 100);
    // deno-lint-ignore no-control-regex -- what must not be there
    assert.ok(stderrTail.every((line) => !/[\0-\x1f]/.test(line)));
  }],
];

for (const [name, args, check] of FLOODS) {
  test(`ChildProcess survives ${name} on stderr`, async () => {
    let lines = 0;
    const child = await spawnChild({
      command: programPath("flood-stderr"),
      args,
      signal: new AbortController().signal,
      onStderrLine: () => void lines++,
    });
    const exit = await within(30_000, "end", child.exit);
    assert.equal(exit.code, 0);
    check(exit, lines);
  });
}

test("ChildProcess.write resolves when the child has read", async () => {
  const child = await shell("wc -c >&2");
  await child.write(BIG);
  await Promise.all([child.write(BIG), child.write(BIG)]);
  child.endInput();
  assert.deepEqual((await child.exit).stderrTail, [`${3 * BIG.length}`]);
});

test("ChildProcess.write rejects when the child has closed stdin", async () => {
  await using child = await shell("exec <&-; exec sleep 60");
  await assertLost([child.write(BIG), child.write(BIG), child.write(BIG)]);
});

test("ChildProcess.write rejects when the child dies meanwhile", async () => {
  await using child = await shell("exec sleep 60");
  const writes = [child.write(BIG), child.write(BIG), child.write(BIG)];
  process.kill(child.pid, "SIGKILL");
  await assertLost(writes);
});

test("ChildProcess.write rejects when the child is disposed", async () => {
  const child = await shell("exec sleep 60");
  const writes = [child.write(BIG), child.write(BIG), child.write(BIG)];
  await Promise.all([assertLost(writes), child[Symbol.asyncDispose]()]);
  await assertLost([child.write(BIG)]);
});

test("ChildProcess.write rejects when the input has ended", async () => {
  const child = await shell("cat >/dev/null");
  const before = child.write(BIG);
  child.endInput();
  await assertLost([child.write(BIG)]);
  await before;
  assert.equal((await child.exit).code, 0);
  await assertLost([child.write(BIG)]);
});

test("ChildProcess.write rejects where no stdin was asked for", async () => {
  const child = await spawnChild({
    command: "/bin/cat",
    args: [],
    signal: new AbortController().signal,
  });
  // It read nothing, and so it has ended.
  assert.equal((await child.exit).code, 0);
  child.endInput();
  await assertLost([child.write(BIG)]);
});

test("ChildProcess that waits for input ends when disposed", async () => {
  // Like FFmpeg, which heeds SIGTERM only once its read has returned.
  const ready = Promise.withResolvers<void>();
  const child = await spawnChild({
    command: "/bin/sh",
    args: ["-c", "trap '' TERM; echo ready; read line; exit 7"],
    signal: new AbortController().signal,
    stdin: true,
    onStdout: () => ready.resolve(),
  });
  await within(DEADLINE_MS, "ready", ready.promise);
  await child[Symbol.asyncDispose]();
  const { code, forced } = await child.exit;
  assert.deepEqual({ code, forced }, { code: 7, forced: false });
});

async function assertLost(writes: Promise<void>[]): Promise<void> {
  const settled = Promise.allSettled(writes);
  for (const write of await within(DEADLINE_MS, "answer", settled)) {
    assert.equal(write.status, "rejected");
    assert.equal(write.reason.name, "StreamError");
    assert.equal(write.reason.failure, "lost");
    assert.match(write.reason.message, /^Cannot write to .*: it no longer/);
  }
}
