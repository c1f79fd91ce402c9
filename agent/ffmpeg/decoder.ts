/**
 * FFmpeg as a decoder: access units in, raw frames out.
 *
 * @module
 */

import { StreamError } from "../errors.ts";
import type { Codec } from "../media/codec.ts";
import { ivfFileHeader, ivfFrameHeader } from "../media/ivf.ts";
import type { Size } from "../plugin/source.ts";
import type { ChildProcess, Runtime } from "../plugin/runtime.ts";
import {
  chunkPipe,
  type FramePipe,
  openFramePipe,
} from "../runtime/frame_pipe.ts";
import { decoderArgs, type DecoderOutput } from "./decoder_args.ts";
import { type DecodedFrame, DecoderWords } from "./decoder_words.ts";
import { exitError } from "./exit_error.ts";

export type { DecodedFrame } from "./decoder_words.ts";

/** Timestamps only number the access units; any timebase serves. */
const TIMEBASE = { num: 1, den: 1000 };

/** What the IVF header calls them; FFmpeg goes by its command line. */
const FOURCC: Readonly<Record<Codec, string>> = {
  h264: "H264",
  hevc: "HEVC",
  mjpeg: "MJPG",
  mpeg1video: "mpg1",
  mpeg2video: "mpg2",
  mpeg4: "MP4V",
  vp8: "VP80",
  vp9: "VP90",
  av1: "AV01",
};

/**
 * A decoder that has been started. It can be started before anything is known
 * of the stream and then delivers its first frame the sooner: 7 to 10 ms after
 * the first access unit instead of 82 to 120.
 */
export class Decoder implements AsyncDisposable {
  /**
   * Rejects when FFmpeg is gone, whatever its exit code. With "undecodable" if
   * its hardware has refused the stream.
   */
  readonly failed: Promise<never>;
  /** FFmpeg's process id. */
  readonly pid: number;
  readonly #codec: Codec;
  readonly #child: ChildProcess;
  readonly #pipe: FramePipe;
  readonly #words: DecoderWords;
  readonly #decoded: AsyncIterator<DecodedFrame>;
  #begun = false;

  /**
   * Starts FFmpeg.
   *
   * @throws {ProcessError} "not-found" if there is none.
   */
  static async start(
    output: DecoderOutput,
    { runtime, signal }: { runtime: Runtime; signal: AbortSignal },
  ): Promise<Decoder> {
    const pipe = openFramePipe() ?? chunkPipe();
    const args = decoderArgs(output, pipe.path);
    const words = new DecoderWords();
    try {
      const child = await runtime.spawn({
        command: "ffmpeg",
        args,
        signal: AbortSignal.any([signal, words.refused]),
        // Another one waits for its place, and it has nothing to finish.
        firstSignal: "SIGKILL",
        stdin: true,
        ...(pipe.push && { onStdout: pipe.push }),
        onStderrLine: (line) => words.read(line),
      });
      const command = ["ffmpeg", ...args];
      return new Decoder(output.codec ?? "h264", child, pipe, words, command);
    } catch (error) {
      pipe[Symbol.dispose]();
      throw error;
    }
  }

  private constructor(
    codec: Codec,
    child: ChildProcess,
    pipe: FramePipe,
    words: DecoderWords,
    command: readonly string[],
  ) {
    this.#codec = codec;
    this.#child = child;
    this.#pipe = pipe;
    this.#words = words;
    this.#decoded = words.frames[Symbol.asyncIterator]();
    this.pid = child.pid;
    this.failed = child.exit.then((exit): never => {
      pipe.end();
      words.frames.end();
      words.refused.throwIfAborted();
      throw exit.code === 0
        ? new StreamError("ended", "ffmpeg ended by itself")
        : exitError(command, exit);
    });
    // Whoever is interested attaches a handler of their own.
    this.failed.catch(() => {});
  }

  /** How often FFmpeg has complained of pictures. */
  get complaints(): number {
    return this.#words.complaints;
  }

  /**
   * Feeds one access unit, as an Annex B byte stream or a JPEG picture.
   *
   * @param pts Comes back with the frame; grows from unit to unit.
   * @param size What the stream says of itself.
   * @returns Resolves when the system has taken it.
   */
  async feed(
    data: Uint8Array<ArrayBuffer>,
    pts: number,
    size: Size,
  ): Promise<void> {
    if (!this.#begun) {
      this.#begun = true;
      const fourcc = FOURCC[this.#codec];
      const header = { ...size, fourcc, timebase: TIMEBASE };
      await this.#child.write(ivfFileHeader(header));
    }
    const header = ivfFrameHeader(data.length, pts);
    const framed = new Uint8Array(header.length + data.length);
    framed.set(header);
    framed.set(data, header.length);
    await this.#child.write(framed);
  }

  /** No more access units will come. */
  endInput(): void {
    this.#child.endInput();
  }

  /**
   * Reads the next frame, all of it, into `slot`.
   *
   * @throws {ProcessError} If FFmpeg failed; {@linkcode StreamError} "ended"
   * if it ended.
   */
  async readFrame(slot: Uint8Array<ArrayBuffer>): Promise<DecodedFrame> {
    for (let done = 0; done < slot.length;) {
      const count = await this.#pipe.read(slot.subarray(done));
      if (count === 0) return await this.failed;
      done += count;
    }
    // Printed ahead of the pixels, but on its way through another pipe.
    const { value } = await this.#decoded.next();
    return value ?? await this.failed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // An FFmpeg that is blocked on a full pipe heeds no signal.
    this.#pipe[Symbol.dispose]();
    await this.#child[Symbol.asyncDispose]();
  }
}
