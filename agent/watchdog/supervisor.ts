/**
 * Keeps one thing running: the only place that retries.
 *
 * @module
 */

import { GaveUpError } from "../errors.ts";
import { type AttemptOptions, type Run, runAttempt } from "./attempt.ts";
import { isUsersToMend } from "./failure.ts";
import { pause } from "./pause.ts";
import { Report, type StateChange } from "./report.ts";
import { RestartPolicy } from "./restart_policy.ts";
import { createStatus, type SupervisorStatus } from "./status.ts";

export type { Attempt, Run, StallPolicy } from "./attempt.ts";
export type { StateChange } from "./report.ts";

/** What is supervised, how, and who hears of it. */
export interface SupervisorOptions extends AttemptOptions {
  /** Retries that deliver nothing before giving up. Omit: never gives up. */
  maxRetries?: number | undefined;
  /** Kept up to date; made by {@linkcode createStatus}. */
  status?: SupervisorStatus | undefined;
  /** Called at every change of state. */
  onState?: ((change: StateChange) => void) | undefined;
  /**
   * Returns a number in [0, 1), for the spread of pauses.
   *
   * @default {Math.random}
   */
  random?: (() => number) | undefined;
  /**
   * The longest pause between attempts, for as long as the token bucket has
   * tokens.
   *
   * @default {5000}
   */
  longestPauseMs?: number | undefined;
  /**
   * Tells whether another one waits already, that takes over at once.
   *
   * @default {() => false}
   */
  hasSpare?: (() => boolean) | undefined;
}

/**
 * Runs something until it finishes or is told to stop, starting it again
 * whenever it fails.
 *
 * @param run One attempt; see {@linkcode Run}.
 * @returns When `run` resolved to `"finished"`, or `options.signal` aborted;
 * no attempt is under way then.
 * @throws What only the user can mend (a {@linkcode ConfigError}, a missing
 * program), if nothing has been delivered yet.
 * @throws {GaveUpError} If `maxRetries` retries in a row delivered nothing.
 */
export async function supervise(
  run: Run,
  options: SupervisorOptions,
): Promise<void> {
  const { clock, signal, subject, maxRetries = Infinity } = options;
  const { random = Math.random, status = createStatus(clock.now()) } = options;
  const report = new Report({ ...options, status });
  const policy = new RestartPolicy(clock.now(), random, options.longestPauseMs);

  for (let number = 1; !signal.aborted; number++) {
    report.starting(number);
    const { error, delivered } = await runAttempt(run, number, options, {
      onRunning: () => report.running(),
      onStalled: (error, kept) => report.stalled(error, kept),
    });
    if (signal.aborted) break;
    if (error === undefined) return report.stopped("finished");
    if (isUsersToMend(error) && !report.ranOnce) {
      report.failed(error);
      throw error;
    }

    const { retry, delay } = policy.next(
      delivered,
      clock.now(),
      options.hasSpare?.(),
    );
    if (retry > maxRetries) {
      report.failed(error);
      const what = `"${subject}" after ${retry} attempts: ${error.message}`;
      throw new GaveUpError(`Gave up ${what}`, retry, { cause: error });
    }
    report.waiting(error, retry, delay);
    await pause(clock, delay, signal);
  }
  report.stopped("stopped");
}
