/**
 * Decoded pictures and how their bytes are laid out.
 *
 * @module
 */

import type { Milliseconds } from "./time.ts";

/** Layout of the samples, spelled as FFmpeg's `-pix_fmt` spells it. */
export type PixelFormat = "rgb24" | "bgr24" | "gray" | "yuv420p" | "nv12";

/** Where one plane lies in a frame's bytes. */
export interface Plane {
  /** Bytes from the start of the frame to the plane's first row. */
  readonly offset: number;
  /** Bytes from the start of one row to the start of the next. */
  readonly stride: number;
  /** Number of rows. */
  readonly rows: number;
  /** Bytes of a row that are picture; the rest of the stride is padding. */
  readonly rowBytes: number;
}

/** Geometry that every frame of one stream shares. */
export interface FrameFormat {
  /** Picture width in pixels. */
  readonly width: number;
  /** Picture height in pixels. */
  readonly height: number;
  /** Layout of the samples. */
  readonly pixelFormat: PixelFormat;
  /** One plane for packed formats; Y, U, V for yuv420p; Y, UV for nv12. */
  readonly planes: readonly Plane[];
  /** Most frames per second, where the stream or the user says so. */
  readonly fps?: number;
}

/** One decoded picture. */
export interface Frame {
  /**
   * `frameBytes(format)` bytes, rows top to bottom. Borrowed: valid until the
   * `write()` it was passed to settles.
   */
  readonly data: Uint8Array<ArrayBuffer>;
  /** Counts decoded frames since the stream started; a gap means a drop. */
  readonly sequence: number;
  /**
   * When the sensor took the picture, on this machine's monotonic clock.
   * Absent where the sender does not tell, or its clock cannot be related to
   * ours.
   */
  readonly capturedAt?: Milliseconds;
  /** When the last byte of the coded picture arrived; monotonic clock. */
  readonly receivedAt: Milliseconds;
  /** When the last byte arrived from the decoder; monotonic clock. */
  readonly decodedAt: Milliseconds;
  /** Whether the coded picture was a keyframe. */
  readonly keyframe: boolean;
  /**
   * Parts of it are known to be missing or wrong, or those of a picture it was
   * predicted from. Such frames come only to whoever asks for them.
   */
  readonly damaged: boolean;
}

/** For each plane: bytes per sample, and what the size is divided by. */
const PLANES: Record<PixelFormat, [bytes: number, divisor: number][]> = {
  rgb24: [[3, 1]],
  bgr24: [[3, 1]],
  gray: [[1, 1]],
  yuv420p: [[1, 1], [1, 2], [1, 2]],
  nv12: [[1, 1], [2, 2]],
};

/**
 * Lays a picture of at least 1x1 pixels out as FFmpeg's rawvideo does: planes
 * one after the other, rows without padding, chroma of odd sizes rounded up.
 */
export function packedFormat(
  width: number,
  height: number,
  pixelFormat: PixelFormat,
): FrameFormat {
  let offset = 0;
  const planes = PLANES[pixelFormat].map(([bytes, divisor]) => {
    const rowBytes = Math.ceil(width / divisor) * bytes;
    const rows = Math.ceil(height / divisor);
    const plane = { offset, stride: rowBytes, rows, rowBytes };
    offset += rowBytes * rows;
    return plane;
  });
  return { width, height, pixelFormat, planes };
}

/** Measures a frame, in bytes to the end of the last row's stride. */
export function frameBytes({ planes }: FrameFormat): number {
  return Math.max(
    ...planes.map(({ offset, stride, rows }) => offset + stride * rows),
  );
}

/**
 * Walks over a frame, plane by plane and top to bottom, past the padding. Each
 * row is a view of `rowBytes` bytes, borrowed like `data`.
 */
export function* rowsOf(
  data: Uint8Array<ArrayBuffer>,
  { planes }: FrameFormat,
): Generator<Uint8Array<ArrayBuffer>> {
  for (const { offset, stride, rows, rowBytes } of planes) {
    for (let y = 0; y < rows; y++) {
      const start = offset + y * stride;
      yield data.subarray(start, start + rowBytes);
    }
  }
}
