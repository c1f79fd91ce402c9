/**
 * Access unit delimiters. Sent right after a picture, ahead of the next one,
 * they tell every receiver at once that the picture is complete.
 *
 * @module
 */

import { findStartCode, joinNalUnits, nalUnitsOf } from "./annexb.ts";
import { NAL_UNIT_TYPE, nalUnitType } from "./h264.ts";

/**
 * A delimiter with its start code (ITU-T H.264, 7.3.2.4). Its primary_pic_type
 * is 7, any type of slice (Table 7-5), and the rbsp_trailing_bits follow.
 */
export const ACCESS_UNIT_DELIMITER: Uint8Array<ArrayBuffer> = Uint8Array.of(
  0,
  0,
  0,
  1,
  0x09,
  0xf0,
);

/**
 * Takes the delimiters out of an Annex B byte stream.
 *
 * @returns The same array where there are none, else a new one with start codes
 * of four bytes.
 */
export function withoutDelimiters(
  data: Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> {
  let at = findStartCode(data);
  while (at >= 0) {
    if ((data[at + 3] ?? 0) % 0x20 === NAL_UNIT_TYPE.delimiter) {
      return joinNalUnits(
        [...nalUnitsOf(data)].filter((nalUnit) =>
          nalUnitType(nalUnit) !== NAL_UNIT_TYPE.delimiter
        ),
      );
    }
    at = findStartCode(data, at + 3);
  }
  return data;
}
