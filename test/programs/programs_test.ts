import assert from "node:assert/strict";
import { performance } from "node:perf_hooks";
import { Child } from "../faults/child.ts";
import { until } from "../faults/deadline.ts";
import { isAlive } from "../faults/process_tree.ts";
import { test } from "../harness.ts";
import { programPath } from "./mod.ts";

test("forever runs until it is told to end", async () => {
  await using child = new Child(programPath("forever"));
  await child.says("ready\n");
  assert.ok(isAlive(child.pid));
  child.kill("SIGTERM");
  assert.deepEqual(await child.finished(), { code: null, signal: "SIGTERM" });
});

test("ignore-term survives what asks, and not SIGKILL", async () => {
  await using child = new Child(programPath("ignore-term"));
  await child.says("ready\n");
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
    child.kill(signal);
  }
  // A signal that is not ignored takes effect before the next one arrives.
  child.kill("SIGCONT");
  assert.ok(isAlive(child.pid));
  child.kill("SIGKILL");
  assert.deepEqual(await child.finished(), { code: null, signal: "SIGKILL" });
});

for (const code of [0, 1, 77]) {
  test(`exit-at-once exits with the code ${code}`, async () => {
    await using child = new Child(programPath("exit-at-once"), [`${code}`]);
    assert.deepEqual(await child.finished(), { code, signal: null });
  });
}

test("stop-after exits with its code after its time", async () => {
  const startedAt = performance.now();
  await using child = new Child(programPath("stop-after"), ["0.2", "3"]);
  assert.deepEqual(await child.finished(), { code: 3, signal: null });
  assert.ok(performance.now() - startedAt >= 200);
  assert.equal(`${child.stdout}`, "ready\n");
});

test("stop-after ends early and leaves no sleeper when told to", async () => {
  await using child = new Child(programPath("stop-after"), ["300"]);
  await child.says("ready\n");
  child.kill("SIGTERM");
  assert.deepEqual(await child.finished(), { code: 143, signal: null });
});

test("grandchild-holds-stdout is gone long before its stdout", async () => {
  const path = programPath("grandchild-holds-stdout");
  await using child = new Child(path, ["5"]);
  assert.deepEqual(await child.exited, { code: 5, signal: null });
  await child.says("\n");
  const grandchild = Number(`${child.stdout}`);
  assert.ok(isAlive(grandchild));
  let closed = false;
  const finished = child.finished().then(() => closed = true);
  await new Promise((resolve) => setTimeout(resolve, 0));
  assert.equal(closed, false);
  await child[Symbol.asyncDispose]();
  assert.equal(isAlive(grandchild), false);
  await finished;
});

test("flood-stderr writes lines, as many bytes as asked for", async () => {
  const path = programPath("flood-stderr");
  await using child = new Child(path, ["lines", "1000000"]);
  assert.equal((await child.finished()).code, 0);
  assert.equal(child.stderr.length, 1_000_000);
  assert.match(`${child.stderr}`, /^(frame=1 fps=30 q=20\.0 size=N\/A\n){9}/);
  assert.equal(child.stdout.length, 0);
});

test("flood-stderr writes one line of 10 MB without an end", async () => {
  await using child = new Child(programPath("flood-stderr"), ["line"]);
  assert.equal((await child.finished()).code, 0);
  assert.equal(child.stderr.length, 10_000_000);
  assert.equal(child.stderr.includes("\n"), false);
});

test("flood-stderr writes NUL and what is no UTF-8", async () => {
  const path = programPath("flood-stderr");
  await using child = new Child(path, ["binary", "4096"]);
  assert.equal((await child.finished()).code, 0);
  assert.equal(child.stderr.length, 4096);
  const unit = [0x61, 0xff, 0xfe, 0xc0, 0x80, 0x0d, 0x00, 0x0a];
  assert.deepEqual([...child.stderr.subarray(0, 8)], unit);
});

test("flood-stderr ends when nobody reads any more", async () => {
  const path = programPath("flood-stderr");
  await using child = new Child("/bin/sh", [
    "-c",
    `"${path}" lines 2>&1 >/dev/null | head -c 10; echo over`,
  ]);
  await child.says("over");
  await until(1000, "end", () => !isAlive(child.pid));
});
