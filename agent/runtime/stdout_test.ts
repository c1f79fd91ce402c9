import assert from "node:assert/strict";
import { Child } from "../../test/faults/child.ts";
import { until } from "../../test/faults/deadline.ts";
import { test } from "../../test/harness.ts";
import { scriptCommand } from "../../test/programs/script.ts";

const DEADLINE_MS = 5000;

const CHUNK_BYTES = 100_000;

/** Writes more than any pipe holds. */
const CHUNKS = 20;

test("writeStdout writes everything in order", async () => {
  await using child = start((command) => command);
  assert.equal((await child.finished()).code, 0);
  assertWhole(child.stdout);
  assert.match(`${child.stderr}`, /all written\n$/);
});

test("writeStdout tells the end when its reader leaves", async () => {
  await using child = start((command) => `${command} | head -c 1000`);
  await child.finished();
  assert.equal(child.stdout.length, 1000);
  const end = "StreamError: Cannot write to stdout: its reader left ended\n";
  assert.ok(`${child.stderr}`.endsWith(end), `${child.stderr}`);
});

test("writeStdout does not hold up the event loop", async () => {
  await using child = start((command) => `${command} | sleep 60`);
  // It is told every 20 ms, however long nothing can be written.
  await until(DEADLINE_MS, "sign of life", () => {
    return `${child.stderr}`.split("alive").length > 10;
  });
  assert.doesNotMatch(`${child.stderr}`, /written|Error/);
});

test("writeStdout says why nothing can be written", async () => {
  await using child = start((command) => `${command} >/dev/full`);
  await child.finished();
  const end = "StreamError: Cannot write to stdout: no space left lost\n";
  assert.ok(`${child.stderr}`.endsWith(end), `${child.stderr}`);
});

test("writeStdout waits where somebody made stdout non-blocking", async () => {
  // Its flags belong to the pipe's end, which all have inherited.
  const nonBlocking = "dd if=/dev/null oflag=nonblock status=none";
  await using child = start((command) =>
    `{ ${nonBlocking}; ${command}; } | { sleep 0.3; cat; }`
  );
  await child.finished();
  assertWhole(child.stdout);
});

function start(script: (command: string) => string): Child {
  const command = scriptCommand("write_stdout.ts", `${CHUNKS}`)
    .map((word) => `'${word}'`).join(" ");
  return new Child("/bin/sh", ["-c", script(command)]);
}

function assertWhole(bytes: Uint8Array): void {
  assert.equal(bytes.length, CHUNKS * CHUNK_BYTES);
  for (let i = 0; i < CHUNKS; i++) {
    const chunk = bytes.subarray(i * CHUNK_BYTES, (i + 1) * CHUNK_BYTES);
    assert.ok(chunk.every((byte) => byte === 65 + i % 26), `chunk ${i}`);
  }
}
