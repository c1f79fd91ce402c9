/**
 * The NAL units of one picture, as decoders and other receivers want them.
 *
 * @module
 */

import { MAX_NAL_UNITS } from "./access_unit_splitter.ts";
import { joinNalUnits, nalUnitsOf, START_CODE } from "./annexb.ts";
import type { NalUnitCodec } from "./codec.ts";
import { NAL_UNIT_SYNTAX } from "./nal_unit_syntax.ts";
import { hasRecoveryPoint } from "./sei.ts";

/** One picture, and whether decoding can begin with it. */
export interface NalUnitPicture {
  /**
   * An Annex B byte stream, every start code of four bytes, without access unit
   * delimiters, filler data and end marks. Owned by the receiver.
   */
  readonly data: Uint8Array<ArrayBuffer>;
  /** Holds an IDR picture; of H.265 any that decoding may start at. */
  readonly keyframe: boolean;
  /** Holds a recovery point SEI message. */
  readonly recoveryPoint: boolean;
}

/**
 * Takes out what decoders do not need, and looks at the rest.
 *
 * @param data An Annex B byte stream, with start codes of any length.
 * @returns The same array where nothing had to be changed; `undefined` where
 * there are more NAL units than a picture may have.
 */
export function tidyPicture(
  codec: NalUnitCodec,
  data: Uint8Array<ArrayBuffer>,
): NalUnitPicture | undefined {
  const { headerBytes, isKeyframe, isSuperfluous, sei, typeOf } =
    NAL_UNIT_SYNTAX[codec];
  const kept: Uint8Array[] = [];
  let [keyframe, recoveryPoint] = [false, false];
  /** Where the last NAL unit ends, if it and all before it are in place. */
  let end = 0;
  for (const nalUnit of nalUnitsOf(data)) {
    const type = typeOf(nalUnit[0]!);
    if (isSuperfluous(type)) continue;
    if (kept.push(nalUnit) > MAX_NAL_UNITS) return undefined;
    keyframe ||= isKeyframe(type);
    recoveryPoint ||= type === sei && hasRecoveryPoint(nalUnit, headerBytes);
    const start = nalUnit.byteOffset - data.byteOffset;
    if (start === end + START_CODE.length) end = start + nalUnit.length;
  }
  const isTidy = end === data.length;
  return {
    data: isTidy ? data : joinNalUnits(kept),
    keyframe,
    recoveryPoint,
  };
}
