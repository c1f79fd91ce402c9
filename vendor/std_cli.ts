/**
 * `@std/cli/parse-args`, typed as far as it is used, from its repackaging on
 * npm.
 *
 * @module
 */

import { parseArgs as parse } from "deno-std/cli/parse_args.js";

/** Which flags there are, and what they take. */
export interface ParseOptions {
  /** Flags that take no value. */
  boolean?: readonly string[];
  /** Flags whose value stays text. */
  string?: readonly string[];
  /** Flags that may be repeated. */
  collect?: readonly string[];
  /** Short names by long name. */
  alias?: Record<string, string>;
  /** Whether everything after `--` is kept apart. */
  "--"?: boolean;
  /** Called for each argument that is not declared. */
  unknown?(argument: string, key?: string, value?: unknown): unknown;
}

/** Splits command line arguments into flags and the rest. */
export const parseArgs: (
  args: readonly string[],
  options: ParseOptions,
) => Record<string, unknown> & { _: (string | number)[] } = parse;
