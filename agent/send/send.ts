/**
 * The send pipeline: one source, one encoder, any number of viewers.
 *
 * @module
 */

import { AccessUnitHub } from "../media/access_unit_hub.ts";
import type { Logger } from "../plugin/context.ts";
import type { Runtime } from "../plugin/runtime.ts";
import type { Announcement, WireUnit } from "../plugin/transport.ts";
import type { Resolved } from "../registry.ts";
import { bootTag } from "../runtime/boot.ts";
import { abortable } from "../runtime/abortable.ts";
import { pause } from "../watchdog/pause.ts";
import { dryRun } from "./dry_run.ts";
import { OutputStage } from "./output_stage.ts";
import { SourceStage } from "./source_stage.ts";
import type { SendStatus } from "./status.ts";
import { WireFormat } from "./wire.ts";

/** What is sent where. */
export interface SendOptions {
  /** Where the pictures come from. */
  source: Resolved<"source">;
  /** Where they go; at least one. */
  outputs: readonly Resolved<"transport">[];
  /** The machine. */
  runtime: Runtime;
  /** Makes the log of a component. */
  log: (component: string) => Logger;
  /** Ends the pipeline. */
  signal: AbortSignal;
  /** Fruitless retries in a row before giving up. Omit: never gives up. */
  maxRetries?: number | undefined;
  /** Called when an output takes viewers, with what they have to know. */
  onListening?: (address: string, at: Announcement) => void;
}

/** A pipeline that has not been started yet. */
export interface Sender {
  /**
   * Runs until `signal` aborts or the input has ended and was sent.
   *
   * @throws {ConfigError} If the user has to change something.
   * @throws {GaveUpError} If `maxRetries` was given and used up.
   */
  run(): Promise<void>;
  /** How it goes. */
  status(): SendStatus;
  /** The command lines it would start. Starts none of them but `ffprobe`. */
  commands(): Promise<string[][]>;
}

/** How long viewers may take for what is left when the input has ended. */
const DRAIN_MS = 5000;

/** How late it may be noticed that they have. */
const DRAIN_CHECK_MS = 10;

/**
 * Makes a send pipeline.
 *
 * @throws {ConfigError} If an option of an address is wrong.
 */
export function createSender(options: SendOptions): Sender {
  const { runtime } = options;
  const hub = new AccessUnitHub<WireUnit>(() => runtime.now());
  const firstViewer = Promise.withResolvers<void>();
  const source = new SourceStage(options, {
    onUnit: (unit) => hub.push(wire.prepare(unit)),
    onInterrupt: () => {
      hub.interrupt();
      wire.restart();
    },
    viewers: () => outputs.flatMap((output) => output.loads()),
    wanted: (signal) => abortable(firstViewer.promise, signal),
  });
  const epoch = crypto.getRandomValues(new Uint32Array(1))[0]!;
  const wire = new WireFormat(
    runtime,
    source.stamp ? { epoch, bootTag } : undefined,
  );
  const outputs = options.outputs.map((output) =>
    new OutputStage(options, output, hub, firstViewer.resolve)
  );

  async function run(): Promise<void> {
    const stop = new AbortController();
    const signal = AbortSignal.any([options.signal, stop.signal]);
    const sending = source.run(signal).then(async () => {
      if (!signal.aborted) await drain(signal);
    });
    const stages = [sending, ...outputs.map((output) => output.run(signal))];
    try {
      // The first that ends for good, in peace or not, ends the others.
      await Promise.race(stages);
    } finally {
      stop.abort();
      await Promise.allSettled(stages);
    }
  }

  /** The input has ended: viewers get what they have not taken yet. */
  async function drain(signal: AbortSignal): Promise<void> {
    const deadline = runtime.now() + DRAIN_MS;
    hub.end();
    // Whoever comes now, or comes back, has missed it.
    hub.interrupt();
    while (hub.size > 0 && runtime.now() < deadline && !signal.aborted) {
      await pause(runtime, DRAIN_CHECK_MS, signal);
      hub.end();
    }
  }

  return {
    run,
    status: () => ({
      source: source.status(),
      outputs: outputs.map((output) => output.status()),
    }),
    commands: () =>
      dryRun(options.source.plugin, source.context(options.signal)),
  };
}
