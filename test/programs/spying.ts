/**
 * The real machine, watched.
 *
 * @module
 */

import type { ChildProcess, Runtime } from "../../agent/plugin/runtime.ts";
import { runtime } from "../../agent/runtime/mod.ts";

/** The machine, and what it has started. */
export function spying(): [Runtime, ChildProcess[]] {
  const children: ChildProcess[] = [];
  return [{
    ...runtime,
    async spawn(options) {
      const child = await runtime.spawn(options);
      children.push(child);
      return child;
    },
  }, children];
}
