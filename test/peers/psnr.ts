/**
 * How near two pictures are to each other.
 *
 * @module
 */

/** What counts as good for compressed video, in decibels. */
export const MIN_PSNR_DB = 30;

/** Peak signal-to-noise ratio of samples of 8 bits; infinite if equal. */
export function psnrOf(a: Uint8Array, b: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i]! - b[i]!) ** 2;
  return 10 * Math.log10(255 ** 2 / (sum / a.length));
}
