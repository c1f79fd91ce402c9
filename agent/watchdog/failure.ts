/**
 * What a failure means to the supervisor.
 *
 * @module
 */

import { ConfigError, ProcessError, StreamError } from "../errors.ts";
import type { FailureKind, SupervisorState } from "./status.ts";

/** Returns what a failure is counted by. */
export function kindOf(error: Error): FailureKind {
  if (error instanceof StreamError) return error.failure;
  if (error instanceof ProcessError) return error.reason;
  if (error instanceof ConfigError) return "config";
  return "unexpected";
}

/** Returns the state that a failure leads to. */
export function stateAfter(error: Error): SupervisorState & FailureKind {
  const kind = kindOf(error);
  return kind === "stalled" || kind === "ended" ? kind : "lost";
}

/** Whether trying again is pointless until somebody changes something. */
export function isUsersToMend(error: Error): boolean {
  const kind = kindOf(error);
  return kind === "config" || kind === "not-found";
}

/** Says what happened, and where in the code if nobody foresaw it. */
export function reasonOf(error: Error): string {
  const kind = kindOf(error);
  if (kind !== "unexpected") return `${kind}: ${error.message}`;
  const place = error.stack?.match(/^\s+(at .+)$/m)?.[1];
  return place ? `${error} ${place}` : String(error);
}

/**
 * Returns what was thrown as an error, whatever it was. Where closing what was
 * open failed as well, that came of what was thrown first.
 */
export function toError(thrown: unknown): Error {
  if (thrown instanceof SuppressedError) return toError(thrown.suppressed);
  if (thrown instanceof Error) return thrown;
  return new Error(String(thrown), { cause: thrown });
}
