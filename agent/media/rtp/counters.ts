/**
 * What is counted of a stream.
 *
 * @module
 */

/**
 * Counts packets. Every one received was handed on, or is a duplicate, late, a
 * stray, or still waits.
 */
export interface RtpCounters {
  /** Packets that came. */
  received: number;
  /** Numbers that were passed over, those of `late` packets included. */
  lost: number;
  /** Packets that came after a later one, and were put in their place. */
  reordered: number;
  /** Packets that came again. */
  duplicates: number;
  /** Packets that came when nobody waited for them any more. */
  late: number;
  /** Packets whose number fits nothing before and after. */
  strays: number;
}

/** Counters that have counted nothing. */
export function noRtpPackets(): RtpCounters {
  return {
    received: 0,
    lost: 0,
    reordered: 0,
    duplicates: 0,
    late: 0,
    strays: 0,
  };
}

/** Counts pictures. */
export interface RtpUnitCounters {
  /** Units that were handed on. */
  units: number;
  /** Those of them that are damaged. */
  damagedUnits: number;
  /** Pictures of which nothing could be kept, or that were too large. */
  droppedUnits: number;
}
