/**
 * Access units as they arrive, with what is known of them.
 *
 * @module
 */

import type { AccessUnit } from "../media/access_unit.ts";
import type { SplitUnit } from "../media/access_unit_splitter.ts";
import type { Sps } from "../media/sps.ts";
import { type Milliseconds, ms } from "../media/time.ts";
import type { Timing } from "../media/timing_sei.ts";
import { isEntry } from "../media/unit_queue.ts";
import type { Clock } from "../plugin/runtime.ts";
import type { DatagramPicture } from "./datagram_splitter.ts";
import type { AgeStatus } from "./status.ts";
import { isSameStream, type StreamInfo, StreamReader } from "./stream_info.ts";

/** One access unit that a decoder can use. */
export interface ReceivedUnit {
  /** An Annex B byte stream; a keyframe has its parameter sets. */
  readonly data: Uint8Array<ArrayBuffer>;
  /** Whether a decoder may start here. */
  readonly keyframe: boolean;
  /** Whether a decoder may that hides what is not whole yet. */
  readonly recoveryPoint: boolean;
  /** Counts from 1 for the life of the receiver. */
  readonly number: number;
  /** When its last byte arrived; monotonic clock. */
  readonly receivedAt: Milliseconds;
  /** Absent where the sender does not tell. */
  readonly capturedAt?: Milliseconds;
  /** From when its age counts; monotonic clock. */
  readonly origin: {
    readonly at: Milliseconds;
    readonly since: AgeStatus["since"];
  };
  /** To be decoded for others, and not to be shown. */
  readonly hidden: boolean;
  /** To be shown as damaged. */
  readonly spoilt: boolean;
  /** Of the stream it belongs to; another object where that has changed. */
  readonly stream: StreamInfo;
}

/** An access unit as a transport or a splitter delivers it. */
export type ArrivedUnit =
  & Omit<SplitUnit, "hasParameterSets">
  & Pick<AccessUnit, "capturedAt" | "codec" | "size">
  & Pick<DatagramPicture, "mayLackEnd">;

/** Turns access units that arrive into received ones. */
export class UnitReceiver {
  /** Distance between the last two keyframes of one connection. */
  keyframeDistance: Milliseconds = ms(0);
  readonly #clock: Clock;
  readonly #bootTag: string;
  #reader = new StreamReader("h264");
  /** Of this connection; none before its first keyframe. */
  #stream: StreamInfo | undefined;
  #latest: StreamInfo | undefined;
  #lossy = false;
  #number = 0;
  #keyframeAt: Milliseconds | undefined;

  /** @param bootTag Which boot of which machine we run on. */
  constructor(clock: Clock, bootTag: string) {
    this.#clock = clock;
    this.#bootTag = bootTag;
  }

  /** What pictures of H.264 are coded by, once that is known. */
  get sps(): Sps | undefined {
    return this.#reader.h264Sps;
  }

  /** What the last keyframe said. */
  get stream(): StreamInfo | undefined {
    return this.#latest;
  }

  /**
   * Another sender, or another connection: its parameter sets are its own.
   *
   * @param lossy Whether bytes of it may be missing, and nothing numbers them.
   */
  reset(lossy = this.#lossy): void {
    this.#lossy = lossy;
    this.#reader = new StreamReader(this.#reader.codec);
    this.#stream = undefined;
    this.#keyframeAt = undefined;
  }

  /**
   * Takes an access unit.
   *
   * @param unit With `capturedAt` where the transport itself knows it.
   * @param timing What our own sender said of it.
   * @returns It, or `undefined` if no decoder could use it.
   * @throws {StreamError} "undecodable" if its pictures are too large.
   */
  receive(
    unit: ArrivedUnit,
    timing: Timing | undefined,
  ): ReceivedUnit | undefined {
    const receivedAt = this.#clock.now();
    const { codec = "h264" } = unit;
    if (codec !== this.#reader.codec) {
      this.#reader = new StreamReader(codec);
      this.reset();
    }
    // Parameter sets may change in front of any picture.
    this.#reader.read(unit.data, unit.size);
    if (isEntry(unit)) this.#begin(receivedAt, timing);
    if (this.#stream === undefined) return undefined;
    const { keyframe, recoveryPoint } = unit;
    const origin = this.#origin(unit.capturedAt, timing, receivedAt);
    const isCapture = origin.since.startsWith("capture");
    return {
      data: isEntry(unit) ? this.#reader.complete(unit.data) : unit.data,
      keyframe,
      recoveryPoint,
      number: ++this.#number,
      receivedAt,
      ...(isCapture && { capturedAt: origin.at }),
      origin,
      hidden: false,
      spoilt: false,
      stream: this.#stream,
    };
  }

  /** A keyframe says what comes from here on. */
  #begin(now: Milliseconds, timing: Timing | undefined): void {
    if (this.#keyframeAt !== undefined) {
      this.keyframeDistance = ms(now - this.#keyframeAt);
    }
    this.#keyframeAt = now;
    // Our own sender sums up its pictures.
    const stream = this.#reader.describe(this.#lossy && timing === undefined);
    if (stream === undefined) return;
    if (!isSameStream(stream, this.#latest)) this.#latest = stream;
    this.#stream = this.#latest;
  }

  #origin(
    at: Milliseconds | undefined,
    timing: Timing | undefined,
    receivedAt: Milliseconds,
  ): ReceivedUnit["origin"] {
    if (timing === undefined) {
      return at === undefined
        ? { at: receivedAt, since: "arrival" }
        : { at, since: "capture, wall clock" };
    }
    if (timing.bootTag === this.#bootTag) {
      const since = timing.captured ? "capture" : "sent";
      return { at: ms(timing.monotonic / 1000), since };
    }
    const ago = (this.#clock.wallClock() - timing.realtime) / 1000;
    const since = timing.captured ? "capture, wall clock" : "sent";
    return { at: ms(receivedAt - ago), since };
  }
}
