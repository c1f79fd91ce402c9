/**
 * How many bits a picture is worth.
 *
 * @module
 */

import type { PictureSize } from "./sps.ts";

/** Bits per second that "auto" stands for, at 30 pictures per second. */
const AUTO_BITRATE: readonly [pixels: number, bitrate: number][] = [
  [640 * 480 / 4, 0.5e6],
  [640 * 480, 2e6],
  [1280 * 720, 4e6],
  [1920 * 1080, 8e6],
  [3840 * 2160, 32e6],
];

/** Chooses a bitrate by what has to be coded, in proportion in between. */
export function autoBitrate(
  { width, height }: PictureSize,
  fps: number,
): number {
  const pixels = width * height;
  const next = AUTO_BITRATE.findIndex(([limit]) => pixels <= limit);
  const [above, most] = AUTO_BITRATE.at(next)!;
  const [below, least] = next > 0 ? AUTO_BITRATE[next - 1]! : [above - 1, most];
  const part = Math.min(Math.max((pixels - below) / (above - below), 0), 1);
  const scaled = (least + part * (most - least)) * fps / 30;
  return Math.max(1, Math.round(Math.min(scaled, 50e6) / 1e5)) * 1e5;
}
