/**
 * Tells by its packets how a stream is coded, where nobody says so.
 *
 * @module
 */

import type { StreamCodec } from "../codec.ts";
import { parseSps, SpsError } from "../sps.ts";
import { NAL_UNIT_TYPE } from "../h264.ts";
import type { RtpPacket } from "./packet.ts";

/** The payload type of JPEG (RFC 3551, Table 5). */
export const JPEG_PAYLOAD_TYPE = 26;

/** The lower ones are other codecs (RFC 3551, Tables 4 and 5). */
const FIRST_UNASSIGNED = 35;

/** First bytes of H.265's VPS, SPS and PPS; the second is 1. */
const HEVC_PARAMETER_SETS = [0x40, 0x42, 0x44];

/** First byte of H.265's aggregations and fragments; the second is 1. */
const HEVC_AGGREGATION = 0x60;
const HEVC_FRAGMENT = 0x62;

/** Highest nal_unit_type of H.265 that is in use (ITU-T H.265, Table 7-1). */
const LAST_HEVC_TYPE = 40;

/** Types of H.264's aggregations and fragments (RFC 6184, Table 1). */
const STAP_A = 24;
const FU_A = 28;

/**
 * Second bytes of the first slice of an IDR picture: first_mb_in_slice is 0,
 * slice_type is 7 or 2 (ITU-T H.264, Table 7-6).
 */
const isIdrStart = (second: number) => second === 0x88 || second >> 4 === 0xb;

/** Tells whether packets of a type can be video at all. */
export function mayBeVideo(payloadType: number): boolean {
  return payloadType >= FIRST_UNASSIGNED || payloadType === JPEG_PAYLOAD_TYPE;
}

/**
 * Decides by one packet, and the one before it, if that is possible without
 * doubt: another payload, such as audio, is hardly ever taken for video.
 *
 * @param before Of the same sender.
 */
export function codecOf(
  packet: RtpPacket,
  before?: RtpPacket,
): StreamCodec | undefined {
  if (packet.payloadType === JPEG_PAYLOAD_TYPE) return "mjpeg";
  if (!mayBeVideo(packet.payloadType)) return undefined;
  if (isHevc(packet.payload)) return "hevc";
  return isH264(packet, before) ? "h264" : undefined;
}

function isHevc(payload: Uint8Array): boolean {
  const [first = 0, second = 0, third = 0] = payload;
  if (second !== 1) return false;
  if (first === HEVC_FRAGMENT) {
    return payload.length > 3 && (third & 0x3f) <= LAST_HEVC_TYPE;
  }
  return HEVC_PARAMETER_SETS.includes(first) ||
    first === HEVC_AGGREGATION && isChain(payload, 2);
}

function isH264(
  { payload, timestamp }: RtpPacket,
  before: RtpPacket | undefined,
): boolean {
  const [first = 0, second = 0] = payload;
  const isReference = (first & 0x60) !== 0;
  if (first >= 0x80) return false;
  switch (first & 0x1f) {
    case NAL_UNIT_TYPE.sps:
      return isReference && isReadableSps(payload);
    case NAL_UNIT_TYPE.idr:
      return isReference && isIdrStart(second);
    case STAP_A:
      return isChain(payload, 1);
    case FU_A: {
      // One alone may be Opus, which likes to begin with the same byte.
      const previous = before?.timestamp === timestamp ? before.payload : [];
      const [indicator, header = 0] = previous;
      return indicator === first && (header & 0x1f) === (second & 0x1f) &&
        (second & 0xa0) === 0 && (header & 0x60) === 0;
    }
    default:
      return false;
  }
}

/** Tells whether sizes lead from one NAL unit to the next, to the end. */
function isChain(payload: Uint8Array, headerBytes: number): boolean {
  let at = headerBytes;
  while (at + 2 < payload.length) {
    const size = payload[at]! << 8 | payload[at + 1]!;
    if (size < headerBytes) return false;
    at += 2 + size;
  }
  return at === payload.length && at > headerBytes;
}

function isReadableSps(payload: Uint8Array): boolean {
  try {
    parseSps(payload);
    return true;
  } catch (error) {
    if (error instanceof SpsError) return false;
    throw error;
  }
}
