/**
 * What FFmpeg says while it decodes.
 *
 * @module
 */

import { StreamError } from "../errors.ts";
import { Queue } from "../runtime/queue.ts";
import { readTimestamp } from "./decoder_args.ts";
import { isComplaint, isRefusal } from "./decoder_complaint.ts";
import { causeIn } from "./exit_error.ts";

/** What is known of a frame besides its pixels. */
export interface DecodedFrame {
  /** The `pts` of its access unit; -1 if FFmpeg does not know. */
  readonly pts: number;
  /**
   * What FFmpeg complained of since the frame before: this picture is damaged,
   * or one is missing that it refers to. Where pictures are put in order, or
   * several are in the decoder at once, one of the next may be meant. Absent if
   * there was nothing; of H.264 only `lossy` decoders tell everything.
   */
  readonly complaint?: string;
}

/** Reads the stderr of one FFmpeg that decodes. */
export class DecoderWords {
  /** The frames it has told of, for one consumer. */
  readonly frames = new Queue<DecodedFrame>();
  readonly #refused = new AbortController();
  #complaint: string | undefined;
  #complaints = 0;

  /** How often it has complained. */
  get complaints(): number {
    return this.#complaints;
  }

  /**
   * Aborts, with a {@linkcode StreamError}, when hardware refuses the stream:
   * FFmpeg would go on, but not in the way that was asked for.
   */
  get refused(): AbortSignal {
    return this.#refused.signal;
  }

  /**
   * Takes a line.
   *
   * @returns Whether it is no more than a frame's timestamp.
   */
  read(line: string): boolean {
    const pts = readTimestamp(line);
    if (typeof pts === "number") {
      const complaint = this.#complaint;
      this.#complaint = undefined;
      this.frames.push({ pts, ...(complaint !== undefined && { complaint }) });
    } else if (isComplaint(line)) {
      this.#complaint ??= line;
      this.#complaints++;
    } else if (isRefusal(line)) {
      const why = causeIn([line]);
      const message = `the hardware does not take the stream: ${why}`;
      this.#refused.abort(new StreamError("undecodable", message));
    }
    return pts !== undefined;
  }
}
