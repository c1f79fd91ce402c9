/**
 * Numbers that begin anew at zero: sequence numbers and timestamps of RTP.
 *
 * @module
 */

/**
 * Counts the steps from one 16-bit number to another, the shorter way round:
 * -32768 to 32767.
 */
export function distance16(from: number, to: number): number {
  return to - from << 16 >> 16;
}

/**
 * Counts the steps from one 32-bit number to another, the shorter way round:
 * -2^31 to 2^31 - 1.
 */
export function distance32(from: number, to: number): number {
  return to - from | 0;
}
