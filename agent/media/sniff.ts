/**
 * Tells what bytes are by looking at them, so that nothing else has to be
 * trusted with the question.
 *
 * @module
 */

import { findStartCode, nalUnitsOf, trimZeros } from "./annexb.ts";
import { NAL_UNIT_TYPE } from "./h264.ts";
import { TS_SYNC } from "./mpegts/packet.ts";
import { isFramedRtp } from "./rtp/framed.ts";
import { parseSps, SpsError } from "./sps.ts";

/** What a stream was found to be. */
export type Sniffed =
  /** H.264 elementary stream, Annex B. */
  | "h264"
  /** H.265 elementary stream, Annex B. */
  | "hevc"
  /** MPEG transport stream. */
  | "mpegts"
  /** JPEG pictures, one after the other. */
  | "mjpeg"
  /** RTP packets, each behind its length. */
  | "rtp"
  /** Flash video. */
  | "flv"
  /** Matroska or WebM. */
  | "matroska"
  /** Audio Video Interleave. */
  | "avi"
  /** Ogg. */
  | "ogg"
  /** MPEG program stream. */
  | "mpeg"
  /** ISO base media file, MP4 among them. */
  | "mov"
  /** IVF. */
  | "ivf"
  /** NUT. */
  | "nut"
  /** Text that would make FFmpeg open other addresses. */
  | "playlist"
  /** Somebody speaks HTTP or RTSP. */
  | "http"
  /** None of these. */
  | "unknown";

/** More bytes than this are never asked for. */
export const MAX_SNIFF_BYTES = 64 * 1024;

/** What streams begin with, in Latin-1. */
const SIGNATURES: readonly [Sniffed, string | RegExp][] = [
  // Adobe FLV 10.1, E.2
  ["flv", "FLV\x01"],
  // RFC 8794, section 11.2.1: the id of the EBML Header
  ["matroska", "\x1a\x45\xdf\xa3"],
  // RFC 3533, section 6
  ["ogg", "OggS\0"],
  // ISO/IEC 13818-1, 2.5.3.3: pack_start_code
  ["mpeg", "\0\0\x01\xba"],
  // Microsoft's RIFF: the size stands between the two
  ["avi", /^RIFF[^]{4}AVI /],
  // ISO/IEC 14496-12, 4.3: the size stands before the type
  ["mov", /^[^]{4}ftyp/],
  // What FFmpeg and libvpx write: version 0, a header of 32 bytes
  ["ivf", "DKIF\0\0\x20\0"],
  // NUT, "file_id_string"
  ["nut", "nut/multimedia container\0"],
  // ITU-T T.81, Table B.1: SOI, then any marker
  ["mjpeg", "\xff\xd8\xff"],
  // RFC 9112 and RFC 2326: a response, or a request
  ["http", /^((HTTP|RTSP)\/\d|[A-Z_]{3,16} \S{1,2048} (HTTP|RTSP)\/\d)/],
  // What FFmpeg's demuxers hls, concat, dash, imf, sdp and rtsp probe for, and
  // the lists of other players. A byte order mark or blanks may precede.
  [
    "playlist",
    /^(\xef\xbb\xbf)?\s*(#EXTM3U|ffconcat|<[?!a-z]|v=0|\[playlist\]|\[reference\]|RTSPtext|(file|https?|rtsps?|rtmps?|udp|tcp):)/i,
  ],
];

/** What FFmpeg's dash and sdp demuxers find anywhere in a text. */
const HIDDEN_PLAYLIST = /<MPD|^c=IN IP/im;

/** Packet sizes of transport streams: plain, with timecode, with FEC. */
const TS_PACKET_BYTES = [188, 192, 204];

/**
 * So many packets in a row are no accident: chance has about 256^-4 for each
 * place they may begin at.
 */
const TS_PACKETS = 4;

/** Bytes within which a transport stream must have shown itself. */
const TS_CERTAIN_BYTES = 204 * TS_PACKETS + 204;

/** EOI of one JPEG, then SOI of the next and a marker (ITU-T T.81, B.1). */
const JPEG_BORDER = "\xff\xd9\xff\xd8\xff";

/** NAL units that must speak for one codec where no parameter set does. */
const MIN_VOTES = 3;

/** Enough to tell; a flood of tiny ones would cost 2 ms each time. */
const MAX_NAL_UNITS = 64;

/**
 * Tells what a stream is. Looks at all bytes each time, which takes up to 0.4 ms
 * for 64 KiB: where they come one by one, ask again only when there are, say, a
 * tenth more.
 *
 * @param bytes Everything that came so far. It may begin anywhere in a stream.
 * @returns `undefined` as long as more bytes are wanted.
 */
export function sniff(bytes: Uint8Array): Sniffed | undefined {
  const data = bytes.subarray(0, MAX_SNIFF_BYTES);
  const complete = data.length === MAX_SNIFF_BYTES;
  const text = new TextDecoder("latin1").decode(data);
  const signature = SIGNATURES.find(([, start]) =>
    typeof start === "string" ? text.startsWith(start) : start.test(text)
  );
  if (signature) return signature[0];
  if (isTransportStream(data)) return "mpegts";
  if (isFramedRtp(data)) return "rtp";
  // Before H.264: Huffman tables of JPEG hold start codes.
  if (text.includes(JPEG_BORDER)) return "mjpeg";
  const codec = sniffAnnexB(data, complete ? 2 : MIN_VOTES);
  if (codec) return codec;
  if (!complete) return undefined;
  return HIDDEN_PLAYLIST.test(text) ? "playlist" : "unknown";
}

function isTransportStream(data: Uint8Array): boolean {
  return TS_PACKET_BYTES.some((size) => {
    const end = Math.min(size, data.length - size * (TS_PACKETS - 1));
    for (let at = 0; at < end; at++) {
      let packets = 0;
      while (packets < TS_PACKETS && data[at + packets * size] === TS_SYNC) {
        packets++;
      }
      if (packets === TS_PACKETS) return true;
    }
    return false;
  });
}

function sniffAnnexB(
  data: Uint8Array,
  minVotes: number,
): "h264" | "hevc" | undefined {
  const start = findStartCode(data);
  if (start < 0) return undefined;
  const atStart = trimZeros(data, 0, start) === 0;
  // Transport streams have start codes inside.
  if (!atStart && data.length < TS_CERTAIN_BYTES) return undefined;
  let [h264, hevc, neither] = [0, 0, 0];
  let nalUnits = 0;
  for (const nalUnit of nalUnitsOf(data)) {
    if (nalUnits++ === MAX_NAL_UNITS) break;
    const [first = 0, second = 0] = nalUnit;
    if (isReadableSps(nalUnit)) return "h264";
    if (HEVC_PARAMETER_SETS.has(first) && second === 1) return "hevc";
    const [asH264, asHevc] = [isH264(first), isHevc(first, second)];
    if (asH264 && !asHevc) h264++;
    else if (asHevc && !asH264) hevc++;
    else if (!asH264) neither++;
  }
  const [most, others] = [Math.max(h264, hevc), Math.min(h264, hevc) + neither];
  if (most < minVotes || most <= 2 * others) return undefined;
  return h264 > hevc ? "h264" : "hevc";
}

/**
 * First bytes of H.265's VPS, SPS and PPS; the second is 1 (ITU-T H.265,
 * 7.3.1.2). In H.264 they would be data partitions.
 */
const HEVC_PARAMETER_SETS = new Set([0x40, 0x42, 0x44]);

function isReadableSps(nalUnit: Uint8Array): boolean {
  if (!isH264(nalUnit[0]!)) return false;
  try {
    parseSps(nalUnit);
    return true;
  } catch (error) {
    if (error instanceof SpsError) return false;
    throw error;
  }
}

/**
 * Tells whether a byte may be the header of a NAL unit that cameras send, by
 * nal_unit_type and nal_ref_idc (ITU-T H.264, 7.4.1).
 */
function isH264(header: number): boolean {
  const [type, isReference] = [header & 0x1f, (header & 0x60) !== 0];
  if (header >= 0x80) return false;
  switch (type) {
    case NAL_UNIT_TYPE.slice:
      return true;
    case NAL_UNIT_TYPE.idr:
    case NAL_UNIT_TYPE.sps:
    case NAL_UNIT_TYPE.pps:
      return isReference;
    case NAL_UNIT_TYPE.sei:
    case NAL_UNIT_TYPE.delimiter:
    case NAL_UNIT_TYPE.endOfSequence:
    case NAL_UNIT_TYPE.endOfStream:
    case NAL_UNIT_TYPE.filler:
      return !isReference;
    default:
      return false;
  }
}

/**
 * Tells whether two bytes may be the header of a NAL unit of H.265's base
 * layer (ITU-T H.265, 7.3.1.2 and Table 7-1).
 */
function isHevc(first: number, second: number): boolean {
  const type = first >> 1;
  const [layer, temporalId] = [(first & 1) << 5 | second >> 3, second & 7];
  if (first >= 0x80 || layer !== 0 || temporalId === 0) return false;
  // Random access pictures and parameter sets are of temporal layer 0.
  if (type >= 16 && type <= 21 || type >= 32 && type <= 34) {
    return temporalId === 1;
  }
  return type <= 9 || type >= 35 && type <= 40;
}
