/**
 * What a stream says of its pictures.
 *
 * @module
 */

import { StreamError } from "../errors.ts";
import { MAX_PIXELS } from "../ffmpeg/decoder_args.ts";
import type { Codec } from "../media/codec.ts";
import { readJpeg } from "../media/jpeg.ts";
import { ParameterSetCache } from "../media/parameter_sets.ts";
import { isBidirectional } from "../media/sequence_header.ts";
import type { PictureSize, Sps, StreamSps } from "../media/sps.ts";

/** What decoders and sinks have to know of a stream. */
export interface StreamInfo {
  /** How its pictures are coded. */
  readonly codec: Codec;
  /** Picture width in pixels. */
  readonly width: number;
  /** Picture height in pixels. */
  readonly height: number;
  /** YUV matrix to assume: only for pictures without a tag of their own. */
  readonly untagged: "bt601" | "bt709";
  /** Pictures a decoder holds back. */
  readonly reorderDepth: number;
  /** Pictures a second, at most, where the stream says so. */
  readonly fps?: number;
  /** Bytes may be missing, and nobody but the decoder could tell. */
  readonly lossy: boolean;
}

/** Untagged pictures of so many rows and more are taken for BT.709. */
const HD_ROWS = 720;

/** Pictures held back by a stream that does not say: what is allowed. */
const MAX_REORDER_DEPTH = 16;

/** Tells whether a decoder of one stream serves for the other. */
export function isSameStream(
  a: StreamInfo,
  b: StreamInfo | undefined,
): boolean {
  return a.codec === b?.codec && a.width === b.width &&
    a.height === b.height && a.untagged === b.untagged &&
    a.reorderDepth === b.reorderDepth && a.lossy === b.lossy;
}

/**
 * Tells whether we read the size of pictures from themselves. Of other codecs
 * the container says it, and need not be right.
 */
export function tellsSize(codec: Codec): boolean {
  return codec === "h264" || codec === "hevc" || codec === "mjpeg";
}

/** Reads what the access units of one stream say of it. */
export class StreamReader {
  /** How its pictures are coded. */
  readonly codec: Codec;
  readonly #parameterSets: ParameterSetCache | undefined;
  #size: PictureSize | undefined;
  #isBidirectional = false;

  /** Knows nothing yet. */
  constructor(codec: Codec) {
    this.codec = codec;
    this.#parameterSets = codec === "h264" || codec === "hevc"
      ? new ParameterSetCache(codec)
      : undefined;
  }

  /** What pictures of H.264 are coded by, once that is known. */
  get h264Sps(): Sps | undefined {
    const sps = this.#parameterSets?.sps;
    return sps && isH264(sps) ? sps : undefined;
  }

  /**
   * Looks at an access unit.
   *
   * @param data Borrowed until it returns.
   * @param size What its container says of it, if it came in one.
   */
  read(data: Uint8Array, size?: PictureSize): void {
    if (this.#parameterSets) return void this.#parameterSets.update(data);
    this.#size = this.codec === "mjpeg" ? readJpeg(data) : size;
    this.#isBidirectional ||= isBidirectional(this.codec, data);
  }

  /** Gives a keyframe the parameter sets that it lacks. */
  complete(data: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    return this.#parameterSets?.withParameterSets(data) ?? data;
  }

  /**
   * What is known after a keyframe.
   *
   * @param lossy Whether bytes may be missing unnoticed.
   * @throws {StreamError} "undecodable" if its pictures are too large.
   */
  describe(lossy: boolean): StreamInfo | undefined {
    const sps = this.#parameterSets?.sps;
    const size = sps ?? this.#size;
    if (size === undefined) return undefined;
    const { width, height } = size;
    if (width * height > MAX_PIXELS) {
      throw new StreamError(
        "undecodable",
        `Cannot decode pictures of ${width}x${height}: too large`,
      );
    }
    return {
      codec: this.codec,
      width,
      height,
      untagged: sps && isUntaggedHd(sps) ? "bt709" : "bt601",
      reorderDepth: this.#reorderDepth,
      lossy,
      ...(sps?.fps !== undefined && { fps: sps.fps }),
    };
  }

  get #reorderDepth(): number {
    const sps = this.#parameterSets?.sps;
    const isReordered = sps !== undefined || this.#isBidirectional;
    return isReordered ? sps?.reorderDepth ?? MAX_REORDER_DEPTH : 0;
  }
}

function isH264(sps: StreamSps): sps is Sps {
  return "log2MaxFrameNum" in sps;
}

function isUntaggedHd({ height, colour }: StreamSps): boolean {
  // 2 is "unspecified" (ITU-T H.264, Table E-5).
  const isTagged = colour?.matrix !== undefined && colour.matrix !== 2;
  return !isTagged && height >= HD_ROWS;
}
