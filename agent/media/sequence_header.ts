/**
 * Sequence headers: what decoders of MPEG and AV1 have to know before the first
 * picture. Containers have them once, streams in front of keyframes.
 *
 * @module
 */

import { findStartCode } from "./annexb.ts";

/** A codec that has sequence headers. */
export type SequenceCodec = "mpeg1video" | "mpeg2video" | "mpeg4" | "av1";

/** Tells whether a codec has sequence headers. */
export function hasSequences(codec: string): codec is SequenceCodec {
  return codec === "av1" || codec in START_CODES;
}

/** The last bytes of start codes: of a sequence header, and of a picture. */
interface StartCodes {
  readonly header: readonly [first: number, last: number];
  readonly picture: number;
}

/** sequence_header_code, picture_start_code (ITU-T H.262, Table 6-1). */
const MPEG: StartCodes = { header: [0xb3, 0xb3], picture: 0x00 };

const START_CODES: Readonly<Record<string, StartCodes>> = {
  mpeg1video: MPEG,
  mpeg2video: MPEG,
  // video_object_layer_start_code, vop_start_code (ISO/IEC 14496-2, Table 6-3)
  mpeg4: { header: [0x20, 0x2f], picture: 0xb6 },
};

/** Values of obu_type (AV1, 6.2.2). */
const OBU_TYPE = { sequenceHeader: 1, frameHeader: 3, frame: 6 } as const;

/**
 * Takes the sequence header out of what a container says of a stream, which
 * with AV1 begins with a configuration record (AV1 in ISO BMFF, 2.3.3).
 */
export function sequenceHeaderOf(
  codec: SequenceCodec,
  extradata: Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> {
  // Its marker bit is obu_forbidden_bit elsewhere.
  const hasRecord = codec === "av1" && (extradata[0] ?? 0) >= 0x80;
  return hasRecord ? extradata.subarray(4) : extradata;
}

/** Tells whether there is a sequence header in front of a picture. */
export function hasSequenceHeader(
  codec: SequenceCodec,
  picture: Uint8Array,
): boolean {
  const codes = START_CODES[codec];
  return codes
    ? hasStartCode(picture, codes)
    : obuTypesOf(picture).some((type) => type === OBU_TYPE.sequenceHeader);
}

/**
 * Tells whether a picture of MPEG-1, MPEG-2 or MPEG-4 is predicted from one
 * that is shown later, and therefore comes behind that.
 */
export function isBidirectional(codec: string, picture: Uint8Array): boolean {
  const codes = START_CODES[codec];
  if (codes === undefined) return false;
  let at = findStartCode(picture);
  while (at >= 0 && picture[at + 3] !== codes.picture) {
    at = findStartCode(picture, at + 3);
  }
  if (at < 0) return false;
  const [first = 0, second = 0] = picture.subarray(at + 4, at + 6);
  // vop_coding_type (ISO/IEC 14496-2, 6.2.5); picture_coding_type behind
  // temporal_reference (ITU-T H.262, 6.2.3)
  return codec === "mpeg4" ? first >> 6 === 2 : (second >> 3 & 7) === 3;
}

function hasStartCode(data: Uint8Array, { header, picture }: StartCodes) {
  let at = findStartCode(data);
  while (at >= 0 && at + 3 < data.length) {
    const code = data[at + 3]!;
    if (code >= header[0] && code <= header[1]) return true;
    if (code === picture) return false;
    at = findStartCode(data, at + 3);
  }
  return false;
}

/** The types of the OBUs in front of a frame (AV1, 5.3). */
function* obuTypesOf(data: Uint8Array): Generator<number> {
  for (let at = 0; at < data.length;) {
    const header = data[at++]!;
    const type = header >> 3 & 0xf;
    if (type === OBU_TYPE.frame || type === OBU_TYPE.frameHeader) return;
    yield type;
    if (header & OBU_HAS_EXTENSION) at++;
    if (!(header & OBU_HAS_SIZE)) return;
    // leb128 (4.10.5)
    let size = 0;
    for (let shift = 0; shift < 56; shift += 7) {
      const byte = data[at++] ?? 0;
      size += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
    }
    at += size;
  }
}

/** obu_extension_flag and obu_has_size_field (AV1, 5.3.2). */
const OBU_HAS_EXTENSION = 4;
const OBU_HAS_SIZE = 2;
