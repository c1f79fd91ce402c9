/**
 * The codecs that a receiver decodes.
 *
 * @module
 */

/** How pictures are coded, by FFmpeg's name: H.264, H.265 or JPEG. */
export type Codec = "h264" | "hevc" | "mjpeg";
