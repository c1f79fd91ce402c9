/**
 * One decoder, and all sinks that want the same kind of frames.
 *
 * @module
 */

import { pause } from "../watchdog/pause.ts";
import { type DecoderInput, DecodeStage } from "./decode_stage.ts";
import type { DecoderChoice } from "./decoder_choice.ts";
import { FrameStream } from "./frame_stream.ts";
import type { RecvOptions } from "./recv.ts";
import type { SinkStage, Wanted } from "./sink_stage.ts";

/**
 * How long memory may be kept by a sink that is told to end and still writes;
 * after that it is left to the end of the process.
 */
const MEMORY_GRACE_MS = 1000;

/** A decoder that runs for as long as somebody wants its frames. */
export class DecodeGroup {
  /** Fills the ring. */
  readonly decoder: DecodeStage;
  /** Read it; at least one. */
  readonly sinks: readonly SinkStage[];
  readonly #options: RecvOptions;
  readonly #stream: FrameStream;

  /**
   * @param sinks All with the same pixel format and size.
   * @param choice Of the whole pipeline.
   */
  constructor(
    options: RecvOptions,
    sinks: readonly SinkStage[],
    input: DecoderInput,
    choice: DecoderChoice,
  ) {
    const onError = (error: unknown) =>
      options.log("recv frames").warn(`Cannot give memory back: ${error}`);
    this.sinks = sinks;
    this.#options = options;
    this.#stream = new FrameStream(sinks.length, onError);
    const wanted = sinks[0]!.wanted;
    const stream = this.#stream;
    this.decoder = new DecodeStage(options, wanted, input, stream, choice);
  }

  /** Runs until `signal` aborts or no sink has a reader any more. */
  async run(signal: AbortSignal): Promise<void> {
    const stop = new AbortController();
    const ending = AbortSignal.any([signal, stop.signal]);
    const writing = this.sinks.map((sink) => sink.run(this.#stream, ending));
    const decoding = this.decoder.run(ending);
    try {
      await Promise.race([Promise.all(writing), decoding]);
    } finally {
      stop.abort();
      await Promise.allSettled([...writing, decoding]);
      await this.#close();
    }
  }

  async #close(): Promise<void> {
    const closed = new AbortController();
    void this.#stream.close().then(() => closed.abort());
    await pause(this.#options.runtime, MEMORY_GRACE_MS, closed.signal);
  }
}

/** Groups sinks that can share a decoder. */
export function groupSinks(sinks: readonly SinkStage[]): SinkStage[][] {
  return [...Map.groupBy(sinks, ({ wanted }) => kindOf(wanted)).values()];
}

function kindOf({ pixelFormat, size }: Wanted): string {
  return `${pixelFormat} ${size?.width}x${size?.height}`;
}
