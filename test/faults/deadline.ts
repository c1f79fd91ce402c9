/**
 * Waits that end: for a promise, and for what the system tells only when
 * asked, such as the death of somebody else's child.
 *
 * @module
 */

import { performance } from "node:perf_hooks";

/** How often {@linkcode until} asks; a tenth of the shortest budget. */
const ASK_EVERY_MS = 5;

/**
 * Passes on what `promise` settles to.
 *
 * @throws {Error} If that takes longer than `deadlineMs`; `what` names it.
 */
export async function within<T>(
  deadlineMs: number,
  what: string,
  promise: Promise<T>,
): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    const error = new Error(`No ${what} within ${deadlineMs} ms`);
    timer = setTimeout(() => reject(error), deadlineMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Asks until the answer is neither `undefined` nor `false`, and returns it.
 *
 * @throws {Error} If that takes longer than `deadlineMs`; `what` names it.
 */
export async function until<T>(
  deadlineMs: number,
  what: string,
  ask: () => T | undefined | false | Promise<T | undefined | false>,
): Promise<T> {
  const end = performance.now() + deadlineMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (performance.now() > end) {
      throw new Error(`No ${what} within ${deadlineMs} ms`);
    }
    await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
  }
}
