/**
 * A short film as others encode it, and what FFmpeg decodes it to.
 *
 * @module
 */

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The size of its pictures, at 30 a second. */
export const [WIDTH, HEIGHT] = [640, 480];

/** Bytes of a frame in packed RGB. */
export const FRAME_BYTES = WIDTH * HEIGHT * 3;

/** A film of {@linkcode WIDTH} x {@linkcode HEIGHT}. */
export class Clip {
  /** A bare stream in a file: Annex B, or one JPEG behind the other. */
  readonly path: string;
  readonly #format: string;

  /**
   * @param folder Where it stands, or is to stand.
   * @param format FFmpeg's name of it.
   */
  constructor(folder: string, format = "h264") {
    this.path = join(folder, `clip.${format}`);
    this.#format = format;
  }

  /**
   * Encodes one with x264, a keyframe a second unless told otherwise.
   *
   * @param options Of FFmpeg, for the encoder.
   */
  static encode(folder: string, frames: number, ...options: string[]): Clip {
    const clip = new Clip(folder);
    execFileSync("ffmpeg", [
      ...["-v", "error", "-f", "lavfi"],
      ...["-i", `testsrc2=size=${WIDTH}x${HEIGHT}:rate=30`],
      ...["-frames:v", `${frames}`, "-c:v", "libx264", "-preset", "ultrafast"],
      ...["-g", "30", "-b:v", "2M", "-pix_fmt", "yuv420p", ...options],
      ...["-f", "h264", clip.path],
    ]);
    return clip;
  }

  /** The bytes of the file. */
  get data(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(readFileSync(this.path));
  }

  /**
   * The same in a container, for senders that are to repeat it: FFmpeg cannot
   * go back to the start of a byte stream.
   *
   * @returns Its path.
   */
  loop(): string {
    const path = this.path.replace(".h264", ".mp4");
    execFileSync("ffmpeg", [
      ...["-v", "error", "-f", "h264", "-i", this.path, "-c", "copy", path],
    ]);
    return path;
  }

  /** FFmpeg's own idea of its frames, in packed RGB. */
  decode(): Uint8Array[] {
    const raw = execFileSync("ffmpeg", [
      ...["-v", "error", "-f", this.#format, "-i", this.path],
      ...["-fps_mode", "passthrough", "-pix_fmt", "rgb24"],
      ...["-f", "rawvideo", "-"],
    ], { maxBuffer: 1 << 30 });
    const count = raw.length / FRAME_BYTES;
    return Array.from(
      { length: count },
      (_, i) => raw.subarray(i * FRAME_BYTES, (i + 1) * FRAME_BYTES),
    );
  }
}

/** How x264 is told to make one slice of a picture, without delay. */
export const ONE_SLICE = [
  ...["-tune", "zerolatency"],
  ...["-x264-params", "sliced-threads=0:slices=1"],
];

/** Sliced threads, without delay as well: four slices of each picture. */
export const SLICED = [
  ...["-tune", "zerolatency"],
  ...["-x264-params", "sliced-threads=1:threads=4"],
];

/** Pictures that are sent in another order than they are shown. */
export const B_FRAMES = ["-bf", "2"];
