/**
 * Keeps the status of a supervised thing and tells of its changes.
 *
 * @module
 */

import { type Milliseconds, ms } from "../media/time.ts";
import type { Logger } from "../plugin/context.ts";
import type { Clock } from "../plugin/runtime.ts";
import { kindOf, reasonOf, stateAfter } from "./failure.ts";
import {
  formatDuration,
  type SupervisorState,
  type SupervisorStatus,
} from "./status.ts";

/** One change of state. */
export interface StateChange {
  /** What it is now. */
  state: SupervisorState;
  /** What it was before. */
  previous: SupervisorState;
  /** The number of the attempt it concerns. */
  attempt: number;
  /** Why, where something failed. */
  reason?: Error;
  /** How long it will be `waiting`. */
  delay?: Milliseconds;
}

/** Whom a {@linkcode Report} tells, and what of. */
export interface ReportOptions {
  /** What is supervised, as log lines name it: no credentials in it. */
  subject: string;
  /** Reads the time. */
  clock: Clock;
  /** Gets one line per change an operator should know of. */
  log: Logger;
  /** Kept up to date. */
  status: SupervisorStatus;
  /** Called at every change, after the status is. */
  onState?: ((change: StateChange) => void) | undefined;
}

/** While the same failure repeats, one line in this time says so. */
const REPEAT_MS = 30_000;

/** The status, the log lines and the observer of one supervisor. */
export class Report {
  readonly #options: ReportOptions;
  #attempt = 0;
  #ranOnce = false;
  /** When what is there now began: its run, or else its attempt. */
  #upSince: Milliseconds;
  /** When it last stopped running, or else supervision began. */
  #downSince: Milliseconds;
  #logged: { reason: string; at: Milliseconds } | undefined;

  /** Supervision begins. */
  constructor(options: ReportOptions) {
    this.#options = options;
    this.#upSince = this.#downSince = options.clock.now();
  }

  /** Whether any attempt has delivered anything yet. */
  get ranOnce(): boolean {
    return this.#ranOnce;
  }

  /** An attempt begins. */
  starting(attempt: number): void {
    const { status, clock, log, subject } = this.#options;
    if (attempt === 1) log.info(`starting ${subject}`);
    this.#attempt = attempt;
    this.#upSince = clock.now();
    status.attempts++;
    status.restarts = attempt - 1;
    this.#enter("starting");
  }

  /** It delivers, for the first time or again. */
  running(): void {
    const { status, clock, log, subject } = this.#options;
    const again = this.#ranOnce ? " again" : "";
    log.info(`running ${subject}${again} after ${this.#past(this.#downSince)}`);
    this.#ranOnce = true;
    this.#upSince = clock.now();
    this.#logged = undefined;
    status.attempts = 0;
    this.#enter("running");
  }

  /** It is silent, and either `kept` as it is or about to be ended. */
  stalled(error: Error, kept: boolean): void {
    this.#enter("stalled", { reason: error });
    if (!kept) return;
    this.#count(error);
    this.#options.log.warn(`${this.#death("stalled", error)}; keeping it open`);
  }

  /** An attempt failed; another one follows. */
  waiting(error: Error, retry: number, delay: Milliseconds): void {
    const state = stateAfter(error);
    this.#count(error);
    const when = delay === 0 ? "at once" : `in ${formatDuration(delay)}`;
    this.#logFailure(error, `retry ${retry} ${when}`);
    if (this.#options.status.state !== state) {
      this.#enter(state, { reason: error });
    }
    this.#enter("waiting", { reason: error, delay });
  }

  /** It has ended as it should: by its own account, or because told to. */
  stopped(how: "finished" | "stopped"): void {
    const { log, subject } = this.#options;
    log.info(`${how} ${subject} after ${this.#past(this.#upSince)}`);
    this.#enter("stopped");
  }

  /** It is given up. Whoever gets the error prints it. */
  failed(error: Error): void {
    this.#count(error);
    this.#enter("failed", { reason: error });
  }

  #enter(
    state: SupervisorState,
    more: { reason?: Error; delay?: Milliseconds } = {},
  ): void {
    const { status, clock, onState, log } = this.#options;
    const previous = status.state;
    const now = clock.now();
    if (previous === "running") this.#downSince = now;
    status.state = state;
    status.since = now;
    try {
      onState?.({ state, previous, attempt: this.#attempt, ...more });
    } catch (error) {
      log.warn(`Observer of ${state} failed: ${error}`);
    }
  }

  #count(error: Error): void {
    const { status, clock } = this.#options;
    const kind = kindOf(error);
    status.failures[kind] = (status.failures[kind] ?? 0) + 1;
    status.lastFailure = { kind, message: error.message, at: clock.now() };
  }

  #logFailure(error: Error, next: string): void {
    const { status, clock, log, subject } = this.#options;
    const reason = reasonOf(error);
    const now = clock.now();
    const repeated = this.#logged?.reason === reason;
    if (repeated && now - this.#logged!.at < REPEAT_MS) return;
    this.#logged = { reason, at: now };
    log.warn(
      repeated
        ? `still ${
          kindOf(error)
        } ${subject}, attempt ${status.attempts}; ${next}`
        : `${this.#death(stateAfter(error), error)}; ${next}`,
    );
  }

  #death(state: SupervisorState, error: Error): string {
    const why = kindOf(error) === state ? error.message : reasonOf(error);
    const { subject } = this.#options;
    return `${state} ${subject} after ${this.#past(this.#upSince)} (${why})`;
  }

  #past(since: Milliseconds): string {
    return formatDuration(ms(this.#options.clock.now() - since));
  }
}
