/**
 * How a contract becomes tests: a list of checks, each of which throws where a
 * promise is broken.
 *
 * @module
 */

import assert from "node:assert/strict";
import { ms } from "../../agent/media/time.ts";
import type { Runtime } from "../../agent/plugin/runtime.ts";
import { within } from "../faults/deadline.ts";
import { test } from "../harness.ts";

/** One promise of a contract. */
export interface Check {
  /** What a plugin does that keeps it, for a sentence that begins with it. */
  readonly name: string;
  /** Rejects if the promise is broken. */
  readonly run: () => Promise<void>;
}

/** Promises that a plugin does not give, and why. */
export interface Skip {
  /** Why not: a sentence for whoever reads the test file. */
  readonly reason: string;
  /** Names of {@linkcode Check}s. */
  readonly tests: readonly string[];
}

/** The machine that a case runs on. */
export interface CaseRuntime extends Runtime {
  /** Lets time pass; omit on a machine where it does so by itself. */
  advance?(duration: number): Promise<void>;
  /**
   * What the plugin has opened and not closed, in words; omit on a machine
   * that cannot tell.
   */
  readonly open?: readonly string[];
}

/** Registers the checks of a plugin, all but those that are skipped. */
export function register(
  subject: string,
  checks: readonly Check[],
  skips: readonly Skip[],
): void {
  const names = new Set(checks.map(({ name }) => name));
  const skipped = new Set(skips.flatMap(({ tests }) => tests));
  for (const name of skipped) {
    assert.ok(names.has(name), `${subject} skips "${name}": no such test`);
  }
  for (const { name, run } of checks) {
    if (!skipped.has(name)) test(`${subject} ${name}`, run);
  }
}

/**
 * How long a plugin may take to end: what the supervisor gives it before it
 * warns, which is longer than a process has between SIGTERM and SIGKILL.
 */
export const GRACE_MS = 2000;

/** How far time is moved at once. */
const STEP_MS = 10;

/** Lets a moment pass. */
export async function pass(
  runtime: CaseRuntime,
  duration: number,
): Promise<void> {
  if (runtime.advance) await runtime.advance(duration);
  else await runtime.sleep(ms(duration));
}

/**
 * Waits for what has to settle within {@linkcode GRACE_MS} of the machine's own
 * time.
 *
 * @throws What `promise` rejects with, or that there is no `what`.
 */
export async function settled<T>(
  runtime: CaseRuntime,
  what: string,
  promise: Promise<T>,
): Promise<T> {
  if (runtime.advance === undefined) {
    return await within(GRACE_MS, what, promise);
  }
  let pending = true;
  const done = () => void (pending = false);
  promise.then(done, done);
  await runtime.advance(0);
  for (let passed = 0; pending && passed < GRACE_MS; passed += STEP_MS) {
    await runtime.advance(STEP_MS);
  }
  if (pending) throw new Error(`No ${what} within ${GRACE_MS} ms`);
  return await promise;
}

/** Waits for a yes. */
export async function untilTrue(
  runtime: CaseRuntime,
  what: string,
  ask: () => boolean | Promise<boolean>,
  limitMs: number = GRACE_MS,
): Promise<void> {
  for (let passed = 0; !await ask(); passed += STEP_MS) {
    if (passed > limitMs) throw new Error(`No ${what} within ${limitMs} ms`);
    await pass(runtime, passed === 0 ? 0 : STEP_MS);
  }
}

/**
 * Uses something and disposes of it. What failed first is what is thrown: the
 * rest follows from it.
 */
export async function use<Resource extends AsyncDisposable>(
  resource: Resource,
  body: (resource: Resource) => Promise<void>,
): Promise<void> {
  const failures: unknown[] = [];
  const keep = (error: unknown) => void failures.push(error);
  await body(resource).catch(keep);
  await resource[Symbol.asyncDispose]().then(undefined, keep);
  if (failures.length > 0) throw failures[0];
}

/** Compares bytes, without a picture of all that differ. */
export function assertBytes(
  actual: Uint8Array,
  expected: Uint8Array,
  what: string,
): void {
  const lengths = `${actual.length} bytes, not ${expected.length}`;
  assert.ok(actual.length === expected.length, `${what}: ${lengths}`);
  const at = actual.findIndex((byte, index) => byte !== expected[index]);
  assert.ok(at < 0, `${what}: byte ${at} differs`);
}

/** Expects an error to be the reason of an abort, and no other. */
export function assertReason(error: unknown, signal: AbortSignal): void {
  assert.ok(error === signal.reason, `${error} is not the abort's reason`);
}

/** Resolves to what a promise rejects with; rejects if it does not. */
export async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  let value: unknown;
  try {
    value = await promise;
  } catch (error) {
    return error;
  }
  throw new Error(`It resolved to ${value}, but was to reject`);
}
