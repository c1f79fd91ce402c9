/**
 * The codecs that a receiver decodes.
 *
 * @module
 */

/** A codec whose pictures are NAL units, by FFmpeg's name: H.264 or H.265. */
export type NalUnitCodec = "h264" | "hevc";

/** A codec that travels in RTP and in byte streams without a container. */
export type StreamCodec = NalUnitCodec | "mjpeg";

/** All of those. */
export const STREAM_CODECS: readonly StreamCodec[] = ["h264", "hevc", "mjpeg"];

/** How pictures are coded, by FFmpeg's name; containers have all of them. */
export type Codec =
  | StreamCodec
  | "mpeg1video"
  | "mpeg2video"
  | "mpeg4"
  | "vp8"
  | "vp9"
  | "av1";

/** Tells the codecs of cameras from those of files. */
export function isStreamCodec(codec: Codec): codec is StreamCodec {
  return STREAM_CODECS.some((known) => known === codec);
}
