/**
 * What comes out of a transport stream.
 *
 * @module
 */

import type { SplitUnit } from "../access_unit_splitter.ts";
import type { Microseconds } from "../time.ts";

/** One picture of a transport stream. */
export interface MpegTsUnit extends SplitUnit {
  /** How it is coded. */
  readonly codec: "h264" | "hevc";
  /**
   * Presentation timestamp by the sender's clock, which begins anywhere, and
   * counted on where its 33 bits wrap. Omitted where the stream has none for
   * this picture, or the packet with it is missing.
   */
  readonly pts?: Microseconds;
}
