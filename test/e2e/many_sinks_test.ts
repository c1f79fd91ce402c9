import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { until, within } from "../faults/deadline.ts";
import { test } from "../harness.ts";
import { Agent } from "./agent.ts";
import { temporaryFolder } from "./folder.ts";
import { Camera, Reader } from "./stamped.ts";

/** Sinks whose readers stand still. */
const STOPPED = 8;

/** How long the ninth is watched. */
const FRAMES = 150;

/**
 * Frames that the ninth reader may miss by itself, where the machine gives it
 * no time for a thirtieth of a second. On a quiet one it misses none.
 */
const ALLOWANCE = 3;

test("camagent loses no frame for eight readers that stand still", async () => {
  using folder = temporaryFolder();
  await using camera = new Camera(folder.path);
  await using sender = Agent.send(camera.address, "tcp://127.0.0.1:0");
  const input = `tcp://127.0.0.1:${await sender.port()}`;
  const paths = Array.from(
    { length: STOPPED + 1 },
    (_, i) => join(folder.path, `frames${i}`),
  );
  const sinks = paths.map((path) => `pipe:${path}`);
  await using receiver = Agent.recv(input, ...sinks);
  await until(5000, "FIFOs", () => paths.every((path) => existsSync(path)));
  await using stack = new AsyncDisposableStack();
  const readers = paths.map((path) => stack.use(new Reader(path)));
  for (const reader of readers) await reader.reach(1);
  for (const { pid } of readers.slice(1)) process.kill(pid, "SIGSTOP");
  const [ninth] = readers;
  const from = ninth!.seen.length;
  await ninth!.reach(from + FRAMES);
  const counters = ninth!.seen.slice(from).map(({ counter }) => counter);
  const missing = counters.at(-1)! - counters[0]! + 1 - counters.length;
  // deno-lint-ignore no-console
  console.log(`${missing} of ${FRAMES} frames missing beside stopped readers`);
  assert.ok(missing <= ALLOWANCE, `${missing} missing`);
  assert.equal(ninth!.damaged, 0);
  receiver.kill("SIGTERM");
  assert.deepEqual(await within(2000, "end", receiver.exit), {
    code: 0,
    signal: null,
  });
});
