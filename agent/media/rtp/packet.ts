/**
 * RTP packets (RFC 3550, section 5.1).
 *
 * @module
 */

/** The fields of an RTP header that we use. */
export interface RtpHeader {
  /** What the payload is, 0 to 127: by RFC 3551, or by an SDP. */
  readonly payloadType: number;
  /** Of video: the last packet of a picture. Not every sender sets it. */
  readonly marker: boolean;
  /** Counts packets, modulo 2^16. */
  readonly sequence: number;
  /** Of the picture: of video 90 kHz ticks, modulo 2^32. */
  readonly timestamp: number;
  /** Who sends: 32 random bits of each start. */
  readonly ssrc: number;
}

/** An RTP packet. */
export interface RtpPacket extends RtpHeader {
  /** A view of the datagram, without header, extension and padding. */
  readonly payload: Uint8Array;
}

/** Bytes of a header without contributing sources and extension. */
export const RTP_HEADER_BYTES = 12;

/**
 * Bytes of a datagram that cross every network whole: an Ethernet frame carries
 * 1500, of which IPv6 takes 40 (RFC 8200) and UDP 8 (RFC 768).
 */
export const DEFAULT_MAX_PAYLOAD = 1452;

/** The version, in the upper two bits of RTP and RTCP alike. */
const VERSION = 2;

/** Bits of the first byte, below the version. */
const FIRST = { padding: 0x20, extension: 0x10, sources: 0x0f } as const;

/** Bit of the second byte, above the payload type. */
const MARKER = 0x80;

/**
 * Tells RTCP from RTP where both come to one port, by the packet type in the
 * second byte (RFC 5761, section 4).
 */
export function isRtcp(datagram: Uint8Array): boolean {
  const [first = 0, type = 0] = datagram;
  return first >> 6 === VERSION && type >= 192 && type <= 223;
}

/**
 * Takes an RTP packet apart.
 *
 * @param datagram A whole datagram, borrowed: the payload is a view of it.
 * @returns `undefined` if it is RTCP, or no RTP packet.
 */
export function parseRtp(datagram: Uint8Array): RtpPacket | undefined {
  const first = datagram[0] ?? 0;
  if (first >> 6 !== VERSION || isRtcp(datagram)) return undefined;
  let start = RTP_HEADER_BYTES + 4 * (first & FIRST.sources);
  let end = datagram.length;
  if ((first & FIRST.padding) !== 0) {
    // It counts itself.
    const padding = datagram[end - 1]!;
    if (padding === 0) return undefined;
    end -= padding;
  }
  if ((first & FIRST.extension) !== 0) {
    start += 4 + 4 * readUint16(datagram, start + 2);
  }
  if (start > end) return undefined;
  return {
    payloadType: datagram[1]! & ~MARKER,
    marker: (datagram[1]! & MARKER) !== 0,
    sequence: readUint16(datagram, 2),
    timestamp: readUint32(datagram, 4),
    ssrc: readUint32(datagram, 8),
    payload: datagram.subarray(start, end),
  };
}

/** A packet that outlives its datagram. */
export function copyOf(packet: RtpPacket): RtpPacket {
  return { ...packet, payload: packet.payload.slice() };
}

/** Writes a header of {@linkcode RTP_HEADER_BYTES} into `target`, at `at`. */
export function writeRtpHeader(
  target: Uint8Array,
  at: number,
  { payloadType, marker, sequence, timestamp, ssrc }: RtpHeader,
): void {
  target[at] = VERSION << 6;
  target[at + 1] = payloadType | (marker ? MARKER : 0);
  target[at + 2] = sequence >> 8;
  target[at + 3] = sequence;
  writeUint32(target, at + 4, timestamp);
  writeUint32(target, at + 8, ssrc);
}

function readUint16(bytes: Uint8Array, at: number): number {
  return bytes[at]! << 8 | bytes[at + 1]!;
}

function readUint32(bytes: Uint8Array, at: number): number {
  return (readUint16(bytes, at) << 16 | readUint16(bytes, at + 2)) >>> 0;
}

function writeUint32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}
