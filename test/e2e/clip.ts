/**
 * A film whose every picture can be told from the others.
 *
 * @module
 */

import { execFileSync } from "node:child_process";
import { join } from "node:path";

/** Pictures per second. */
const FPS = 30;

/**
 * The smaller the pictures the fewer packets each has: at 5 % loss two of three
 * keyframes arrive whole (measured: 9 packets, others 2).
 */
const QUALITY = "38";

/** What is encoded. */
export interface ClipOptions {
  readonly width: number;
  readonly height: number;
  readonly seconds: number;
  /** Distance between keyframes, in pictures. */
  readonly gop: number;
}

/** A moving picture in an MP4 file, and what its pictures look like decoded. */
export class Clip {
  /** Where the file is. */
  readonly path: string;
  /** Distance between keyframes, in pictures. */
  readonly gop: number;
  /** Bytes of a decoded picture. */
  readonly frameBytes: number;
  readonly #indices: ReadonlyMap<string, number>;

  /** Encodes into a folder. Sliced threads: several slices for a picture. */
  constructor(folder: string, { width, height, seconds, gop }: ClipOptions) {
    this.path = join(folder, "clip.mp4");
    this.gop = gop;
    this.frameBytes = width * height * 3 / 2;
    const picture = `testsrc2=size=${width}x${height}:rate=${FPS}`;
    execFileSync("ffmpeg", [
      ...["-v", "error", "-f", "lavfi", "-i", picture, "-t", `${seconds}`],
      ...["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency"],
      ...["-x264-params", "slices=2:scenecut=0", "-crf", QUALITY],
      ...["-g", `${gop}`, "-pix_fmt", "yuv420p", this.path],
    ]);
    const hashes = decodedHashes(this.path);
    this.#indices = new Map(hashes.map((hash, i) => [hash, i]));
    if (this.#indices.size !== FPS * seconds) {
      throw new Error(`Only ${this.#indices.size} pictures are different`);
    }
  }

  /** Pictures that it has. */
  get pictures(): number {
    return this.#indices.size;
  }

  /** Which picture a frame is; `undefined` if it is none of them. */
  indexOf(hash: string): number | undefined {
    return this.#indices.get(hash);
  }

  /** Which picture has a timestamp, in 90 kHz ticks since the first one. */
  indexAt(ticks: number): number {
    return Math.round(ticks * FPS / 90_000);
  }
}

/** Decodes a file as a whole: MD5 of each picture as yuv420p. */
export function decodedHashes(path: string, ...input: string[]): string[] {
  const text = execFileSync("ffmpeg", [
    ...["-v", "error", ...input, "-i", path],
    ...HASHING,
  ], { maxBuffer: 1 << 26 });
  return readHashes(String(text));
}

/** FFmpeg's options to write the hash of each picture to stdout. */
export const HASHING = [
  ...["-fps_mode", "passthrough", "-pix_fmt", "yuv420p"],
  ...["-flush_packets", "1", "-f", "framemd5", "-"],
];

/** Reads whole lines of what {@linkcode HASHING} makes. */
export function readHashes(text: string): string[] {
  return [...text.matchAll(/^\d.*,\s*([0-9a-f]{32})\n/gm)].map(([, hash]) =>
    hash!
  );
}
