/**
 * The contract of sinks: where decoded frames go.
 *
 * @module
 */

import type { Frame, FrameFormat, PixelFormat } from "../media/frame.ts";
import type { OptionsSchema, PluginContext } from "./context.ts";

/** What became of a frame. */
export type WriteResult = void | "skipped";

/** An open sink. */
export interface FrameSink extends AsyncDisposable {
  /**
   * Takes one frame. Never called again before the previous call settles:
   * while a sink is busy the agent keeps only the newest frame.
   *
   * @param frame The frame, borrowed until the returned promise settles.
   * @returns Nothing, or "skipped" where nobody took the frame, for the
   * counters.
   * @throws {StreamError} If the sink must be reopened; "ended" if its reader
   * is gone for good, which ends the sink.
   */
  write(frame: Frame): WriteResult | Promise<WriteResult>;
}

/** The ring of slots that decoded frames are read into. */
export interface FrameMemory extends AsyncDisposable {
  /** `frameBytes(format)` bytes each, none overlapping another. */
  readonly slots: readonly Uint8Array<ArrayBuffer>[];
  /**
   * Called before a slot is filled: what it held is no longer there. May come
   * more than once before the slot is written. Omit where nobody but sinks
   * reads the memory.
   *
   * @param slot Its place among {@linkcode slots}.
   */
  reuse?(slot: number): void;
}

/**
 * How a sink introduces itself.
 *
 * @typeParam Options The options its address may carry.
 * @typeParam Prepared What {@linkcode SinkPlugin.prepare} makes.
 */
export interface SinkPlugin<
  Options = unknown,
  Prepared extends AsyncDisposable | undefined = AsyncDisposable | undefined,
> {
  /** Tells the kinds of plugins apart; set by {@linkcode defineSink}. */
  readonly kind: "sink";
  /** Package name, used in logs and in `camagent plugins`. */
  readonly name: string;
  /** Address schemes this sink answers to, without the colon. */
  readonly schemes: readonly string[];
  /** One line for `camagent plugins`. */
  readonly description: string;
  /** Pixel formats it takes, the preferred one first. */
  readonly accepts: readonly [PixelFormat, ...PixelFormat[]];
  /**
   * Shape of the address's query, without `size`, `fps` and `pixelFormat`,
   * which every sink's address may carry and which the agent reads itself.
   */
  readonly options: OptionsSchema<Options>;
  /**
   * Claims what the sink needs before anything is known of the stream: a FIFO
   * that readers can open already, a folder. What the user has to mend is said
   * here, at the start. Omit where {@linkcode open} does everything.
   *
   * @param context The address, its options, and the machine.
   * @returns What `open` is given; the agent disposes of it after the sink.
   */
  prepare?(
    context: PluginContext<Options>,
  ): Prepared | Promise<Prepared>;
  /**
   * Offers memory to decode into, so that frames reach it without a copy. Omit
   * where frames are copied out anyway.
   *
   * Of all sinks of a stream the first one that offers memory owns the ring;
   * the others borrow its slots and are not asked. Called once per format, just
   * before {@linkcode open} and with the same `context`. A frame's `data` is
   * then one of the slots itself, and no slot is overwritten before every
   * `write()` that borrowed it has settled; of those that are free the one that
   * was filled longest ago is next.
   *
   * @param format Geometry of every frame that will be read into the slots.
   * @param slots How many to make, at least.
   * @param context The address, its options, and the machine.
   * @returns The memory; the agent disposes of it after the sink.
   */
  allocate?(
    format: FrameFormat,
    slots: number,
    context: PluginContext<Options>,
  ): FrameMemory | Promise<FrameMemory>;
  /**
   * Opens the sink. Called once per format; a resolution change closes the
   * sink and opens it anew.
   *
   * @param format Geometry of every frame that will be written.
   * @param context The address, its options, and the machine.
   * @param prepared What `prepare` made, if there is such.
   * @returns The open sink, owned by the agent.
   */
  open(
    format: FrameFormat,
    context: PluginContext<Options>,
    prepared: Prepared,
  ): FrameSink | Promise<FrameSink>;
}

/** Declares a sink; the compiler infers `Options` from its schema. */
export function defineSink<
  Options,
  Prepared extends AsyncDisposable | undefined = undefined,
>(
  sink: Omit<SinkPlugin<Options, Prepared>, "kind">,
): SinkPlugin<Options, Prepared> {
  return { ...sink, kind: "sink" };
}
