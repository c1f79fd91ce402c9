/**
 * The receive pipeline: one stream, a decoder for every kind of frame that is
 * wanted, any number of sinks.
 *
 * @module
 */

import type { Decoders } from "../ffmpeg/decoders.ts";
import type { Logger } from "../plugin/context.ts";
import type { Runtime } from "../plugin/runtime.ts";
import type { Resolved } from "../registry.ts";
import { DecodeGroup, groupSinks } from "./decode_group.ts";
import { AUTO, DecoderChoice } from "./decoder_choice.ts";
import { InputStage } from "./input_stage.ts";
import { SinkStage } from "./sink_stage.ts";
import type { RecvStatus } from "./status.ts";

/** What is received, and where its frames go. */
export interface RecvOptions {
  /** Where the stream comes from. */
  input: Resolved<"transport">;
  /** Where the frames go; at least one. */
  sinks: readonly Resolved<"sink">[];
  /** The machine. */
  runtime: Runtime;
  /** Its decoders. */
  decoders: Decoders;
  /**
   * What decodes: `auto`, `software`, hardware or a decoder by FFmpeg's name.
   *
   * @default {"auto"}
   */
  decoder?: string | undefined;
  /**
   * Whether a second decoder waits in case the first one is lost.
   *
   * @default {true}
   */
  spare?: boolean | undefined;
  /** Makes the log of a component. */
  log: (component: string) => Logger;
  /** Ends the pipeline. */
  signal: AbortSignal;
  /** Fruitless retries in a row before giving up. Omit: never gives up. */
  maxRetries?: number | undefined;
}

/** A pipeline that has not been started yet. */
export interface Receiver {
  /**
   * Runs until `signal` aborts or no sink has a reader any more.
   *
   * @throws {ConfigError} If the user has to change something.
   * @throws {GaveUpError} If `maxRetries` was given and used up.
   */
  run(): Promise<void>;
  /** How it goes. */
  status(): RecvStatus;
  /** The command lines it would start. Starts none of them. */
  commands(): Promise<string[][]>;
}

/**
 * Makes a receive pipeline.
 *
 * @throws {ConfigError} If an option of an address is wrong.
 */
export function createReceiver(options: RecvOptions): Receiver {
  const input = new InputStage(options);
  const sinks = options.sinks.map((sink) => new SinkStage(options, sink));
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  const choice = new DecoderChoice({
    ...{ decoders: options.decoders, wish: options.decoder ?? AUTO, signal },
    log: options.log("recv decoder"),
  });
  const groups = groupSinks(sinks).map((sinks) =>
    new DecodeGroup(options, sinks, input, choice)
  );

  async function run(): Promise<void> {
    const receiving = input.run(signal);
    const serving = groups.map((group) => group.run(signal));
    try {
      await Promise.race([receiving, Promise.all(serving)]);
    } finally {
      stop.abort();
      await Promise.allSettled([receiving, ...serving]);
      await choice.close();
    }
  }

  return {
    run,
    status: () => ({
      input: input.status(),
      decoders: groups.map(({ decoder }) => decoder.status()),
      sinks: sinks.map((sink) => sink.status()),
    }),
    commands: () => Promise.all(groups.map(({ decoder }) => decoder.command())),
  };
}
