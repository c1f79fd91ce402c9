import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "../../test/harness.ts";
import { spawnChild } from "./process.ts";
import { openSecret } from "./secret.ts";

const { signal } = new AbortController();

async function read(path: string): Promise<string> {
  let text = "";
  const child = await spawnChild({
    command: "cat",
    args: [path],
    signal,
    onStdout: (chunk) => text += new TextDecoder().decode(chunk),
  });
  await child.exit;
  return text;
}

test("openSecret() is read by a child, to its end", async () => {
  const bytes = new Uint8Array(4096).fill(97);
  using secret = openSecret(bytes);
  assert.equal(await read(secret.path), "a".repeat(4096));
});

test("openSecret() leaves nothing behind", () => {
  const secret = openSecret(Uint8Array.of(1));
  assert.ok(existsSync(secret.path));
  secret[Symbol.dispose]();
  secret[Symbol.dispose]();
  assert.ok(!existsSync(secret.path));
});

test("openSecret() refuses what a pipe may not hold", () => {
  assert.throws(() => openSecret(new Uint8Array(4097)), RangeError);
});
