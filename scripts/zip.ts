/**
 * Takes one file out of a ZIP archive. PKWARE APPNOTE.TXT 6.3.10.
 *
 * @module
 */

import { inflateRawSync } from "node:zlib";

/** 4.3.16: end of central directory record. */
const END = 0x06054b50;
const END_BYTES = 22;

/** 4.3.12: central directory header. */
const ENTRY = 0x02014b50;
const ENTRY_BYTES = 46;

/** 4.3.7: local file header. */
const LOCAL_BYTES = 30;

/** 4.4.5: compression methods. */
const STORED = 0;
const DEFLATED = 8;

/**
 * Returns the content of the file of this name.
 *
 * @throws {SyntaxError} If there is none, or it is packed in an unusual way.
 */
export function unzip(archive: Uint8Array, name: string): Uint8Array {
  const { buffer, byteOffset, byteLength } = archive;
  const view = new DataView(buffer, byteOffset, byteLength);
  const end = endRecord(view);
  let at = view.getUint32(end + 16, true);
  for (let left = view.getUint16(end + 10, true); left > 0; left--) {
    if (view.getUint32(at, true) !== ENTRY) break;
    const nameBytes = view.getUint16(at + 28, true);
    const nameAt = at + ENTRY_BYTES;
    const entryName = archive.subarray(nameAt, nameAt + nameBytes);
    if (new TextDecoder().decode(entryName) === name) {
      return unpack(archive, view, at);
    }
    const extraBytes = view.getUint16(at + 30, true);
    const commentBytes = view.getUint16(at + 32, true);
    at = nameAt + nameBytes + extraBytes + commentBytes;
  }
  throw new SyntaxError(`No "${name}" in the archive`);
}

/** It stands at the end, behind it at most a comment. */
function endRecord(view: DataView): number {
  for (let at = view.byteLength - END_BYTES; at >= 0; at--) {
    if (view.getUint32(at, true) === END) return at;
  }
  throw new SyntaxError("Not a ZIP archive");
}

function unpack(
  archive: Uint8Array,
  view: DataView,
  entry: number,
): Uint8Array {
  const method = view.getUint16(entry + 10, true);
  const packedBytes = view.getUint32(entry + 20, true);
  const local = view.getUint32(entry + 42, true);
  const nameBytes = view.getUint16(local + 26, true);
  const extraBytes = view.getUint16(local + 28, true);
  const start = local + LOCAL_BYTES + nameBytes + extraBytes;
  const packed = archive.subarray(start, start + packedBytes);
  if (method === STORED) return packed;
  if (method === DEFLATED) return inflateRawSync(packed);
  throw new SyntaxError(`Compression method ${method} is not supported`);
}
