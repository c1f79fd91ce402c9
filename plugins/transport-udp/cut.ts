/**
 * Where an access unit is cut.
 *
 * @module
 */

/** Bytes of the next unit's delimiter, which a unit ends with. */
const DELIMITER_BYTES = 6;

/**
 * Cuts an access unit into datagrams of equal size but for the last. That one
 * holds the delimiter as a whole: it tells the receiver that the picture is
 * complete.
 *
 * @param data With the next unit's delimiter behind.
 * @param payload Most bytes of a datagram, more than the delimiter has.
 * @returns Views of `data`.
 */
export function* cut(
  data: Uint8Array<ArrayBuffer>,
  payload: number,
): Generator<Uint8Array<ArrayBuffer>> {
  for (let at = 0; at < data.length;) {
    const rest = data.length - at;
    const wouldSplit = rest > payload && rest < payload + DELIMITER_BYTES;
    const end = wouldSplit
      ? data.length - DELIMITER_BYTES
      : Math.min(at + payload, data.length);
    yield data.subarray(at, end);
    at = end;
  }
}
