/**
 * The packets of an MPEG transport stream.
 *
 * @module
 */

/** Bytes of a packet (ITU-T H.222.0, 2.4.3.1). */
export const TS_PACKET_BYTES = 188;

/** sync_byte, the first one of every packet (ITU-T H.222.0, 2.4.3.3). */
export const TS_SYNC = 0x47;

/** What fills a packet up whose payload is too short for it. */
export type Stuffing =
  | "none"
  /** An adaptation field of one byte. */
  | "one"
  /** An adaptation field of two bytes, which says nothing. */
  | "two"
  | "more";

/** What a packet says of itself (ITU-T H.222.0, 2.4.3.2 and 2.4.3.4). */
export interface TsPacket {
  /** To which stream it belongs, 0 to 8191. */
  readonly pid: number;
  /** A PES packet, or a section, begins in its payload. */
  readonly startsUnit: boolean;
  /** continuity_counter, 0 to 15: counts the payloads of a PID. */
  readonly counter: number;
  /** The counter may begin anew here. */
  readonly discontinuity: boolean;
  /** Is known to be wrong, is encrypted, or makes no sense. */
  readonly unusable: boolean;
  /** What there is of it that says nothing. */
  readonly stuffing: Stuffing;
  /** Borrowed, as the packet is. Omitted where it carries none. */
  readonly payload?: Uint8Array;
}

/** Reads a packet of {@linkcode TS_PACKET_BYTES}. */
export function readTsPacket(bytes: Uint8Array): TsPacket {
  const [second, fourth] = [bytes[1]!, bytes[3]!];
  const fieldBytes = (fourth & HAS_FIELD) === 0 ? 0 : 1 + bytes[4]!;
  const flags = fieldBytes > 1 ? bytes[5]! : 0;
  const start = HEADER_BYTES + fieldBytes;
  const hasPayload = (fourth & HAS_PAYLOAD) !== 0;
  return {
    pid: (second & 0x1f) << 8 | bytes[2]!,
    startsUnit: (second & 0x40) !== 0,
    counter: fourth & 0xf,
    discontinuity: (flags & 0x80) !== 0,
    unusable: (second & ERROR) !== 0 || (fourth & SCRAMBLED) !== 0 ||
      (fourth & (HAS_FIELD | HAS_PAYLOAD)) === 0 || start > TS_PACKET_BYTES,
    stuffing: fieldBytes > 0 ? stuffingOf(bytes, fieldBytes, flags) : "none",
    ...(hasPayload && { payload: bytes.subarray(start, TS_PACKET_BYTES) }),
  };
}

/** Bytes in front of the adaptation field. */
const HEADER_BYTES = 4;

/** transport_error_indicator, in the second byte. */
const ERROR = 0x80;

/** transport_scrambling_control, in the fourth byte, as the next two are. */
const SCRAMBLED = 0xc0;

/** adaptation_field_control: an adaptation field stands behind the header. */
const HAS_FIELD = 0x20;

/** adaptation_field_control: a payload stands at the end. */
const HAS_PAYLOAD = 0x10;

/** Flags for PCR, OPCR, splice_countdown, and how many bytes these have. */
const FIXED_PARTS = [[0x10, 6], [0x08, 6], [0x04, 1]] as const;

/** Flags for transport_private_data and an extension, which tell their length. */
const OPEN_PARTS = [0x02, 0x01];

/** Compares an adaptation field with what its flags need. */
function stuffingOf(
  bytes: Uint8Array,
  fieldBytes: number,
  flags: number,
): Stuffing {
  if (fieldBytes === 1) return "one";
  if (flags === 0) return fieldBytes === 2 ? "two" : "more";
  let needed = 2;
  for (const [flag, length] of FIXED_PARTS) {
    if ((flags & flag) !== 0) needed += length;
  }
  for (const flag of OPEN_PARTS) {
    if ((flags & flag) === 0) continue;
    if (needed >= fieldBytes) return "none";
    needed += 1 + bytes[HEADER_BYTES + needed]!;
  }
  return fieldBytes > needed ? "more" : "none";
}
