/**
 * The markers of JPEG.
 *
 * @module
 */

/** Second bytes of markers (ITU-T T.81, Table B.1). */
export const MARKER = {
  sof0: 0xc0,
  dht: 0xc4,
  jpg: 0xc8,
  dac: 0xcc,
  sof15: 0xcf,
  rst0: 0xd0,
  soi: 0xd8,
  eoi: 0xd9,
  sos: 0xda,
  tem: 0x01,
} as const;

/** Tells whether a segment with a length follows a marker. */
export function hasLength(marker: number): boolean {
  return marker !== MARKER.tem &&
    !(marker >= MARKER.rst0 && marker <= MARKER.soi);
}
