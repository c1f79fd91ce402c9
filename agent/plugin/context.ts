/**
 * What every plugin gets when it is opened, whatever its kind.
 *
 * @module
 */

import type { Address } from "../media/address.ts";
import type { Runtime } from "./runtime.ts";

/** Where a plugin writes what the operator should read. */
export interface Logger {
  /** Something the operator should know once. */
  info(message: string): void;
  /** Something that went wrong and was survived. */
  warn(message: string): void;
}

/**
 * Checks the query of an address. Every zod schema is one, and so is any
 * object with a `parse` that throws.
 *
 * @typeParam Options What `parse` returns.
 */
export interface OptionsSchema<Options> {
  /** Returns checked options, defaults filled in, or throws. */
  parse(query: Readonly<Record<string, string>>): Options;
}

/**
 * What the agent hands to a plugin when it opens it.
 *
 * @typeParam Options The plugin's checked options.
 */
export interface PluginContext<Options> {
  /** The address the user gave. Print its `redacted`, nothing else of it. */
  readonly address: Address;
  /**
   * The query of {@linkcode address} without the options that the agent reads
   * itself, checked against the plugin's schema.
   */
  readonly options: Options;
  /** Aborts when the agent stops or the supervisor restarts the stream. */
  readonly signal: AbortSignal;
  /** Log lines, already prefixed with the plugin's name. */
  readonly log: Logger;
  /** Files, sockets, processes and the clock. */
  readonly runtime: Runtime;
}
