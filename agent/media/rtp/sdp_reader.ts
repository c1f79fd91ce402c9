/**
 * Reads what a receiver has to know from session descriptions (RFC 8866) of
 * files, cameras and servers.
 *
 * @module
 */

import type { StreamCodec } from "../codec.ts";
import { VIDEO_CLOCK_RATE } from "./clock.ts";
import { JPEG_PAYLOAD_TYPE } from "./codec.ts";
import { SdpError } from "./sdp_error.ts";
import { parameterSetsOf } from "./sdp_parameters.ts";

/** The video of an SDP. */
export interface SdpVideo {
  /** How it is coded. */
  readonly codec: StreamCodec;
  /** Number that stands for the codec in the packets. */
  readonly payloadType: number;
  /** Ticks per second of the timestamps. */
  readonly clockRate: number;
  /** Where the packets come; 0 where RTSP is to settle that. */
  readonly port: number;
  /**
   * Where the packets come: a multicast group, or an address of the receiver.
   * Absent where it is unspecified, 0.0.0.0 or ::.
   */
  readonly address?: string;
  /** Of an IPv4 group. */
  readonly ttl?: number;
  /** The only senders to listen to (RFC 4570). Absent: all. */
  readonly sources?: readonly string[];
  /** As an Annex B byte stream. Absent: they come in the stream. */
  readonly parameterSets?: Uint8Array<ArrayBuffer>;
  /** URL of the video for RTSP, as it stands there (RFC 2326, C.1.1). */
  readonly control?: string;
  /** URL of the whole session for RTSP, as it stands there. */
  readonly sessionControl?: string;
}

/** Largest SDP: the bound of gortsplib for RTSP bodies. */
export const MAX_SDP_BYTES = 128 * 1024;

/** Most media: cameras have two to four. */
const MAX_MEDIA = 64;

/** Most formats of a medium that are looked at. */
const MAX_FORMATS = 32;

/** Longest URL: the bound of gortsplib. */
const MAX_URL_CHARS = 2048;

/** Most senders of a source filter that are kept. */
const MAX_SOURCES = 16;

/** Far above every clock in use. */
const MAX_CLOCK_RATE = 1e9;

/** Encoding names that we read (RFC 6184, 7798, 2435), in lower case. */
const CODECS: Readonly<Record<string, StreamCodec>> = {
  h264: "h264",
  h265: "hevc",
  jpeg: "mjpeg",
};

/** Names and numeric addresses; nothing that could be an option. */
const HOST = /^[\p{L}\p{N}:][\p{L}\p{N}.:_-]*$/u;

/** The lines of the session, or of one of its media. */
type Section = readonly string[];

/**
 * Reads the first video that we can receive.
 *
 * @throws {SdpError} If there is none; the message quotes the reason.
 */
export function readSdp(text: string): SdpVideo {
  // Characters never take less than a byte.
  if (text.length > MAX_SDP_BYTES) {
    throw new SdpError(`Cannot read SDP: longer than ${MAX_SDP_BYTES} bytes`);
  }
  const [session, ...media] = sectionsOf(text);
  let failure: SdpError | undefined;
  for (const video of media.filter(([m]) => m!.startsWith("m=video "))) {
    try {
      return readVideo(session!, video);
    } catch (error) {
      if (!(error instanceof SdpError)) throw error;
      failure ??= error;
    }
  }
  throw failure ?? new SdpError('Cannot read SDP: no "m=video" line');
}

/** Cuts the text into the session and its media. */
function sectionsOf(text: string): Section[] {
  const lines = text.trimStart().split(/[\r\n]+/);
  if (!lines[0]!.startsWith("v=")) {
    throw new SdpError(`Cannot read SDP: it begins with ${quote(lines[0]!)}`);
  }
  const sections: string[][] = [[]];
  for (const line of lines) {
    if (line.startsWith("m=")) sections.push([]);
    sections.at(-1)!.push(line);
    if (sections.length > 1 + MAX_MEDIA) {
      throw new SdpError(`Cannot read SDP: more than ${MAX_MEDIA} "m=" lines`);
    }
  }
  return sections;
}

function readVideo(session: Section, video: Section): SdpVideo {
  const { port, payloadTypes } = readMedia(video[0]!);
  const { payloadType, codec, clockRate } = readFormat(video, payloadTypes);
  const connection = readConnection(video) ?? readConnection(session);
  const sources = readSources(video, connection?.address) ??
    readSources(session, connection?.address);
  const parameters = attribute(video, `fmtp:${payloadType} `);
  const parameterSets = parameterSetsOf(codec, parameters ?? "");
  const control = attribute(video, "control:");
  const sessionControl = attribute(session, "control:");
  return {
    codec,
    payloadType,
    clockRate,
    port,
    ...connection,
    ...(sources && { sources }),
    ...(parameterSets && { parameterSets }),
    ...(control && { control: urlOf(control) }),
    ...(sessionControl && { sessionControl: urlOf(sessionControl) }),
  };
}

/** Reads "m=" (RFC 8866, section 5.14). */
function readMedia(line: string): { port: number; payloadTypes: number[] } {
  const fields = line.slice("m=".length).trim().split(/ +/);
  const [, port = "", protocol = "", ...formats] = fields;
  if (!/^\d{1,5}(\/\d+)?$/.test(port) || parseInt(port) > 65535) {
    throw new SdpError(`Cannot read SDP: port in ${quote(line)}`);
  }
  // Of RTP over TLS or with encryption nothing can be read.
  if (!/^RTP\/AVPF?(\/(UDP|TCP))?$/i.test(protocol)) {
    throw new SdpError(`Cannot read SDP: protocol in ${quote(line)}`);
  }
  const payloadTypes = formats.slice(0, MAX_FORMATS).filter(isPayloadType)
    .map(Number);
  return { port: parseInt(port), payloadTypes };
}

function isPayloadType(text: string): boolean {
  return /^\d{1,3}$/.test(text) && Number(text) < 128;
}

/** Reads "a=rtpmap:" of the first type that we know (section 6.6). */
function readFormat(video: Section, payloadTypes: readonly number[]) {
  let other = `in ${quote(video[0]!)}`;
  for (const payloadType of payloadTypes) {
    const map = attribute(video, `rtpmap:${payloadType} `)?.trim();
    if (map === undefined && payloadType === JPEG_PAYLOAD_TYPE) {
      const codec: StreamCodec = "mjpeg";
      return { payloadType, codec, clockRate: VIDEO_CLOCK_RATE };
    }
    if (map === undefined) continue;
    const [name = "", rate = ""] = map.split("/");
    const codec = Object.hasOwn(CODECS, name.toLowerCase())
      ? CODECS[name.toLowerCase()]
      : undefined;
    if (codec) return { payloadType, codec, clockRate: rateOf(rate, map) };
    other = quote(map);
  }
  throw new SdpError(
    `Cannot read SDP: video ${other} is none of H264, H265 and JPEG`,
  );
}

function rateOf(text: string, map: string): number {
  const rate = /^\d{1,10}$/.test(text) ? Number(text) : 0;
  if (rate > 0 && rate <= MAX_CLOCK_RATE) return rate;
  throw new SdpError(`Cannot read SDP: clock rate of ${quote(map)}`);
}

/** Reads "c=" (section 5.7). Cameras leave the address out, or unspecified. */
function readConnection(
  section: Section,
): { address?: string; ttl?: number } | undefined {
  const line = section.find((line) => line.startsWith("c="));
  if (line === undefined) return undefined;
  const [network, type, where = ""] = line.slice("c=".length).trim().split(
    / +/,
  );
  const [address = "", ttl, ...others] = where.split("/");
  const isV4 = type === "IP4";
  const valid = network === "IN" && (isV4 || type === "IP6") &&
    (where === "" || HOST.test(address)) && others.length <= 1 &&
    (ttl === undefined || /^\d{1,3}$/.test(ttl) && Number(ttl) <= 255);
  if (!valid) throw new SdpError(`Cannot read SDP: ${quote(line)}`);
  if (["", "0.0.0.0", "::"].includes(address)) return {};
  // Of IPv6 that number is one of groups.
  return { address, ...(isV4 && ttl !== undefined && { ttl: Number(ttl) }) };
}

/** Reads "a=source-filter:" of the group (RFC 4570, section 3). */
function readSources(
  section: Section,
  address: string | undefined,
): string[] | undefined {
  const filter = attribute(section, "source-filter:")?.trim();
  const [mode, network, , destination, ...sources] = filter?.split(/ +/) ?? [];
  if (mode !== "incl" || network !== "IN") return undefined;
  if (destination !== "*" && destination !== address) return undefined;
  const hosts = sources.filter((source) => HOST.test(source));
  return hosts.length > 0 ? hosts.slice(0, MAX_SOURCES) : undefined;
}

function urlOf(text: string): string {
  const url = text.trim();
  if (url.length <= MAX_URL_CHARS && !/[\p{Cc}\s]/u.test(url)) return url;
  throw new SdpError(`Cannot read SDP: "a=control:" with ${quote(url)}`);
}

/** Finds what follows "a=" and a name. */
function attribute(section: Section, name: string): string | undefined {
  const start = `a=${name}`;
  return section.find((line) => line.startsWith(start))?.slice(start.length);
}

/** Enough to recognise it by, escapes included. */
function quote(text: string): string {
  const quoted = JSON.stringify(text.slice(0, 61));
  return quoted.length > 62 ? `${quoted.slice(0, 61)}..."` : quoted;
}
