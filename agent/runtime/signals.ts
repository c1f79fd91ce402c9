/**
 * The signals that ask this process to end.
 *
 * @module
 */

import { constants } from "node:os";
import { performance } from "node:perf_hooks";
import process from "node:process";
import { type Milliseconds, ms } from "../media/time.ts";

/** A signal that asks for an end. */
export type StopSignal = "SIGINT" | "SIGTERM" | "SIGHUP";

/** A request to end, or the promise of one. */
export interface Stop extends Disposable {
  /** Aborts at the first signal. */
  readonly signal: AbortSignal;
  /** The signal that came first, if one came. */
  readonly received: StopSignal | undefined;
  /** Rejects with what was thrown and nobody caught: a bug. */
  readonly uncaught: Promise<never>;
  /** Asks for an end as a signal would, but for the exit code: 0. */
  request(): void;
}

/** What stands in for this process in tests. */
export interface StopOptions {
  /**
   * From the first signal to the end by force. A child gets one second
   * between SIGTERM and SIGKILL, a service manager's patience is longer.
   *
   * @default {1800}
   */
  deadline?: Milliseconds;
  /**
   * A second signal that soon is the first one once more: timeout(1) and
   * terminals send it to a process and to its group.
   *
   * @default {500}
   */
  echo?: Milliseconds;
  /** Sends the signals. */
  process?: {
    on(event: string, listener: (thrown: unknown) => void): unknown;
    off(event: string, listener: (thrown: unknown) => void): unknown;
  };
  /** Ends this process at once. */
  exit?: (code: number) => void;
}

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

const BUGS = ["uncaughtException", "unhandledRejection"];

/**
 * Listens for signals: the first one aborts, and sets a deadline; another one
 * that is no echo of it, or the deadline, ends the process whatever it hangs on.
 */
export function onStop(options: StopOptions = {}): Stop {
  const { deadline = ms(1_800), echo = ms(500), exit = endProcess } = options;
  const emitter = options.process ?? process;
  const controller = new AbortController();
  let received: StopSignal | undefined;
  let receivedAt = -Infinity;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const uncaught = Promise.withResolvers<never>();
  uncaught.promise.catch(() => {});

  const listeners = new Map<string, (thrown: unknown) => void>();
  for (const name of BUGS) listeners.set(name, uncaught.reject);
  for (const name of SIGNALS) {
    listeners.set(name, () => {
      const isEcho = performance.now() - receivedAt < echo;
      if (received !== undefined) {
        if (!isEcho) exit(signalCode(name));
        return;
      }
      received = name;
      receivedAt = performance.now();
      request();
    });
  }
  for (const [name, listener] of listeners) emitter.on(name, listener);

  function request(): void {
    if (timer !== undefined) return;
    const code = () => received === undefined ? 0 : signalCode(received);
    timer = setTimeout(() => exit(code()), deadline);
    timer.unref();
    controller.abort();
  }

  return {
    signal: controller.signal,
    get received() {
      return received;
    },
    uncaught: uncaught.promise,
    request,
    [Symbol.dispose]() {
      clearTimeout(timer);
      for (const [name, listener] of listeners) emitter.off(name, listener);
    },
  };
}

/** Ends this process at once. */
export function endProcess(code: number): never {
  process.exit(code);
}

/** What a shell reports for a process that a signal ended. */
export function signalCode(signal: StopSignal): number {
  return 128 + constants.signals[signal];
}
