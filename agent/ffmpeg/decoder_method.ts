/**
 * The ways there are to decode a stream.
 *
 * @module
 */

import type { Codec } from "../media/codec.ts";

/**
 * What decodes: FFmpeg's own decoder in software where neither is given, the
 * same with the help of hardware, or another of FFmpeg's decoders.
 */
export interface DecoderMethod {
  /** Hardware that helps, by FFmpeg's name: `vaapi`. */
  readonly hwaccel?: string;
  /** Another decoder, by FFmpeg's name: `h264_v4l2m2m`. */
  readonly decoder?: string;
}

/** FFmpeg's own decoder, and nothing but the processor. */
export const SOFTWARE: DecoderMethod = {};

/** What users call {@linkcode SOFTWARE}. */
export const SOFTWARE_NAME = "software";

/** What users call a method: `software`, `vaapi`, `h264_v4l2m2m`. */
export function methodName({ hwaccel, decoder }: DecoderMethod): string {
  return hwaccel ?? decoder ?? SOFTWARE_NAME;
}

/** Tells whether FFmpeg's own decoder does it alone. */
export function isSoftware(method: DecoderMethod): boolean {
  return methodName(method) === SOFTWARE_NAME;
}

/** Codecs whose own decoder has another name. */
const OWN_DECODERS: { readonly [codec in Codec]?: string } = {
  // The one that is called "av1" needs hardware.
  av1: "libdav1d",
};

/** The decoder that a method takes for a codec, by FFmpeg's name. */
export function ffmpegDecoder(codec: Codec, method: DecoderMethod): string {
  const { hwaccel, decoder } = method;
  if (hwaccel !== undefined) return codec;
  return decoder ?? OWN_DECODERS[codec] ?? codec;
}
