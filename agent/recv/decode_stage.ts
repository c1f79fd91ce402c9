/**
 * The middle stage of receiving: a decoder, kept running, from the hub into a
 * ring.
 *
 * @module
 */

import { Decoder } from "../ffmpeg/decoder.ts";
import {
  decoderArgs,
  type DecoderOutput,
  isSameDecoder,
} from "../ffmpeg/decoder_args.ts";
import { isSoftware, methodName } from "../ffmpeg/decoder_method.ts";
import type { AccessUnitHub } from "../media/access_unit_hub.ts";
import { packedFormat } from "../media/frame.ts";
import { type Milliseconds, ms } from "../media/time.ts";
import type { QueueCounters } from "../media/unit_queue.ts";
import { pause } from "../watchdog/pause.ts";
import { HEALTHY_MS } from "../watchdog/restart_policy.ts";
import { isUsersToMend, toError } from "../watchdog/failure.ts";
import { createStatus, formatDuration } from "../watchdog/status.ts";
import { type Attempt, supervise } from "../watchdog/supervisor.ts";
import { TokenBucket } from "../watchdog/token_bucket.ts";
import type { LossPolicy } from "./access_unit_gate.ts";
import { DecodeRun } from "./decode_run.ts";
import type { ChosenDecoder, DecoderChoice } from "./decoder_choice.ts";
import type { FrameStream } from "./frame_stream.ts";
import type { ReceivedUnit } from "./received_unit.ts";
import type { RecvOptions } from "./recv.ts";
import { SpareDecoder } from "./spare_decoder.ts";
import { type StreamInfo, tellsSize } from "./stream_info.ts";
import type { Wanted } from "./sink_stage.ts";
import type { DecoderStatus } from "./status.ts";

/** How long an access unit may wait for the decoder. */
const DECODER_BUDGET = ms(200);

/**
 * The same until it has shown something, and for as long again: it has to work
 * off what has waited. FFmpeg takes 82 to 120 ms to start where there is room
 * for it, and several times that on a busy machine.
 */
const START_BUDGET = ms(1000);

/** What a decoder is prepared for before the stream has said anything. */
const LIKELY: StreamInfo = {
  codec: "h264",
  width: 0,
  height: 0,
  untagged: "bt601",
  reorderDepth: 0,
  lossy: false,
};

/** What a decoder has to know of the input. */
export interface DecoderInput {
  /** Access units as they arrive. */
  readonly hub: AccessUnitHub<ReceivedUnit>;
  /** The origin of the newest access unit there is. */
  readonly newestAt: number;
  /** How far keyframes are apart, in milliseconds. */
  readonly keyframeDistance: number;
  /** What becomes of pictures that are known to be damaged. */
  readonly loss: LossPolicy;
}

/** One decoder for all sinks that want the same frames. */
export class DecodeStage {
  /** Frames and counters since the start. */
  readonly counts = { decoded: 0, stale: 0, hidden: 0, dropped: 0 };
  readonly #options: RecvOptions;
  readonly #wanted: Wanted;
  readonly #input: DecoderInput;
  readonly #stream: FrameStream;
  readonly #choice: DecoderChoice;
  readonly #supervisor;
  #changes = new TokenBucket();
  /** Absent while nothing runs, and where none is wanted. */
  #spare: SpareDecoder | undefined;
  #queue: QueueCounters | undefined;
  #size: string | undefined;
  #method: string | undefined;

  /**
   * @param stream Where the frames go.
   * @param choice Of the whole pipeline.
   */
  constructor(
    options: RecvOptions,
    wanted: Wanted,
    input: DecoderInput,
    stream: FrameStream,
    choice: DecoderChoice,
  ) {
    this.#options = options;
    this.#wanted = wanted;
    this.#input = input;
    this.#stream = stream;
    this.#choice = choice;
    this.#supervisor = createStatus(options.runtime.now());
  }

  /** Runs until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { runtime, log, maxRetries, spare = true } = this.#options;
    await using kept = spare ? new SpareDecoder(runtime) : undefined;
    this.#spare = kept;
    await supervise((attempt) => this.#attempt(attempt), {
      subject: "ffmpeg",
      signal,
      clock: runtime,
      log: log("recv decoder"),
      maxRetries,
      status: this.#supervisor,
      hasSpare: () => kept?.isReady ?? false,
    });
  }

  /** The command line that it begins with. */
  async command(): Promise<string[]> {
    const { method } = await this.#choice.choose(LIKELY);
    const output = { ...outputOf(LIKELY, this.#wanted), ...method };
    return ["ffmpeg", ...decoderArgs(output, "pipe:1")];
  }

  /** How it goes. */
  status(): DecoderStatus {
    return {
      pixelFormat: this.#wanted.pixelFormat,
      ...(this.#size && { size: this.#size }),
      ...(this.#method && { decoder: this.#method }),
      supervisor: this.#supervisor,
      spare: this.#spare?.isReady ?? false,
      ...this.counts,
      dropped: this.counts.dropped + (this.#queue?.dropped ?? 0),
    };
  }

  /** Decodes one stream after the other: a new size needs a new decoder. */
  async #attempt({ signal, progress }: Attempt): Promise<void> {
    let prepared = LIKELY;
    while (true) {
      signal.throwIfAborted();
      const since = this.#options.runtime.now();
      prepared = await this.#choose(prepared, signal, progress);
      await this.#limitChanges(since, signal);
    }
  }

  #tell(stream: StreamInfo, method: string): void {
    const isNew = this.#method !== undefined && this.#method !== method;
    if (isNew) this.#options.log("recv decoder").info(`decodes with ${method}`);
    this.#method = method;
    this.#choice.survey(stream);
  }

  /**
   * A peer may change its size with every picture. As for what crashes, the
   * next start is at once until the tokens are used up, and always after a run
   * that was healthy.
   */
  async #limitChanges(
    since: Milliseconds,
    signal: AbortSignal,
  ): Promise<void> {
    const { runtime, log } = this.#options;
    const now = runtime.now();
    if (now - since >= HEALTHY_MS) this.#changes = new TokenBucket();
    const delay = this.#changes.take(now);
    if (delay === 0) return;
    log("recv decoder").warn(
      `the pictures change too often; waits ${formatDuration(delay)}`,
    );
    await pause(runtime, delay, signal);
  }

  /**
   * Decodes with what is best, and in software where that fails.
   *
   * @returns What the next decoder has to be prepared for.
   */
  async #choose(
    prepared: StreamInfo,
    signal: AbortSignal,
    progress: () => void,
  ): Promise<StreamInfo> {
    const { runtime } = this.#options;
    const { news } = this.#choice;
    const chosen = await this.#choice.choose(prepared);
    let [stream, provenAt] = [prepared, Infinity];
    try {
      return await this.#decode(prepared, chosen, {
        signal: AbortSignal.any([signal, news]),
        begin: (begun) => stream = begun,
        progress: () => {
          provenAt = Math.min(provenAt, runtime.now() + HEALTHY_MS);
          progress();
        },
      });
    } catch (thrown) {
      signal.throwIfAborted();
      if (news.aborted) return stream;
      const error = toError(thrown);
      const isProven = isSoftware(chosen.method) || runtime.now() >= provenAt;
      if (isProven || isUsersToMend(error)) throw error;
      this.#choice.refuse(stream.codec, chosen.method, error.message);
      return stream;
    }
  }

  async #decode(
    prepared: StreamInfo,
    { method, held }: ChosenDecoder,
    { signal, begin, progress }: Decoding,
  ): Promise<StreamInfo> {
    const { runtime } = this.#options;
    const { pixelFormat, size } = this.#wanted;
    const output = { ...outputOf(prepared, this.#wanted), ...method };
    // Started before anything is known: the first picture comes the sooner.
    await using decoder = await this.#spare?.take(output) ??
      await Decoder.start(output, { runtime, signal });
    let settledAt = Infinity;
    const budget = () =>
      runtime.now() < settledAt ? START_BUDGET : DECODER_BUDGET;
    using queue = this.#input.hub.join(budget);
    this.#queue = queue.counters;
    try {
      const units = queue[Symbol.asyncIterator]();
      const first = await Promise.race([units.next(), decoder.failed]);
      signal.throwIfAborted();
      if (first.done) throw new Error("The hub ended");
      const { stream } = first.value;
      // The next decoder gets this access unit from the hub again.
      const best = await this.#choice.choose(stream);
      const needed = { ...outputOf(stream, this.#wanted), ...best.method };
      if (!isSameDecoder(output, needed)) return stream;
      begin(stream);
      this.#tell(stream, methodName(method));
      const { width, height } = size ?? stream;
      const { fps } = stream;
      const ring = await this.#stream.begin({
        ...packedFormat(width, height, pixelFormat),
        ...(fps !== undefined && { fps }),
      });
      this.#size = `${width}x${height}`;
      const run = new DecodeRun(decoder, ring, runtime, {
        input: this.#input,
        counts: this.counts,
        budget,
        held,
        progress: () => {
          const now = runtime.now();
          settledAt = Math.min(settledAt, now + START_BUDGET);
          // On a busy machine the first pictures come before a second decoder.
          if (now >= settledAt) this.#spare?.prepare(output);
          progress();
        },
      });
      return await run.decode(first.value, units, signal);
    } finally {
      this.counts.dropped += queue.counters.dropped;
      this.#queue = undefined;
    }
  }
}

/** What one decoder reports, and what ends it. */
interface Decoding {
  readonly signal: AbortSignal;
  /** Called with the stream that it is for. */
  begin(stream: StreamInfo): void;
  /** Called for every frame. */
  progress(): void;
}

/** What a decoder has to be told when it is started. */
function outputOf(
  { codec, width, height, untagged, reorderDepth, lossy }: StreamInfo,
  { pixelFormat, size }: Wanted,
): DecoderOutput {
  const fixed = size ?? (tellsSize(codec) ? undefined : { width, height });
  return {
    codec,
    untagged,
    lossy,
    reordered: reorderDepth > 0,
    pixelFormat,
    ...(fixed && { size: fixed }),
  };
}
