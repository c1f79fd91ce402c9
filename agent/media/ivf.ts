/**
 * IVF, the simplest container: FFmpeg reads whole access units from it without
 * waiting for the next one. Written as FFmpeg's `ivfdec.c` reads it.
 *
 * @module
 */

/** Bytes of the file header. */
export const IVF_FILE_HEADER_BYTES = 32;

/** Bytes of the header in front of every frame. */
export const IVF_FRAME_HEADER_BYTES = 12;

/** What an IVF file says of itself. */
export interface IvfFileHeader {
  /** Four characters of ASCII, such as "H264". */
  readonly fourcc: string;
  /** Picture width in pixels, up to 65535. */
  readonly width: number;
  /** Picture height in pixels, up to 65535. */
  readonly height: number;
  /** Seconds per unit of the timestamps; 1/1000000 makes them microseconds. */
  readonly timebase: { readonly num: number; readonly den: number };
}

/**
 * Writes the header of an IVF file of unknown length.
 *
 * @throws {RangeError} If the FourCC is not four bytes long.
 */
export function ivfFileHeader(
  { fourcc, width, height, timebase }: IvfFileHeader,
): Uint8Array<ArrayBuffer> {
  const name = new TextEncoder().encode(fourcc);
  if (name.length !== 4) {
    throw new RangeError(`Cannot write FourCC "${fourcc}": not four bytes`);
  }
  const header = new Uint8Array(IVF_FILE_HEADER_BYTES);
  header.set(new TextEncoder().encode("DKIF"));
  header.set(name, 8);
  const view = new DataView(header.buffer);
  view.setUint16(6, IVF_FILE_HEADER_BYTES, true);
  view.setUint16(12, width, true);
  view.setUint16(14, height, true);
  view.setUint32(16, timebase.den, true);
  view.setUint32(20, timebase.num, true);
  return header;
}

/**
 * Writes what precedes a frame.
 *
 * @param length Bytes of the frame that follows.
 * @param pts Its timestamp in units of the timebase.
 */
export function ivfFrameHeader(
  length: number,
  pts: number | bigint,
): Uint8Array<ArrayBuffer> {
  const header = new Uint8Array(IVF_FRAME_HEADER_BYTES);
  const view = new DataView(header.buffer);
  view.setUint32(0, length, true);
  view.setBigInt64(4, BigInt(pts), true);
  return header;
}
