/**
 * A sink in use, step by step as the agent uses it.
 *
 * @module
 */

import assert from "node:assert/strict";
import { parseAddress } from "../../agent/media/address.ts";
import type { FrameFormat } from "../../agent/media/frame.ts";
import type { PluginContext } from "../../agent/plugin/context.ts";
import { checkSink } from "../../agent/plugin/reserved.ts";
import type {
  FrameMemory,
  FrameSink,
  SinkPlugin,
  WriteResult,
} from "../../agent/plugin/sink.ts";
import { contains, frameOf, pictureOf } from "./frames.ts";
import { assertBytes, type CaseRuntime, settled, untilTrue } from "./suite.ts";

/** Where the sink under test writes, and how to see what its reader got. */
export interface SinkCase {
  /** The address, as a user would give it. */
  readonly address: string;
  /** The machine to hand to the plugin. */
  readonly runtime: CaseRuntime;
  /** Brings a reader, once the sink is open. */
  attach?(): void;
  /** Bytes that reached readers so far. */
  received(): Uint8Array;
  /** Takes the readers away. */
  leave?(): void | Promise<void>;
  /** Has the readers read no more, and stay. */
  stall?(): void;
  /** Cleans up behind the test. */
  [Symbol.asyncDispose]?(): Promise<void>;
}

/** Makes what a sink is handed. */
export function contextOf(
  plugin: SinkPlugin,
  text: string,
  runtime: CaseRuntime,
  signal: AbortSignal,
): PluginContext<unknown> {
  const address = parseAddress(text);
  const { options } = checkSink(plugin, address);
  const log = { info() {}, warn() {} };
  return { address, options, signal, log, runtime };
}

/** Owns what the sink claims; disposing checks that all is given back. */
export class SinkUsage implements AsyncDisposable {
  readonly #plugin: SinkPlugin;
  readonly #case: SinkCase;
  readonly #context: PluginContext<unknown>;
  readonly #controller = new AbortController();
  #prepared: AsyncDisposable | undefined;
  #sink: FrameSink | undefined;

  private constructor(plugin: SinkPlugin, c: SinkCase) {
    this.#plugin = plugin;
    this.#case = c;
    const { signal } = this.#controller;
    this.#context = contextOf(plugin, c.address, c.runtime, signal);
  }

  /** Prepares the sink. */
  static async begin(plugin: SinkPlugin, c: SinkCase): Promise<SinkUsage> {
    const usage = new SinkUsage(plugin, c);
    usage.#prepared = await plugin.prepare?.(usage.#context);
    return usage;
  }

  /** Allocates the ring. */
  async allocate(format: FrameFormat, slots: number): Promise<FrameMemory> {
    return await this.#plugin.allocate!(format, slots, this.#context);
  }

  /** Opens the sink, and brings its reader. */
  async open(format: FrameFormat): Promise<void> {
    const prepared = this.#prepared;
    this.#sink = await this.#plugin.open(format, this.#context, prepared);
    this.#case.attach?.();
  }

  /**
   * Writes one frame, and takes it back the moment write() settles.
   *
   * @param slot Where the frame is; memory that the sink allocated stays as it
   * is, for its readers.
   */
  async write(
    format: FrameFormat,
    slot?: Uint8Array<ArrayBuffer>,
  ): Promise<WriteResult> {
    const frame = frameOf(format, slot);
    const writing = (async () => {
      const result = await this.#sink!.write(frame);
      const { data } = frameOf(format);
      assertBytes(frame.data, data, "frames are not its to change");
      if (!slot) frame.data.fill(0);
      return result;
    })();
    return await settled(this.#case.runtime, "end of write()", writing);
  }

  /** Writes a frame, until a reader has taken it and it is there. */
  async deliver(
    format: FrameFormat,
    slot?: Uint8Array<ArrayBuffer>,
  ): Promise<void> {
    const taken = async () => await this.write(format, slot) !== "skipped";
    await untilTrue(this.#case.runtime, "reader for a frame", taken);
    await this.#arrival(format);
  }

  async #arrival(format: FrameFormat): Promise<void> {
    const picture = pictureOf(format);
    const { runtime } = this.#case;
    const there = () => contains(this.#case.received(), picture);
    await untilTrue(runtime, "picture without padding at the reader", there);
  }

  /** Aborts everything. */
  abort(): void {
    this.#controller.abort();
  }

  /** Closes the sink. */
  async close(): Promise<void> {
    const closing = this.#sink?.[Symbol.asyncDispose]();
    this.#sink = undefined;
    await settled(this.#case.runtime, "end of the sink", noPromise(closing));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
    const { runtime } = this.#case;
    const closing = this.#prepared?.[Symbol.asyncDispose]();
    await settled(runtime, "end of what was prepared", noPromise(closing));
    await this.#case[Symbol.asyncDispose]?.();
    assert.deepEqual(runtime.open ?? [], []);
  }
}

function noPromise(promise: PromiseLike<void> | undefined): Promise<void> {
  return Promise.resolve(promise);
}
