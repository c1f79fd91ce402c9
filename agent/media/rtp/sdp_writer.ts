/**
 * Writes the session description of a stream (RFC 8866), for players that
 * receive RTP.
 *
 * @module
 */

import { nalUnitsOf } from "../annexb.ts";
import { NAL_UNIT_TYPE, nalUnitType } from "../h264.ts";
import { VIDEO_CLOCK_RATE } from "./clock.ts";
import { DEFAULT_PAYLOAD_TYPE } from "./h264_packetizer.ts";
import { SdpError } from "./sdp_error.ts";

/** What an SDP says of a stream of H.264. */
export interface SdpStream {
  /** Where the packets go: a host, or a multicast group. */
  readonly address: string;
  /** Where the packets go. */
  readonly port: number;
  /**
   * SPS and PPS as an Annex B byte stream. Without them some players wait for
   * those in the stream.
   */
  readonly parameterSets?: Uint8Array;
  /**
   * Number that stands for H.264 in the packets.
   *
   * @default {96} as in {@linkcode RtpH264PacketizerOptions}
   */
  readonly payloadType?: number;
  /**
   * Routers that packets to an IPv4 group may pass, and one.
   *
   * @default {1} they stay in the local network
   */
  readonly ttl?: number;
  /**
   * Address of the sender.
   *
   * @default {"127.0.0.1"} or "::1"
   */
  readonly origin?: string;
  /** Pictures a second, where they are known. */
  readonly fps?: number;
  /**
   * Where RTSP clients ask for the stream, from the address of the whole
   * (RFC 2326, section C.1.1): `trackID=0`. Omit outside of RTSP.
   */
  readonly control?: string;
  /**
   * What players show.
   *
   * @default {"camagent"}
   */
  readonly name?: string;
}

/** Names and numeric addresses; nothing that ends a line or a field. */
const HOST = /^[\p{L}\p{N}.:_-]+$/u;

/**
 * Writes an SDP with lines that end in CRLF.
 *
 * @throws {SdpError} If an address or the name cannot stand in it.
 */
export function writeSdp(stream: SdpStream): string {
  const { payloadType = DEFAULT_PAYLOAD_TYPE, name = "camagent" } = stream;
  if (name === "" || /\p{Cc}/u.test(name)) {
    throw new SdpError(`Cannot write SDP: name is ${JSON.stringify(name)}`);
  }
  const address = hostOf(stream.address);
  const isV6 = address.includes(":");
  const origin = hostOf(stream.origin ?? (isV6 ? "::1" : "127.0.0.1"));
  const ttl = isV4Group(address) ? `/${stream.ttl ?? 1}` : "";
  const { fps, control } = stream;
  const lines = [
    "v=0",
    `o=- 0 0 IN ${origin.includes(":") ? "IP6" : "IP4"} ${origin}`,
    `s=${name}`,
    `c=IN ${isV6 ? "IP6" : "IP4"} ${address}${ttl}`,
    "t=0 0",
    ...(control === undefined ? [] : ["a=control:*"]),
    `m=video ${stream.port} RTP/AVP ${payloadType}`,
    `a=rtpmap:${payloadType} H264/${VIDEO_CLOCK_RATE}`,
    `a=fmtp:${payloadType} ${parametersOf(stream.parameterSets)}`,
    ...(fps === undefined ? [] : [`a=framerate:${Number(fps.toFixed(3))}`]),
    ...(control === undefined ? [] : [`a=control:${control}`]),
  ];
  return lines.map((line) => `${line}\r\n`).join("");
}

/** IPv6 zones mean something on one machine only. */
function hostOf(address: string): string {
  const host = address.replace(/%.*$/, "");
  if (HOST.test(host)) return host;
  const value = JSON.stringify(address);
  throw new SdpError(`Cannot write SDP: ${value} is no host`);
}

/** 224.0.0.0 to 239.255.255.255 (RFC 5771). */
function isV4Group(address: string): boolean {
  return /^(22[4-9]|23\d)\.\d+\.\d+\.\d+$/.test(address);
}

/** Media type parameters of H.264 (RFC 6184, section 8.1). */
function parametersOf(parameterSets: Uint8Array | undefined): string {
  const nalUnits = [...nalUnitsOf(parameterSets ?? new Uint8Array())];
  const sets = nalUnits.filter((nalUnit) => {
    const type = nalUnitType(nalUnit);
    return type === NAL_UNIT_TYPE.sps || type === NAL_UNIT_TYPE.pps;
  });
  const sps = sets.find((set) =>
    nalUnitType(set) === NAL_UNIT_TYPE.sps && set.length >= 4
  );
  const parameters = ["packetization-mode=1"];
  if (sets.length > 0) {
    // A file may have them beside the stream and in it.
    const sprop = new Set(sets.map((set) => set.toBase64()));
    parameters.push(`sprop-parameter-sets=${[...sprop].join(",")}`);
  }
  // profile_idc, the constraint flags, level_idc
  if (sps) parameters.push(`profile-level-id=${sps.subarray(1, 4).toHex()}`);
  return parameters.join("; ");
}
