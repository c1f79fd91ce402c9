/**
 * What a supervisor can tell about the thing it watches.
 *
 * @module
 */

import type { ProcessFailure, StreamFailure } from "../errors.ts";
import type { Milliseconds } from "../media/time.ts";

/**
 * Where a supervised thing stands: `starting` until it delivers, `running`
 * while it does; `stalled`, `lost` or `ended` from the failure until it is
 * cleaned up; `waiting` until the next attempt. `stopped` and `failed` are
 * final.
 */
export type SupervisorState =
  | "starting"
  | "running"
  | "stalled"
  | "lost"
  | "ended"
  | "waiting"
  | "stopped"
  | "failed";

/** What failures are counted by; `unexpected` is a bug. */
export type FailureKind =
  | StreamFailure
  | ProcessFailure
  | "config"
  | "unexpected";

/** A supervisor's state and counters: plain data, for JSON. */
export interface SupervisorStatus {
  /** Where it stands. */
  state: SupervisorState;
  /** When it got there, by the monotonic clock. */
  since: Milliseconds;
  /** When supervision began, by the monotonic clock. */
  startedAt: Milliseconds;
  /** Attempts since it last delivered, this one included; 0 while it does. */
  attempts: number;
  /** How often it was started again. */
  restarts: number;
  /** What ended the last attempt that failed. */
  lastFailure?: { kind: FailureKind; message: string; at: Milliseconds };
  /** How many attempts each kind of failure has ended. */
  failures: Partial<Record<FailureKind, number>>;
}

/** Creates the status of something that has not been started yet. */
export function createStatus(now: Milliseconds): SupervisorStatus {
  return {
    state: "starting",
    since: now,
    startedAt: now,
    attempts: 0,
    restarts: 0,
    failures: {},
  };
}

/** Writes a duration for people: `250 ms`, `1.0 s`, `4m05s`, `3h12m`. */
export function formatDuration(duration: Milliseconds): string {
  const tenths = Math.round(duration / 100);
  const seconds = Math.round(duration / 1_000);
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  if (Math.round(duration) < 1_000) return `${Math.round(duration)} ms`;
  if (tenths < 600) return `${(tenths / 10).toFixed(1)} s`;
  if (minutes < 60) return `${minutes}m${twoDigits(seconds % 60)}s`;
  if (hours < 24) return `${hours}h${twoDigits(minutes % 60)}m`;
  return `${Math.floor(hours / 24)}d${twoDigits(hours % 24)}h`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}
