/**
 * A sleep whose interruption is an answer, not an error.
 *
 * @module
 */

import { type Milliseconds, ms } from "../media/time.ts";
import type { Clock } from "../plugin/runtime.ts";

/** Resolves to whether `durationMs` went by before `signal` aborted. */
export async function pause(
  clock: Clock,
  durationMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  const duration: Milliseconds = ms(durationMs);
  try {
    await clock.sleep(duration, signal);
    return true;
  } catch (error) {
    if (signal.aborted) return false;
    throw error;
  }
}
