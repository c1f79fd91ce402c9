import assert from "node:assert/strict";
import { readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { temporaryFolder } from "../../test/e2e/folder.ts";
import { Child } from "../../test/faults/child.ts";
import { until, within } from "../../test/faults/deadline.ts";
import { groupMembers, isAlive } from "../../test/faults/process_tree.ts";
import { test } from "../../test/harness.ts";
import { assertFlat } from "../../test/programs/descriptors.ts";
import { type ProgramName, programPath } from "../../test/programs/mod.ts";
import { scriptCommand } from "../../test/programs/script.ts";
import type { ChildExit, SpawnOptions } from "../plugin/runtime.ts";
import { spawnChild } from "./process.ts";
import { findProgram } from "./programs.ts";

/** Far beyond what anything here takes, for a machine that is busy. */
const DEADLINE_MS = 10_000;

type More = Partial<SpawnOptions>;

function start(name: ProgramName, args: string[] = [], more: More = {}) {
  const { signal } = new AbortController();
  return spawnChild({ command: programPath(name), args, signal, ...more });
}

function shell(script: string, more: More = {}) {
  const { signal } = new AbortController();
  const args = ["-c", script];
  return spawnChild({ command: "/bin/sh", args, signal, ...more });
}

/** Waits until the child says so, at the latest when it ends. */
async function ready(name: ProgramName, more: More = {}) {
  const said = Promise.withResolvers<void>();
  const child = await start(name, [], {
    ...more,
    onStdout: () => said.resolve(),
  });
  await within(DEADLINE_MS, "ready", Promise.race([said.promise, child.exit]));
  return child;
}

const ENDINGS: [
  name: string,
  script: string,
  end: Partial<ChildExit>,
][] = [
  ["a code", "exit 3", { code: 3, signal: null, forced: false }],
  ["success", "exit 0", { code: 0, signal: null, forced: false }],
  ["a signal", "kill -SEGV $$", { code: null, signal: "SIGSEGV" }],
  ["its last words", "echo a >&2; echo b >&2; exit 1", {
    code: 1,
    stderrTail: ["a", "b"],
  }],
];

for (const [name, script, end] of ENDINGS) {
  test(`spawnChild tells of a child that ended with ${name}`, async () => {
    const child = await shell(script);
    const exit = await child.exit;
    assert.deepEqual({ ...exit, ...end }, exit);
  });
}

test("spawnChild refuses a program that is not there", async () => {
  const { signal } = new AbortController();
  const command = "no-such-program";
  await assert.rejects(spawnChild({ command, args: ["-x"], signal }), {
    name: "ProcessError",
    message: 'Cannot start "no-such-program": not found on PATH',
    reason: "not-found",
    command: ["no-such-program", "-x"],
  });
});

test("spawnChild says why the system started nothing", async () => {
  // Longer than Linux takes arguments: MAX_ARG_STRLEN is 128 KiB.
  await assert.rejects(start("exit-at-once", ["x".repeat(200_000)]), {
    name: "ProcessError",
    message: /^Cannot start ".*exit-at-once": .*rgument list too long/,
    reason: "exited",
  });
});

test("spawnChild starts nothing once the signal has aborted", async () => {
  const signal = AbortSignal.abort(new Error("Stopped"));
  await assert.rejects(start("forever", [], { signal }), {
    message: "Stopped",
  });
});

test("spawnChild tells of children that end at once", async () => {
  const codes = Array.from({ length: 20 }, (_, i) => `${i}`);
  const exits = await Promise.all(codes.map(async (code) => {
    const child = await start("exit-at-once", [code]);
    return `${(await child.exit).code}`;
  }));
  assert.deepEqual(exits, codes);
});

test("spawnChild hands over all output before it tells the end", async () => {
  let bytes = 0;
  const child = await shell("head -c 60000 /dev/zero", {
    onStdout: (chunk) => void (bytes += chunk.length),
  });
  // Busy: its death and its output are both there when we look again.
  const lock = new Int32Array(new SharedArrayBuffer(4));
  Atomics.wait(lock, 0, 0, 50);
  assert.equal((await child.exit).code, 0);
  assert.equal(bytes, 60_000);
});

test("spawnChild keeps lines that are data out of the tail", async () => {
  const lines: string[] = [];
  const child = await shell("echo pts:1 >&2; echo broken >&2; echo pts:2 >&2", {
    onStderrLine(line) {
      lines.push(line);
      return line.startsWith("pts:");
    },
  });
  assert.deepEqual((await child.exit).stderrTail, ["broken"]);
  assert.deepEqual(lines, ["pts:1", "broken", "pts:2"]);
});

test("ChildProcess ends by SIGTERM when the signal aborts", async () => {
  const controller = new AbortController();
  const child = await ready("forever", { signal: controller.signal });
  controller.abort();
  const { code, signal, forced } = await child.exit;
  assert.deepEqual({ code, signal, forced }, {
    code: null,
    signal: "SIGTERM",
    forced: false,
  });
});

test("ChildProcess ends by SIGINT where that is asked for", async () => {
  const stop = new AbortController();
  const child = await spawnChild({
    command: "/bin/sh",
    args: ["-c", "trap 'exit 7' INT; echo ready; while :; do sleep 0.01; done"],
    signal: stop.signal,
    firstSignal: "SIGINT",
    onStdout: () => stop.abort(),
  });
  const { code, forced } = await child.exit;
  assert.deepEqual([code, forced], [7, false]);
});

test("ChildProcess that has nothing to put in order is killed at once", async () => {
  const child = await ready("ignore-term", { firstSignal: "SIGKILL" });
  const since = performance.now();
  await child[Symbol.asyncDispose]();
  const took = performance.now() - since;
  assert.ok(took < 500, `${took} ms`);
  const { signal, forced } = await child.exit;
  assert.deepEqual({ signal, forced }, { signal: "SIGKILL", forced: false });
});

test("ChildProcess that ignores SIGTERM is killed after a second", async () => {
  const child = await ready("ignore-term");
  const since = performance.now();
  await child[Symbol.asyncDispose]();
  const took = performance.now() - since;
  assert.ok(took >= 990 && took < 1500, `${took} ms`);
  const { signal, forced } = await child.exit;
  assert.deepEqual({ signal, forced }, { signal: "SIGKILL", forced: true });
});

test("ChildProcess that is stopped is killed after a second", async () => {
  const child = await ready("forever");
  process.kill(child.pid, "SIGSTOP");
  // Of two signals that wait, the lower number would come first.
  await until(DEADLINE_MS, "stop", () => stateOf(child.pid) === "T");
  await child[Symbol.asyncDispose]();
  const { signal, forced } = await child.exit;
  assert.deepEqual({ signal, forced }, { signal: "SIGKILL", forced: true });
});

test("ChildProcess takes its own children with it", async () => {
  const child = await shell("sleep 300 & sleep 301 & echo; wait");
  await until(DEADLINE_MS, "three processes", () => group(child.pid) === 3);
  await child[Symbol.asyncDispose]();
  await until(DEADLINE_MS, "end of all", () => group(child.pid) === 0);
});

test("ChildProcess ends though a grandchild holds its stdout", async () => {
  let grandchild = 0;
  const since = performance.now();
  const child = await start("grandchild-holds-stdout", ["5"], {
    onStdout: (chunk) => grandchild = Number(new TextDecoder().decode(chunk)),
  });
  assert.equal((await child.exit).code, 5);
  assert.ok(performance.now() - since < 2000);
  await until(DEADLINE_MS, "end of it", () => !isAlive(grandchild));
});

test("ChildProcess ends though its stdout went to another group", async () => {
  let grandchild = 0;
  const said = Promise.withResolvers<void>();
  const script = "setsid sh -c 'echo $$; exec sleep 60' & read line; exit 5";
  const child = await shell(script, {
    stdin: true,
    onStdout(chunk) {
      grandchild = Number(new TextDecoder().decode(chunk));
      said.resolve();
    },
  });
  await within(DEADLINE_MS, "grandchild", said.promise);
  child.endInput();
  try {
    assert.equal((await within(2000, "end", child.exit)).code, 5);
    assert.ok(isAlive(grandchild));
  } finally {
    process.kill(grandchild, "SIGKILL");
  }
});

test("ChildProcess is disposed in vain when it has ended", async () => {
  const child = await start("exit-at-once");
  await child.exit;
  await child[Symbol.asyncDispose]();
  await child[Symbol.asyncDispose]();
  assert.equal((await child.exit).code, 0);
});

test("ChildProcess dies when this process is killed", async () => {
  const [command, ...args] = scriptCommand("spawn_forever.ts");
  await using parent = new Child(command, args);
  await parent.says("\n");
  const pid = Number(`${parent.stdout}`);
  assert.ok(isAlive(pid));
  parent.kill("SIGKILL");
  await until(2000, "end of the child", () => !isAlive(pid));
});

test("ChildProcess dies with us though PATH is almost empty", async () => {
  using folder = temporaryFolder();
  symlinkSync(findProgram("sleep")!, join(folder.path, "sleep"));
  const [command, ...args] = scriptCommand("spawn_forever.ts");
  await using parent = new Child(command, args, { PATH: folder.path });
  await parent.says("\n");
  const pid = Number(`${parent.stdout}`);
  await until(DEADLINE_MS, "sleep", () => stateOf(pid) === "S");
  parent.kill("SIGKILL");
  await until(2000, "end of the child", () => !isAlive(pid));
});

test("spawnChild gives children no FFREPORT, and FFmpeg no colours", async () => {
  const [command, ...args] = scriptCommand("spawn_forever.ts");
  const env = { FFREPORT: "file=/tmp/no-such-folder/report" };
  await using parent = new Child(command, args, env);
  await parent.says("\n");
  const path = `/proc/${Number(`${parent.stdout}`)}/environ`;
  let variables: string[] = [];
  // Between setpriv and the program it becomes, the kernel shows none.
  await until(DEADLINE_MS, "no colours", () => {
    variables = readFileSync(path, "latin1").split("\0");
    return variables.includes("AV_LOG_FORCE_NOCOLOR=1");
  });
  assert.ok(!variables.some((line) => line.startsWith("FFREPORT")));
});

test("ChildProcess leaves no descriptors", async () => {
  await assertFlat("spawn", 200);
});

/** proc(5): the third field, behind the name in parentheses. */
function stateOf(pid: number): string | undefined {
  return / ([A-Z]) /.exec(readFileSync(`/proc/${pid}/stat`, "latin1"))?.[1];
}

function group(pid: number): number {
  return groupMembers(pid).length;
}
