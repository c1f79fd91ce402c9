/**
 * What comes out of a stream of RTP packets.
 *
 * @module
 */

import type { StreamCodec } from "../codec.ts";
import type { Microseconds } from "../time.ts";

/** One coded picture as it was found in RTP packets. */
export interface RtpUnit {
  /** How it is coded. */
  readonly codec: StreamCodec;
  /**
   * Of H.264 and H.265 an Annex B byte stream, every start code of four bytes,
   * without access unit delimiters, filler data and end marks; else a whole
   * JPEG. Owned by the receiver; small ones share their `buffer`, but no bytes
   * of it.
   */
  readonly data: Uint8Array<ArrayBuffer>;
  /** Of its packets. */
  readonly timestamp: number;
  /**
   * Presentation timestamp: 0 at the first unit, and never set back where
   * timestamps begin anew. B pictures come after later ones.
   */
  readonly pts: Microseconds;
  /**
   * When the sender took it, by the sender's wall clock, since 1970-01-01 UTC;
   * absent before the first sender report. As wrong as that clock is.
   */
  readonly capturedRealtime?: Microseconds;
  /** Holds an IDR picture; of H.265 any that decoding may start at. */
  readonly keyframe: boolean;
  /** Holds a recovery point SEI message. */
  readonly recoveryPoint: boolean;
  /** Holds one of each kind of parameter sets; or is a JPEG: needs none. */
  readonly hasParameterSets: boolean;
  /** Is known to be broken: packets are missing in it, or make no sense. */
  readonly damaged: boolean;
  /** Packets are missing in it or before it, or the one before it is broken. */
  readonly discontinuity: boolean;
  /** The first one of another sender, or of a sender that began anew. */
  readonly restarted: boolean;
}
