/**
 * Cuts Matroska between pictures, as a live sender would send it.
 *
 * @module
 */

/** EBML ids (RFC 8794, RFC 9559) of what is looked into, and of pictures. */
const ID = {
  segment: 0x18538067,
  cluster: 0x1f43b675,
  simpleBlock: 0xa3,
  blockGroup: 0xa0,
};

/** Cuts after each block; the first piece begins with the headers. */
export function cutMatroska(
  bytes: Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer>[] {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let start = 0;
  for (let at = 0; at < bytes.length;) {
    const idLength = lengthAt(bytes, at);
    const id = number([...bytes.subarray(at, at + idLength)]);
    at += idLength;
    const sizeLength = lengthAt(bytes, at);
    const [first, ...rest] = bytes.subarray(at, at + sizeLength);
    at += sizeLength;
    // What is in them follows; they may be of unknown size.
    if (id === ID.segment || id === ID.cluster) continue;
    at += number([first! & 0xff >> sizeLength, ...rest]);
    if (id !== ID.simpleBlock && id !== ID.blockGroup) continue;
    pieces.push(bytes.subarray(start, at));
    start = at;
  }
  return pieces;
}

/** Of a number, by the position of the first bit that is set. */
function lengthAt(bytes: Uint8Array, at: number): number {
  return Math.clz32(bytes[at]!) - 23;
}

function number(bytes: readonly number[]): number {
  return bytes.reduce((value, byte) => value * 256 + byte, 0);
}
