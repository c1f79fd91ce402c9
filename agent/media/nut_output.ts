/**
 * How FFmpeg is to write NUT.
 *
 * @module
 */

/**
 * FFmpeg's output options that copy packets to stdout as NUT, each as soon as
 * FFmpeg has it. Measured with Matroska: 0.1 ms after its last byte was written
 * to stdin. Timestamps begin near 0, since NUT has no negative ones; the index
 * is left out, for which FFmpeg would keep more and more in memory.
 */
export const NUT_OUTPUT: readonly string[] = [
  "-an",
  "-sn",
  "-dn",
  "-map_metadata",
  "-1",
  "-map_chapters",
  "-1",
  "-c:v",
  "copy",
  // We tell keyframes ourselves, and take recovery points as well.
  "-copyinkf",
  "-flush_packets",
  "1",
  "-write_index",
  "0",
  "-f",
  "nut",
  "pipe:1",
];
