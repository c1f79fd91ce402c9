import assert from "node:assert/strict";
import { closeSync, openSync } from "node:fs";
import process from "node:process";
import { test } from "../harness.ts";
import { programPath } from "../programs/mod.ts";
import { Child } from "./child.ts";
import { until } from "./deadline.ts";
import {
  descendantsOf,
  groupMembers,
  isAlive,
  killTree,
  livingProcesses,
  openDescriptors,
  orphansOf,
  residentBytes,
} from "./process_tree.ts";

/** A shell, a shell under it, and a sleeper under each; prints their pids. */
const FAMILY = "sleep 300 & sh -c 'sleep 300 & echo $! $$; wait' & " +
  "echo $! $$; wait";

/** A child that starts a session of its own, out of its parent's group. */
const RUNAWAY = "setsid sleep 300 & echo ready; wait";

test("descendantsOf() finds children and theirs, not the ancestor", async () => {
  await using family = await startFamily();
  const found = descendantsOf(family.pid).map(({ pid }) => pid);
  assert.equal(found.length, 3);
  assert.equal(found.includes(family.pid), false);
  const ours = descendantsOf(process.pid).map(({ pid }) => pid);
  for (const pid of [family.pid, ...found]) assert.ok(ours.includes(pid));
});

test("groupMembers() finds the group with its leader", async () => {
  await using family = await startFamily();
  const members = groupMembers(family.pid);
  assert.equal(members.length, 4);
  const leader = members.find(({ pid }) => pid === family.pid);
  assert.deepEqual(leader?.parent, process.pid);
  assert.deepEqual(leader?.command, ["/bin/sh", "-c", FAMILY]);
});

test("livingProcesses() reads names with spaces and brackets", async () => {
  const script = 'printf "a) R 1 (b" > /proc/self/comm; echo ready; read _';
  await using child = new Child("/bin/bash", ["-c", `${script} < <(sleep 9)`]);
  await child.says("ready");
  const entry = livingProcesses().find(({ pid }) => pid === child.pid);
  assert.equal(entry?.parent, process.pid);
  assert.equal(entry?.group, child.pid);
});

test("isAlive() counts a zombie as dead", async () => {
  // The shell's place is taken by a sleeper that never asks for the child.
  const script = "sh -c 'echo $$; read _ < /dev/null' & exec sleep 300";
  await using parent = new Child("/bin/sh", ["-c", script]);
  await parent.says("\n");
  const zombie = Number(`${parent.stdout}`);
  await until(1000, "end of the child", () => !isAlive(zombie));
  assert.equal(process.kill(zombie, 0), true);
  assert.ok(isAlive(parent.pid));
});

test("killTree() kills all of a family, and says whom", async () => {
  await using family = await startFamily();
  const members = groupMembers(family.pid).map(({ pid }) => pid);
  const killed = await killTree(family.pid);
  assert.deepEqual(killed.toSorted(), members.toSorted());
  assert.deepEqual(members.filter(isAlive), []);
  assert.equal((await family.finished()).signal, "SIGKILL");
});

test("killTree() kills one that left the group, and one that froze", async () => {
  await using child = new Child("/bin/sh", ["-c", RUNAWAY]);
  await child.says("ready");
  const runaway = await until(
    1000,
    "session",
    () => descendantsOf(child.pid).find(({ group }) => group !== child.pid),
  );
  process.kill(runaway.pid, "SIGSTOP");
  await killTree(child.pid);
  assert.deepEqual([child.pid, runaway.pid].filter(isAlive), []);
});

test("killTree() kills what is left of a group whose leader is gone", async () => {
  const path = programPath("grandchild-holds-stdout");
  await using child = new Child(path);
  await child.exited;
  assert.equal((await killTree(child.pid)).length, 1);
  assert.deepEqual(groupMembers(child.pid), []);
});

for (const pid of [0, 1, -1, process.pid]) {
  test(`killTree() refuses ${pid === process.pid ? "itself" : pid}`, async () => {
    const message = `Cannot kill process ${pid}: not ours to kill`;
    await assert.rejects(killTree(pid), { message });
  });
}

test("orphansOf() finds a mark in the environment, inherited too", async () => {
  const mark = `orphan-${process.pid}-environ`;
  const path = programPath("grandchild-holds-stdout");
  await using child = new Child(path, [], { CAMAGENT_TEST: mark });
  await child.exited;
  await child.says("\n");
  const orphans = orphansOf(mark).map(({ pid }) => pid);
  assert.deepEqual(orphans, [Number(`${child.stdout}`)]);
  await killTree(child.pid);
  assert.deepEqual(orphansOf(mark), []);
});

test("orphansOf() finds a mark among the arguments", async () => {
  const mark = `orphan-${process.pid}-argument`;
  await using child = new Child("/bin/sh", ["-c", "sleep 300; :", mark]);
  // While it forks it is there twice.
  await until(1000, "the shell alone", () => {
    const [first, ...others] = orphansOf(mark);
    return first?.pid === child.pid && others.length === 0;
  });
});

test("openDescriptors() counts what is opened and closed", () => {
  // Tests beside this one, in the same process, open a few of their own.
  const [many, few] = [256, 64];
  const before = openDescriptors(process.pid)!;
  const fds = Array.from({ length: many }, () => openSync("/dev/null", "r"));
  const during = openDescriptors(process.pid)!;
  for (const fd of fds) closeSync(fd);
  const after = openDescriptors(process.pid)!;
  assert.ok(Math.abs(during - before - many) < few, `${before} ${during}`);
  assert.ok(Math.abs(after - before) < few, `${before} ${after}`);
});

test("residentBytes() and openDescriptors() know nothing of the dead", async () => {
  await using child = new Child(programPath("forever"));
  await child.says("ready");
  assert.ok(residentBytes(child.pid)! > 100_000);
  // stdin, stdout, stderr, and what our own parent left open.
  assert.ok(openDescriptors(child.pid)! >= 3);
  await child[Symbol.asyncDispose]();
  assert.equal(residentBytes(child.pid), undefined);
  assert.equal(openDescriptors(child.pid), undefined);
});

async function startFamily(): Promise<Child> {
  const family = new Child("/bin/sh", ["-c", FAMILY]);
  try {
    await until(1000, "family", () => descendantsOf(family.pid).length === 3);
  } catch (error) {
    await family[Symbol.asyncDispose]();
    throw error;
  }
  return family;
}
