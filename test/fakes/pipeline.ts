/**
 * What the tests of both pipelines share.
 *
 * @module
 */

import type { Logger } from "../../agent/plugin/context.ts";
import { FakeRuntime } from "./runtime.ts";

/** Where a pipeline runs, who ends it, and what it said. */
export interface Surroundings {
  /** The machine. */
  readonly runtime: FakeRuntime;
  /** Ends it. */
  readonly stop: AbortController;
  /** What was logged, each line behind its component. */
  readonly lines: string[];
  /** Makes the log of a component. */
  readonly log: (component: string) => Logger;
}

/** Makes them. */
export function surroundings(): Surroundings {
  const lines: string[] = [];
  const say = (component: string) => (message: string) =>
    void lines.push(`${component}: ${message}`);
  return {
    runtime: new FakeRuntime(),
    stop: new AbortController(),
    lines,
    log: (name) => ({ info: say(name), warn: say(name) }),
  };
}

/** Waits for the end, as every plugin does that has nothing to do. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
