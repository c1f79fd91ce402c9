/**
 * How packets fare, added up.
 *
 * @module
 */

import type { PacketStatistics } from "../plugin/transport.ts";

/** Nothing happened to any. */
export const NO_PACKETS: PacketStatistics = {
  lost: 0,
  reordered: 0,
  dropped: 0,
};

/** Adds up two parts of a count. */
export function sumPackets(
  a: PacketStatistics = NO_PACKETS,
  b: PacketStatistics = NO_PACKETS,
): PacketStatistics {
  return {
    lost: a.lost + b.lost,
    reordered: a.reordered + b.reordered,
    dropped: a.dropped + b.dropped,
  };
}
