import assert from "node:assert/strict";
import { test } from "../harness.ts";
import { Child } from "./child.ts";
import { groupMembers } from "./process_tree.ts";

test("Child keeps what it says, each stream by itself", async () => {
  const script = 'echo "$WORD"; echo err >&2; exit 3';
  await using child = new Child("/bin/sh", ["-c", script], { WORD: "out" });
  assert.deepEqual(await child.finished(), { code: 3, signal: null });
  assert.equal(`${child.stdout}`, "out\n");
  assert.equal(`${child.stderr}`, "err\n");
});

test("Child takes its whole group with it when disposed of", async () => {
  const script = "trap '' TERM; sleep 300 & echo ready; wait";
  const child = new Child("/bin/sh", ["-c", script]);
  await child.says("ready");
  assert.equal(groupMembers(child.pid).length, 2);
  await child[Symbol.asyncDispose]();
  assert.deepEqual(groupMembers(child.pid), []);
  assert.equal((await child.exited).signal, "SIGKILL");
});

test("Child says that there is no such program", async () => {
  await using child = new Child("/nonexistent/program");
  await assert.rejects(child.exited, { code: "ENOENT" });
});
