/**
 * What FFmpeg says while it writes an output.
 *
 * @module
 */

import type { MuxerJob } from "../plugin/transport.ts";

/** What it says once the output is open: the file there, the server's word. */
const OPENED = /^\[info\] Output #0, /;

/** What ends up in messages; the rest is about the input, or of its undoing. */
const SERIOUS = /\[(error|fatal|panic)\] /;

/** A user and a password, wherever an address stands in a line. */
const CREDENTIALS = /\/\/[^\s/]*@/g;

/** Lines that are kept. */
const MOST_LINES = 20;

/** Keeps what is serious, without secrets. */
export class MuxerLog {
  /** The last serious lines. */
  readonly lines: string[] = [];
  /** Resolves when the output is open. */
  readonly opened: Promise<void>;
  readonly #open: () => void;
  readonly #secrets: readonly string[];

  /** @param job Knows what is not to be shown. */
  constructor({ secrets = {} }: MuxerJob) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.opened = promise;
    this.#open = resolve;
    this.#secrets = Object.values(secrets).filter((value) => value !== "");
  }

  /** Takes a line; returns `true`, which keeps it out of everybody's sight. */
  take(line: string): true {
    if (OPENED.test(line)) this.#open();
    if (!SERIOUS.test(line)) return true;
    const shown = this.#secrets.reduce(
      (text, secret) => text.replaceAll(secret, "***"),
      line.replace(SERIOUS, "").replace(CREDENTIALS, "//***@"),
    );
    this.lines.push(shown);
    if (this.lines.length > MOST_LINES) this.lines.shift();
    return true;
  }
}
