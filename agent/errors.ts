/**
 * What can go wrong, sorted by who has to act on it.
 *
 * @module
 */

/**
 * The user asked for something impossible. Never retried. The CLI ends with a
 * code of sysexits.h: {@linkcode ConfigError.exitCode}.
 */
export class ConfigError extends TypeError {
  /**
   * 64 (usage) unless a more exact code of sysexits.h fits: 66 (no such
   * input), 69 (a program is missing), 73 (cannot create), 77 (no permission).
   */
  readonly exitCode: number;

  /** Says what cannot be done and which value is to blame. */
  constructor(
    message: string,
    { exitCode = 64, ...options }: ErrorOptions & { exitCode?: number } = {},
  ) {
    super(message, options);
    this.name = "ConfigError";
    this.exitCode = exitCode;
  }
}

/** Why a stream ended, as the supervisor counts it. */
export type StreamFailure =
  | "refused"
  | "lost"
  | "stalled"
  | "ended"
  | "undecodable";

/** The stream broke. The supervisor restarts it. */
export class StreamError extends Error {
  /** What happened; the restart policy and the counters go by it. */
  readonly failure: StreamFailure;

  /** Says what happened, what was being done, and to whom. */
  constructor(failure: StreamFailure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "StreamError";
    this.failure = failure;
  }
}

/** How a child process came to its end. */
export type ProcessFailure = "not-found" | "exited" | "killed" | "timeout";

/** What is known of a child process that failed. */
export interface ProcessErrorOptions extends ErrorOptions {
  /** The program and its arguments. */
  command: readonly string[];
  /** How it ended. */
  reason: ProcessFailure;
  /** Its exit status, where it had one. */
  exitCode?: number | undefined;
  /** The signal that ended it, where one did. */
  signal?: string | undefined;
  /** Whether it had to be killed because it ignored SIGTERM. */
  forced?: boolean;
  /** The last lines it wrote to stderr. */
  stderrTail?: readonly string[];
}

/** A child process could not be started, or ended while it was wanted. */
export class ProcessError extends Error {
  /** The program and its arguments. */
  readonly command: readonly string[];
  /** How it ended. */
  readonly reason: ProcessFailure;
  /** Its exit status, where it had one. */
  readonly exitCode: number | undefined;
  /** The signal that ended it, where one did. */
  readonly signal: string | undefined;
  /** Whether it had to be killed because it ignored SIGTERM. */
  readonly forced: boolean;
  /** The last lines it wrote to stderr. */
  readonly stderrTail: readonly string[];

  /** Says what was being done; the fields say the rest. */
  constructor(message: string, options: ProcessErrorOptions) {
    super(message, options);
    this.name = "ProcessError";
    this.command = options.command;
    this.reason = options.reason;
    this.exitCode = options.exitCode;
    this.signal = options.signal;
    this.forced = options.forced ?? false;
    this.stderrTail = options.stderrTail ?? [];
  }
}

/** The supervisor has used up `--max-retries`. */
export class GaveUpError extends Error {
  /** How often it was tried. */
  readonly attempts: number;

  /** Names what was given up; `cause` is the last failure. */
  constructor(message: string, attempts: number, options: ErrorOptions) {
    super(message, options);
    this.name = "GaveUpError";
    this.attempts = attempts;
  }
}
