/**
 * Access units as they go over the wire.
 *
 * @module
 */

import type { AccessUnit } from "../media/access_unit.ts";
import { concat } from "../media/bytes.ts";
import {
  ACCESS_UNIT_DELIMITER,
  withoutDelimiters,
} from "../media/delimiter.ts";
import { sliceDigest } from "../media/slice_digest.ts";
import { type Microseconds, type Milliseconds, us } from "../media/time.ts";
import { insertTiming } from "../media/timing_sei.ts";
import type { Clock } from "../plugin/runtime.ts";
import type { WireUnit } from "../plugin/transport.ts";

/** What distinguishes this sender from others and from its former self. */
export interface SenderIdentity {
  /** 32 random bits of each start. */
  readonly epoch: number;
  /** Which boot of which machine it runs on. */
  readonly bootTag: string;
}

/** Prepares access units for the wire, numbering them. */
export class WireFormat {
  readonly #clock: Clock;
  readonly #identity: SenderIdentity | undefined;
  #sequence = 0;

  /** @param identity Omit to leave the timing out. */
  constructor(clock: Clock, identity?: SenderIdentity) {
    this.#clock = clock;
    this.#identity = identity;
  }

  /**
   * Puts the timing in, and the next unit's delimiter behind: whoever reads
   * the stream knows at once that the picture is complete.
   */
  prepare(unit: AccessUnit): WireUnit {
    const { pts, keyframe, recoveryPoint } = unit;
    const bare = withoutDelimiters(unit.data);
    const stamped = this.#identity
      ? insertTiming(bare, {
        ...this.#timing(this.#identity, unit.capturedAt),
        digest: sliceDigest(bare),
      })
      : bare;
    const data = concat(stamped, ACCESS_UNIT_DELIMITER);
    return { data, pts, keyframe, recoveryPoint };
  }

  #timing(identity: SenderIdentity, capturedAt: Milliseconds | undefined) {
    const now = this.#clock.now();
    const ago = capturedAt === undefined ? 0 : now - capturedAt;
    return {
      ...identity,
      captured: capturedAt !== undefined,
      sequence: this.#sequence++ >>> 0,
      monotonic: micros((now - ago) * 1000),
      realtime: micros(this.#clock.wallClock() - ago * 1000),
    };
  }
}

function micros(value: number): Microseconds {
  return us(Math.max(0, Math.round(value)));
}
