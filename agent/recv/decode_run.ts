/**
 * One decoder at work on one stream.
 *
 * @module
 */

import type { Decoder } from "../ffmpeg/decoder.ts";
import { ms } from "../media/time.ts";
import type { Clock } from "../plugin/runtime.ts";
import { StallTimer } from "../watchdog/stall.ts";
import type { FrameRing } from "./frame_ring.ts";
import type { ReceivedUnit, StreamInfo } from "./received_unit.ts";

/**
 * Access units that may be inside the decoder, besides those it has to hold
 * back: enough to keep it busy, few enough to be no queue of their own.
 */
const WINDOW = 4;

/** A frame that much older than the newest access unit is not published. */
const STALE_MS = 100;

/**
 * A decoder that has not caught up after this long is not working off a
 * backlog, it is too slow: its frames are the best there are.
 */
const CATCH_UP_MS = 500;

/** A decoder that is fed and silent has failed. */
const STALL_MS = 2000;

/** How long the last frames of a stream may take when another one follows. */
const FLUSH_MS = 300;

/** What a run reports, and what it has to know. */
export interface DecodeRunEvents {
  /** The origin of the newest access unit there is. */
  newestAt(): number;
  /** How far keyframes are apart, in milliseconds. */
  keyframeDistance(): number;
  /** Called for every frame. */
  progress(): void;
  /** Counted up. */
  readonly counts: { decoded: number; stale: number };
}

/** Feeds access units, and publishes the frames that come out. */
export class DecodeRun {
  readonly #decoder: Decoder;
  readonly #ring: FrameRing;
  readonly #clock: Clock;
  readonly #events: DecodeRunEvents;
  readonly #stall: StallTimer;
  /** What is inside the decoder, by number. */
  readonly #fed = new Map<number, ReceivedUnit>();
  #room: (() => void) | undefined;
  #staleSince: number | undefined;

  /** The decoder and the ring stay with the caller. */
  constructor(
    decoder: Decoder,
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
        this.#fed.size === 0
          ? Infinity
          : Math.max(STALL_MS, 2 * events.keyframeDistance()),
    });
  }

  /**
   * Decodes until the stream changes.
   *
   * @returns What the next stream's untagged pictures are.
   * @throws What broke, or the signal's reason.
   */
  async decode(
    first: ReceivedUnit,
    units: AsyncIterator<ReceivedUnit>,
    signal: AbortSignal,
  ): Promise<StreamInfo["untagged"]> {
    const ended = new AbortController();
    const broken = Promise.withResolvers<never>();
    const stop = () => broken.reject(signal.reason);
    signal.addEventListener("abort", stop);
    const watching = this.#stall.watch(broken.reject, ended.signal);
    const reading = this.#read();
    reading.catch(() => {});
    broken.promise.catch(() => {});
    try {
      const next = await Promise.race([
        this.#feed(first, units),
        reading,
        broken.promise,
        this.#decoder.failed,
      ]);
      this.#decoder.endInput();
      const flushed = this.#clock.sleep(ms(FLUSH_MS), ended.signal);
      await Promise.race([reading, flushed]).catch(() => {});
      return next.untagged;
    } finally {
      signal.removeEventListener("abort", stop);
      ended.abort();
      await watching;
    }
  }

  /** @returns The stream that begins with an access unit not fed. */
  async #feed(
    first: ReceivedUnit,
    units: AsyncIterator<ReceivedUnit>,
  ): Promise<StreamInfo> {
    const { stream } = first;
    const window = WINDOW + stream.reorderDepth;
    for (let unit = first; unit.stream === stream;) {
      if (this.#fed.size === 0) this.#stall.feed(this.#clock.now());
      this.#fed.set(unit.number, unit);
      await this.#decoder.feed(unit.data, unit.number, stream);
      while (this.#fed.size >= window) {
        await new Promise<void>((resolve) => this.#room = resolve);
      }
      const { value, done } = await units.next();
      if (done) return stream;
      unit = value;
      if (unit.stream !== stream) return unit.stream;
    }
    return stream;
  }

  async #read(): Promise<never> {
    while (true) {
      const slot = this.#ring.acquire();
      let number: number;
      try {
        number = await this.#decoder.readFrame(slot.data);
      } catch (error) {
        this.#ring.release(slot);
        throw error;
      }
      const unit = this.#take(number);
      const decodedAt = this.#clock.now();
      this.#stall.feed(decodedAt);
      this.#events.counts.decoded++;
      this.#events.progress();
      if (unit === undefined || this.#isStale(unit, decodedAt)) {
        this.#events.counts.stale++;
        this.#ring.release(slot);
        continue;
      }
      const { capturedAt, receivedAt, keyframe, origin } = unit;
      this.#ring.publish(slot, {
        data: slot.data,
        sequence: number,
        ...(capturedAt !== undefined && { capturedAt }),
        receivedAt,
        decodedAt,
        keyframe,
        origin,
      });
    }
  }

  /** Forgets what is decoded by now, or was skipped by the decoder. */
  #take(number: number): ReceivedUnit | undefined {
    const unit = this.#fed.get(number);
    this.#fed.delete(number);
    const { reorderDepth = 0 } = unit?.stream ?? {};
    for (const other of this.#fed.keys()) {
      if (other + reorderDepth < number) this.#fed.delete(other);
    }
    this.#room?.();
    return unit;
  }

  #isStale({ origin }: ReceivedUnit, now: number): boolean {
    if (this.#events.newestAt() - origin.at <= STALE_MS) {
      this.#staleSince = undefined;
      return false;
    }
    this.#staleSince ??= now;
    return now - this.#staleSince < CATCH_UP_MS;
  }
}
