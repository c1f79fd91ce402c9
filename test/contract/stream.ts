/**
 * A short stream, as the agent hands it to transports.
 *
 * @module
 */

import { joinNalUnits, nalUnitsOf } from "../../agent/media/annexb.ts";
import { concat } from "../../agent/media/bytes.ts";
import { ACCESS_UNIT_DELIMITER } from "../../agent/media/delimiter.ts";
import { addEmulationPrevention } from "../../agent/media/rbsp.ts";
import { us } from "../../agent/media/time.ts";
import type { WireUnit } from "../../agent/plugin/transport.ts";
import { SAMPLE } from "../h264_writer.ts";

const [SPS, PPS, IDR, ...OTHERS] = [...nalUnitsOf(SAMPLE)];

/** Bytes of the largest picture: more than a connection takes at once. */
const LARGE_BYTES = 100_000;

/** A slice that no decoder likes, and every transport has to carry. */
const LARGE = addEmulationPrevention(Uint8Array.from(
  { length: LARGE_BYTES },
  (_, index) => [0x41, 0x9a][index] ?? (index * 7 + (index >> 8) | 1),
));

/** Bare access units: a keyframe, small pictures, a large one, and a keyframe. */
const PICTURES = [
  [SPS!, PPS!, IDR!],
  [OTHERS[0]!],
  [LARGE],
  [OTHERS[1]!],
  [SPS!, PPS!, IDR!],
];

/** The stream; made anew each time, so that nobody can spoil it. */
export function stream(): WireUnit[] {
  return PICTURES.map((nalUnits, index) => ({
    data: concat(joinNalUnits(nalUnits), ACCESS_UNIT_DELIMITER),
    pts: us(index * 33_333),
    keyframe: nalUnits.length > 1,
    recoveryPoint: false,
  }));
}

/** The stream as a byte stream. */
export function streamBytes(): Uint8Array<ArrayBuffer> {
  return concat(...stream().map(({ data }) => data));
}
