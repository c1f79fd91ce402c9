/**
 * What another process has left at a name, or is at work on.
 *
 * @module
 */

import { HEADER, MAGIC, STALE_MS, STATE } from "./layout.ts";

/** What a header says of its writer. */
export interface Standing {
  /** Tells it from others of the same name. */
  readonly generation: bigint;
  /** The writer's process id. */
  readonly pid: number;
  /** One of {@linkcode STATE}. */
  readonly state: number;
  /** When its writer was last at work: milliseconds of the monotonic clock. */
  readonly beatAt: number;
}

/** Reads a header of any version; `undefined` if it is none. */
export function readStanding(
  head: Uint8Array<ArrayBuffer>,
): Standing | undefined {
  if (head.length < HEADER.newest.offset) return undefined;
  const magic = String.fromCharCode(...head.subarray(0, MAGIC.length));
  if (magic !== MAGIC) return undefined;
  const view = new DataView(head.buffer, head.byteOffset);
  const beat = view.getBigUint64(HEADER.heartbeat.offset, true);
  return {
    generation: view.getBigUint64(HEADER.generation.offset, true),
    pid: view.getUint32(HEADER.writerPid.offset, true),
    state: view.getUint32(HEADER.state.offset, true),
    beatAt: Number(beat) / 1e6,
  };
}

/** Tells whether somebody writes there, as far as the heartbeat tells. */
export function isAtWork({ state, beatAt }: Standing, now: number): boolean {
  const age = now - beatAt;
  // A heartbeat of the future is from before this machine was started.
  return state === STATE.live && age >= 0 && age <= STALE_MS;
}
