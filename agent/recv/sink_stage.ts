/**
 * The last stage of receiving: a sink, kept running, out of a ring.
 *
 * @module
 */

import { ConfigError, StreamError } from "../errors.ts";
import type { FrameFormat, PixelFormat } from "../media/frame.ts";
import { Quantiles, RateMeter } from "../media/meter.ts";
import { checkSink } from "../plugin/reserved.ts";
import type { PluginContext } from "../plugin/context.ts";
import type { FrameSink, WriteResult } from "../plugin/sink.ts";
import type { Size } from "../plugin/source.ts";
import type { Resolved } from "../registry.ts";
import { abortable } from "../runtime/abortable.ts";
import { createStatus } from "../watchdog/status.ts";
import { type Attempt, supervise } from "../watchdog/supervisor.ts";
import type { FrameRing, Slot } from "./frame_ring.ts";
import type { FrameStream } from "./frame_stream.ts";
import type { RecvOptions } from "./recv.ts";
import type { AgeStatus, SinkStatus } from "./status.ts";
import type { Subscription } from "./subscription.ts";

/** Which frames a sink wants. */
export interface Wanted {
  /** Layout of the frames. */
  readonly pixelFormat: PixelFormat;
  /** Their size; absent: as the stream is. */
  readonly size?: Size | undefined;
  /** Most frames per second; absent: all. */
  readonly fps?: number | undefined;
}

/** One sink and what is known of it. */
export class SinkStage {
  /** What it is to be given. */
  readonly wanted: Wanted;
  readonly #options: RecvOptions;
  readonly #sink: Resolved<"sink">;
  readonly #pluginOptions: unknown;
  readonly #supervisor;
  readonly #rate = new RateMeter();
  readonly #ages = new Quantiles();
  #since: AgeStatus["since"] = "arrival";
  #written = 0;
  #dropped = 0;
  /** What it reads now. */
  #subscription: Subscription | undefined;

  /** @throws {ConfigError} If an option of the sink's address is wrong. */
  constructor(options: RecvOptions, sink: Resolved<"sink">) {
    const { plugin, address } = sink;
    const { reserved, options: own } = checkSink(plugin, address);
    const { pixelFormat = plugin.accepts[0], size, fps } = reserved;
    if (!plugin.accepts.includes(pixelFormat)) {
      throw new ConfigError(
        `Cannot use "${address.redacted}": ${plugin.name} takes ` +
          `${plugin.accepts.join(", ")}, not ${pixelFormat}`,
      );
    }
    this.wanted = { pixelFormat, size, fps };
    this.#options = options;
    this.#sink = sink;
    this.#pluginOptions = own;
    this.#supervisor = createStatus(options.runtime.now());
  }

  /** Runs until `signal` aborts or the sink's reader is gone for good. */
  async run(stream: FrameStream, signal: AbortSignal): Promise<void> {
    const { runtime, log, maxRetries } = this.#options;
    const { plugin } = this.#sink;
    // One for the whole life: `allocate` and `open` get the same.
    const context = this.#context(signal);
    using _ = plugin.allocate === undefined ? null : stream.offer(
      (format, slots) => plugin.allocate!(format, slots, context),
    );
    await supervise((attempt) => this.#attempt(stream, context, attempt), {
      subject: this.#sink.address.redacted,
      signal,
      clock: runtime,
      log: log("recv sink"),
      maxRetries,
      status: this.#supervisor,
    });
  }

  /** How it goes. */
  status(): SinkStatus {
    const [p50, p95] = this.#ages.read(0.5, 0.95) ?? [];
    return {
      address: this.#sink.address.redacted,
      supervisor: this.#supervisor,
      written: this.#written,
      dropped: this.#dropped + (this.#subscription?.dropped ?? 0),
      fps: this.#rate.read(this.#options.runtime.now()).perSecond,
      ...(p50 !== undefined && p95 !== undefined &&
        { age: { since: this.#since, p50, p95 } }),
    };
  }

  #context(signal: AbortSignal): PluginContext<unknown> {
    const { runtime, log } = this.#options;
    const { plugin, address } = this.#sink;
    return {
      address,
      options: this.#pluginOptions,
      signal,
      runtime,
      log: log(`recv ${plugin.name}`),
    };
  }

  async #attempt(
    stream: FrameStream,
    context: PluginContext<unknown>,
    attempt: Attempt,
  ): Promise<"finished"> {
    const { plugin } = this.#sink;
    await using prepared = await plugin.prepare?.(context);
    let ring: FrameRing | undefined;
    try {
      while (true) {
        ring = await stream.next(ring, attempt.signal);
        const format = formatFor(ring.format, this.wanted);
        await using sink = await plugin.open(format, context, prepared);
        await this.#feed(sink, ring, attempt);
      }
    } catch (error) {
      if (error instanceof StreamError && error.failure === "ended") {
        return "finished";
      }
      throw error;
    }
  }

  /** Writes until the ring is closed. */
  async #feed(
    sink: FrameSink,
    ring: FrameRing,
    { signal, progress }: Attempt,
  ): Promise<void> {
    using subscription = ring.subscribe(this.wanted.fps);
    this.#subscription = subscription;
    const stop = () => subscription.end();
    signal.addEventListener("abort", stop);
    if (signal.aborted) stop();
    try {
      while (true) {
        const slot = await subscription.next();
        if (slot === undefined) break;
        // A reader that has stopped reading must not keep us from ending.
        await abortable(this.#write(sink, slot, ring), signal);
        progress();
      }
    } finally {
      signal.removeEventListener("abort", stop);
      subscription.end();
      this.#subscription = undefined;
      this.#dropped += subscription.dropped;
    }
    signal.throwIfAborted();
  }

  /** The slot stays borrowed until the sink is done, awaited or not. */
  async #write(sink: FrameSink, slot: Slot, ring: FrameRing): Promise<void> {
    const { origin } = slot.frame!;
    // When the sink gets it, not when it is done with it.
    const age = this.#options.runtime.now() - origin.at;
    let result: WriteResult = "skipped";
    try {
      result = await sink.write(slot.frame!);
    } finally {
      ring.release(slot);
      if (result === "skipped") this.#dropped++;
      else this.#count(age, origin.since);
    }
  }

  #count(age: number, since: AgeStatus["since"]): void {
    this.#written++;
    if (since !== this.#since) this.#ages.clear();
    this.#since = since;
    this.#ages.add(age);
    this.#rate.add(this.#options.runtime.now());
  }
}

/** What a sink gets of the frames of a ring. */
function formatFor(format: FrameFormat, { fps }: Wanted): FrameFormat {
  if (fps === undefined) return format;
  return { ...format, fps: Math.min(fps, format.fps ?? fps) };
}
