/**
 * One incarnation of a supervised thing, from its start to its clean end.
 *
 * @module
 */

import { StreamError } from "../errors.ts";
import { type Milliseconds, ms } from "../media/time.ts";
import type { Logger } from "../plugin/context.ts";
import type { Clock } from "../plugin/runtime.ts";
import { toError } from "./failure.ts";
import { pause } from "./pause.ts";
import { type StallOptions, StallTimer } from "./stall.ts";
import { formatDuration } from "./status.ts";

/** What a supervised function is handed for one attempt. */
export interface Attempt {
  /** Which attempt this is, from 1; no two of a supervisor share a number. */
  readonly number: number;
  /**
   * Aborts when the attempt is to end; its reason is why. The function then
   * closes what it opened and settles.
   */
  readonly signal: AbortSignal;
  /**
   * Says that something was delivered: the first call makes the state
   * `running`, every call keeps it from being `stalled`. Does nothing once the
   * attempt is over, so that late callbacks are harmless.
   */
  progress(): void;
}

/**
 * What is supervised. Resolving while it is wanted is a failure like any
 * other, unless it resolves to `"finished"`: then supervision ends.
 */
export type Run = (attempt: Attempt) => Promise<"finished" | void>;

/** When silence is a failure, and what is done about it. */
export interface StallPolicy extends StallOptions {
  /**
   * Whether silence ends the attempt. If not, it goes on and only its state
   * changes: a silent UDP port is kept open. A function is asked at every
   * silence.
   *
   * @default {true}
   */
  restart?: boolean | (() => boolean);
}

/** What one attempt needs to know. */
export interface AttemptOptions {
  /** What is supervised, as log lines name it: no credentials in it. */
  subject: string;
  /** Ends the attempt from outside. */
  signal: AbortSignal;
  /** Reads the time and waits for it. */
  clock: Clock;
  /** Hears of a run that does not end when told to. */
  log: Logger;
  /** Omit where silence is not a failure. */
  stall?: StallPolicy | undefined;
  /**
   * How long the run may take to end when told to, before a warning says so:
   * longer than a process is given between SIGTERM and SIGKILL.
   *
   * @default {2000}
   */
  killGraceMs?: number | undefined;
}

/** Who hears of an attempt while it goes on. */
export interface AttemptEvents {
  /** It delivers, for the first time or again after a silence. */
  onRunning(): void;
  /** It fell silent, and is kept as it is or about to be ended. */
  onStalled(error: StreamError, kept: boolean): void;
}

/** How an attempt ended. */
export interface Outcome {
  /** What ended it first, whatever came of that; absent if it finished. */
  error?: Error;
  /** From its first progress to its last; absent if there was none. */
  delivered?: Milliseconds;
}

/** Runs one attempt. Never rejects; resolves when its run has settled. */
export async function runAttempt(
  run: Run,
  number: number,
  options: AttemptOptions,
  events: AttemptEvents,
): Promise<Outcome> {
  const { clock, signal, stall, subject, killGraceMs = 2_000 } = options;
  const outcome: Outcome = {};
  if (signal.aborted) return outcome;
  const ending = new AbortController();
  const ended = new AbortController();
  const timer = stall && new StallTimer(clock, stall);
  let running = false;
  let firstAt: Milliseconds | undefined;

  function progress(): void {
    if (ending.signal.aborted || ended.signal.aborted) return;
    const now = clock.now();
    firstAt ??= now;
    outcome.delivered = ms(now - firstAt);
    timer?.feed(now);
    if (running) return;
    running = true;
    events.onRunning();
  }

  function onStall(error: StreamError): void {
    if (ending.signal.aborted) return;
    running = false;
    const restart = stall?.restart ?? true;
    const ends = typeof restart === "function" ? restart() : restart;
    events.onStalled(error, !ends);
    if (ends) ending.abort(error);
  }

  async function warnIfOverdue(): Promise<void> {
    if (!await pause(clock, killGraceMs, ended.signal)) return;
    const grace = formatDuration(ms(killGraceMs));
    options.log.warn(`${subject} goes on ${grace} after it was told to end`);
  }

  const stop = () => ending.abort(signal.reason);
  signal.addEventListener("abort", stop);
  ending.signal.addEventListener("abort", () => void warnIfOverdue());
  timer?.watch(onStall, ended.signal).catch((error) => ending.abort(error));
  try {
    const result = await run({ number, signal: ending.signal, progress });
    if (result !== "finished") {
      outcome.error = new StreamError("ended", "It ended while it was wanted");
    }
  } catch (thrown) {
    outcome.error = toError(thrown);
  }
  if (ending.signal.aborted) outcome.error = toError(ending.signal.reason);
  signal.removeEventListener("abort", stop);
  ended.abort();
  return outcome;
}
