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
  #restarted = false;
  /** From the source's times to those of the wire, in microseconds. */
  #offset = 0;
  /** The latest unit, and when it came. */
  #last: { readonly pts: number; readonly at: Milliseconds } | undefined;

  /** @param identity Omit to leave the timing out. */
  constructor(clock: Clock, identity?: SenderIdentity) {
    this.#clock = clock;
    this.#identity = identity;
  }

  /**
   * The source begins anew, and counts from 0: for viewers time goes on. A
   * player that sees it go back waits for what has been.
   */
  restart(): void {
    this.#restarted = true;
  }

  /**
   * Puts the timing in, and the next unit's delimiter behind: whoever reads
   * the stream knows at once that the picture is complete.
   */
  prepare(unit: AccessUnit): WireUnit {
    const { keyframe, recoveryPoint } = unit;
    const pts = this.#timeOf(unit);
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

  #timeOf({ pts: own }: Pick<AccessUnit, "pts">): Microseconds {
    const at = this.#clock.now();
    if (this.#restarted && this.#last) {
      const since = Math.max(1, Math.round((at - this.#last.at) * 1000));
      this.#offset = this.#last.pts + since - own;
    }
    this.#restarted = false;
    const pts = us(own + this.#offset);
    this.#last = { pts, at };
    return pts;
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
