/**
 * What a command is, and what it works with.
 *
 * @module
 */

import type { Decoders } from "../ffmpeg/decoders.ts";
import type { Plugin } from "../plugin/host.ts";
import type { Runtime } from "../plugin/runtime.ts";
import type { Registry } from "../registry.ts";
import type { Stop } from "../runtime/signals.ts";
import type { CommandLine } from "./args.ts";
import type { commonFlags, Flags } from "./flags.ts";
import type { Pipelines } from "./pipeline.ts";
import type { Streams } from "./streams.ts";
import type { Terminal } from "./terminal.ts";

/** What a command works with. */
export interface Shell {
  /** Every plugin there is. */
  readonly registry: Registry;
  /** The machine. */
  readonly runtime: Runtime;
  /** The decoders of this machine. */
  readonly decoders: Decoders;
  /** Makes the pipelines. */
  readonly pipelines: Pipelines;
  /** What surrounds us. */
  readonly streams: Streams;
  /** Writes to stderr. */
  readonly terminal: Terminal;
  /** Whether messages may be colored. */
  readonly color: boolean;
  /** Asks us to end. */
  readonly stop: Stop;
  /** Writes to stdout; when nobody reads any more, asks us to end. */
  print(text: string): Promise<void>;
}

/** One command: a row of the table that parsing and help are made from. */
export interface Command {
  /** `send`. */
  readonly name: string;
  /** What follows the name, in the notation of manual pages. */
  readonly usage: string;
  /** One sentence. */
  readonly summary: string;
  /** Its flags. */
  readonly flags: typeof commonFlags & Flags;
  /** The kinds of plugins that its help lists, under these headings. */
  readonly lists: Partial<Record<Plugin["kind"], string>>;
  /** Command lines, and what they do. */
  readonly examples: readonly (readonly [line: string, does: string])[];
  /**
   * Runs it.
   *
   * @throws What {@linkcode endingOf} explains.
   */
  run(line: CommandLine<Flags>, shell: Shell): Promise<void>;
}
