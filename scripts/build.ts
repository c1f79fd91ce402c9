/**
 * What `deno task compile` builds.
 *
 * @module
 */

/** What is built, and for which machine. */
export interface Build {
  /** Entry of the program. */
  readonly entry: string;
  /** The file to write. */
  readonly output: string;
  /** An empty folder, removed afterwards. */
  readonly scratch: string;
  /** Whether it is for a 64-bit Raspberry Pi and not for this machine. */
  readonly forPi: boolean;
}
