/**
 * What FFmpeg is told of an RTSP server. On its stdin, because anybody on this
 * machine may read its arguments, and the address may hold a password.
 *
 * @module
 */

import type { Address } from "../../mod.ts";
import { urlOf, type Way } from "./address.ts";

/**
 * How long a connection may take to open, and then be silent: FFmpeg is to say
 * so itself before it is stopped for it, after 4.5 s.
 */
const TIMEOUT_MS = 4000;

/**
 * How long packets that overtook others wait for these; only datagrams do. Half
 * of FFmpeg's own DEFAULT_REORDERING_DELAY; our receiver of RTP takes 20 ms.
 */
const MAX_DELAY_MS = 50;

/** Codecs that are let through: what cameras send, and no more. */
export const CODECS = ["h264", "hevc", "mjpeg", "mpeg4"] as const;

/** Writes the address without quotes, which are escaped as URLs do it. */
export function quotableUrlOf(address: Address): string {
  return urlOf(address).replaceAll("'", "%27");
}

/**
 * Writes a script for FFmpeg's concat demuxer that opens one address, in which
 * there are no control characters.
 */
export function requestFor(
  address: Address,
  way: Way,
): Uint8Array<ArrayBuffer> {
  const options = {
    "rtsp_transport": way,
    "allowed_media_types": "video",
    // Packets of other machines are none of the stream's.
    "rtsp_flags": "filter_src",
    "timeout": TIMEOUT_MS * 1000,
    "max_delay": MAX_DELAY_MS * 1000,
    "probesize": 32,
    "analyzeduration": 0,
    "codec_whitelist": CODECS.join(","),
    "max_streams": 4,
  };
  const lines = [
    "ffconcat version 1.0",
    `file '${quotableUrlOf(address)}'`,
    ...Object.entries(options).map(([name, value]) =>
      `option ${name} ${value}`
    ),
  ];
  return new TextEncoder().encode(lines.map((line) => `${line}\n`).join(""));
}

/** FFmpeg's arguments, which say nothing of the server. */
export function argsFor(output: readonly string[]): string[] {
  return [
    ...["-hide_banner", "-nostdin", "-loglevel", "warning"],
    ...["-probesize", "32", "-analyzeduration", "0"],
    ...["-protocol_whitelist", "pipe,tcp,udp,rtp"],
    ...["-safe", "0", "-f", "concat", "-i", "pipe:0"],
    ...["-map", "0:V:0"],
    ...output,
  ];
}
