/**
 * Whether something that is done many times over leaves descriptors open. In a
 * process of its own: tests that run side by side share theirs.
 *
 * @module
 */

import assert from "node:assert/strict";
import { Child } from "../faults/child.ts";
import { scriptCommand } from "./script.ts";

/** What a runtime opens for itself in between, whatever is done. */
const OWN = 3;

/** Has `count_descriptors.ts` do one of its activities. */
export async function assertFlat(
  activity: string,
  times: number,
): Promise<void> {
  assert.ok(times > 10 * OWN);
  const [command, ...args] = scriptCommand(
    "count_descriptors.ts",
    activity,
    `${times}`,
  );
  await using child = new Child(command, args);
  const { code } = await child.finished();
  assert.equal(code, 0, `${child.stderr}`);
  const [before, after] = `${child.stdout}`.split(" ").map(Number);
  assert.ok(after! <= before! + OWN, `from ${before} to ${after}`);
}
