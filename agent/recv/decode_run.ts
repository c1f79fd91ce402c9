/**
 * One decoder at work on one stream.
 *
 * @module
 */

import type { DecodedFrame, Decoder } from "../ffmpeg/decoder.ts";
import type { Milliseconds } from "../media/time.ts";
import { isEntry } from "../media/unit_queue.ts";
import type { Clock } from "../plugin/runtime.ts";
import { pause } from "../watchdog/pause.ts";
import { StallTimer } from "../watchdog/stall.ts";
import { AccessUnitGate } from "./access_unit_gate.ts";
import type { DecoderInput } from "./decode_stage.ts";
import { FrameOrder, type OrderedFrame } from "./frame_order.ts";
import type { FrameRing } from "./frame_ring.ts";
import type { ReceivedUnit } from "./received_unit.ts";
import type { StreamInfo } from "./stream_info.ts";
import { StaleFrames } from "./stale.ts";

/**
 * Access units that may be inside the decoder, besides those it has to hold
 * back: enough to keep it busy, few enough to be no queue of their own.
 */
const WINDOW = 4;

/**
 * As many where pictures are missing and no keyframe follows. FFmpeg takes
 * pictures for older ones if one is missing at which frame_num wraps around, and
 * keeps them to itself: x264 lets it wrap after 64 where a refresh takes 2 s.
 */
const GAP_WINDOW = 64;

/** A decoder that is fed and silent has failed. */
const STALL_MS = 2000;

/** How long the last frames of a stream may take when another one follows. */
const FLUSH_MS = 300;

/** How long a decoder that no longer reads may take to say why. */
const LAST_WORDS_MS = 300;

/** What a run reports, and what it has to know. */
export interface DecodeRunEvents {
  /** What it has to know of the input. */
  readonly input: Pick<DecoderInput, "newestAt" | "keyframeDistance" | "loss">;
  /** Pictures that the decoder may keep, besides those it puts in order. */
  readonly held: number;
  /** Called for every frame. */
  progress(): void;
  /**
   * How long a decoder may be silent that has all it may have. After that it
   * has dropped it, as FFmpeg does with what follows a damaged keyframe: only
   * the next keyframe helps.
   */
  budget(): Milliseconds;
  /** Counted up. */
  readonly counts: {
    decoded: number;
    stale: number;
    hidden: number;
    dropped: number;
  };
}

/** What a run uses of a {@linkcode Decoder}. */
export type FrameDecoder =
  & Pick<Decoder, "failed" | "feed" | "endInput" | "readFrame">
  & AsyncDisposable;

/** Feeds access units, and publishes the frames that come out. */
export class DecodeRun {
  readonly #decoder: FrameDecoder;
  readonly #ring: FrameRing;
  readonly #clock: Clock;
  readonly #events: DecodeRunEvents;
  readonly #stall: StallTimer;
  readonly #staleFrames = new StaleFrames();
  readonly #order = new FrameOrder();
  /** What this decoder alone has not got: other decoders are whole. */
  readonly #gate = new AccessUnitGate("hold");
  /** What the decoder complained of, and what it predicted from that. */
  #complaints = new AccessUnitGate("pass");
  readonly #ended = new AbortController();
  /** What is inside the decoder, by number. */
  readonly #fed = new Map<number, ReceivedUnit>();
  #heldBack = 0;
  /** Whether it has yet to take what it is given: FFmpeg always reads. */
  #isWriting = false;
  #newest: number | undefined;
  /** What was fed before it is not waited for. */
  #begin = 0;
  /** The latest that was fed and is not whole, until it is decoded. */
  #gapUntil = 0;
  #progress: (() => void) | undefined;

  /**
   * @param decoder Belongs to the run from here on.
   * @param ring Stays with the caller.
   */
  constructor(
    decoder: FrameDecoder,
    ring: FrameRing,
    clock: Clock,
    events: DecodeRunEvents,
  ) {
    this.#decoder = decoder;
    this.#ring = ring;
    this.#clock = clock;
    this.#events = events;
    this.#stall = new StallTimer(clock, {
      stallMs: () =>
        this.#isIdle
          ? Infinity
          : Math.max(STALL_MS, 2 * events.input.keyframeDistance),
    });
  }

  /**
   * Decodes until the stream changes. Called once; nothing is under way any
   * more when it settles.
   *
   * @returns The stream that follows.
   * @throws What broke first, or the signal's reason.
   */
  async decode(
    first: ReceivedUnit,
    units: AsyncIterator<ReceivedUnit>,
    signal: AbortSignal,
  ): Promise<StreamInfo> {
    const { reorderDepth, lossy } = first.stream;
    this.#heldBack = reorderDepth + this.#events.held;
    // What arrived whole is as the sender made it.
    if (lossy) this.#complaints = new AccessUnitGate(this.#events.input.loss);
    const broken = Promise.withResolvers<never>();
    const stop = () => broken.reject(signal.reason);
    signal.addEventListener("abort", stop);
    if (signal.aborted) stop();
    const watching = this.#stall.watch(broken.reject, this.#ended.signal);
    const reading = this.#read();
    try {
      const next = await Promise.race([
        broken.promise,
        this.#decoder.failed,
        reading,
        this.#feed(first, units),
      ]);
      this.#decoder.endInput();
      const flushed = pause(this.#clock, FLUSH_MS, this.#ended.signal);
      await Promise.race([reading.catch(() => {}), flushed]);
      return next;
    } finally {
      signal.removeEventListener("abort", stop);
      this.#ended.abort();
      this.#progress?.();
      await this.#decoder[Symbol.asyncDispose]();
      // The slot that was being filled is given back only then.
      await Promise.allSettled([reading, watching]);
    }
  }

  /** @returns The stream that begins with an access unit not fed. */
  async #feed(
    first: ReceivedUnit,
    units: AsyncIterator<ReceivedUnit>,
  ): Promise<StreamInfo> {
    const { stream } = first;
    let isStuck = false;
    let unit = first;
    while (unit.stream === stream) {
      if (isStuck && isEntry(unit)) {
        this.#begin = unit.number;
        isStuck = false;
      }
      if (isStuck) {
        this.#events.counts.dropped++;
      } else {
        await this.#write(unit);
        isStuck = await this.#isStuck();
      }
      const { value, done } = await units.next();
      if (done) return stream;
      unit = value;
    }
    return unit.stream;
  }

  /**
   * Waits until there is room in the decoder.
   *
   * @returns Whether it was silent for so long that there will be none.
   */
  async #isStuck(): Promise<boolean> {
    while (this.#isFull() && !this.#ended.signal.aborted) {
      const progress = new AbortController();
      this.#progress = () => progress.abort();
      const patience = this.#events.budget();
      if (await pause(this.#clock, patience, progress.signal)) return true;
    }
    return false;
  }

  #isFull(): boolean {
    const inside = [...this.#fed.keys()].filter((key) => key >= this.#begin);
    const window = this.#gapUntil > 0 ? GAP_WINDOW : WINDOW;
    return inside.length >= window + this.#heldBack;
  }

  async #write(unit: ReceivedUnit): Promise<void> {
    // Up to here silence was in order.
    if (this.#isIdle) this.#stall.feed(this.#clock.now());
    this.#isWriting = true;
    const hidden = !this.#isWhole(unit) || unit.hidden;
    if (hidden) this.#gapUntil = unit.number;
    this.#fed.set(unit.number, { ...unit, hidden });
    try {
      await this.#decoder.feed(unit.data, unit.number, unit.stream);
    } catch (error) {
      // What the decoder died of says more than that it no longer reads.
      const { failed } = this.#decoder;
      const waited = pause(this.#clock, LAST_WORDS_MS, this.#ended.signal);
      await Promise.race([failed, waited]);
      throw error;
    } finally {
      this.#isWriting = false;
    }
  }

  /** Whether it is in order that nothing comes out: it has too little. */
  get #isIdle(): boolean {
    return this.#fed.size <= this.#heldBack && !this.#isWriting;
  }

  /** Tells whether the decoder has got all that a unit is predicted from. */
  #isWhole(unit: ReceivedUnit): boolean {
    // It may begin with a recovery point, and go on with one after a loss.
    const discontinuity = unit.number - 1 !== this.#newest;
    this.#newest = unit.number;
    const loss = { damaged: false, discontinuity };
    return this.#gate.judge(unit, loss) === "clean";
  }

  async #read(): Promise<never> {
    while (true) {
      const slot = this.#ring.acquire();
      let decoded: DecodedFrame;
      try {
        decoded = await this.#decoder.readFrame(slot.data);
      } catch (error) {
        this.#ring.release(slot);
        throw error;
      }
      const { pts: number, complaint } = decoded;
      const unit = this.#take(number);
      const decodedAt = this.#clock.now();
      this.#stall.feed(decodedAt);
      this.#events.counts.decoded++;
      this.#events.progress();
      const order = unit && this.#order.take(unit);
      if (!unit || !order || this.#isStale(order, decodedAt)) {
        this.#events.counts.stale++;
        this.#ring.release(slot);
        continue;
      }
      const damaged = complaint !== undefined;
      const loss = { damaged, discontinuity: false };
      const verdict = this.#complaints.judge(unit, loss);
      if (unit.hidden || verdict === "held" || verdict === "hidden") {
        this.#events.counts.hidden++;
        this.#ring.release(slot);
        continue;
      }
      const { capturedAt, receivedAt, keyframe, origin } = unit;
      this.#ring.publish(slot, {
        data: slot.data,
        sequence: order.sequence,
        ...(capturedAt !== undefined && { capturedAt }),
        receivedAt,
        decodedAt,
        keyframe,
        damaged: unit.spoilt || verdict === "spoilt",
        origin,
      });
    }
  }

  #isStale({ latestAt }: OrderedFrame, now: Milliseconds): boolean {
    const lag = this.#events.input.newestAt - latestAt;
    return this.#staleFrames.isStale(lag, now);
  }

  /** Forgets what is decoded by now, or was skipped by the decoder. */
  #take(number: number): ReceivedUnit | undefined {
    const unit = this.#fed.get(number);
    if (number >= this.#gapUntil) this.#gapUntil = 0;
    this.#fed.delete(number);
    for (const other of this.#fed.keys()) {
      if (other + this.#heldBack < number) this.#fed.delete(other);
    }
    this.#progress?.();
    return unit;
  }
}
