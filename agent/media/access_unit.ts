/**
 * Coded pictures on their way from a camera to a decoder.
 *
 * @module
 */

import type { Codec } from "./codec.ts";
import type { PictureSize } from "./sps.ts";
import type { Microseconds, Milliseconds } from "./time.ts";

/** All NAL units of one picture: sent, queued and dropped as a whole. */
export interface AccessUnit {
  /** How it is coded. Omit for H.264, the only one that is sent. */
  readonly codec?: Codec;
  /**
   * Of H.264 and H.265 an Annex B byte stream (ITU-T H.264, Annex B): every NAL
   * unit, the first included, follows a four-byte start code `00 00 00 01`.
   * Without access unit delimiters. Of MJPEG a whole JPEG, of others what
   * Matroska calls a frame, a keyframe with its sequence header. Borrowed: valid
   * until the call it was passed to returns, or, where that returns a promise,
   * until that settles.
   */
  readonly data: Uint8Array<ArrayBuffer>;
  /**
   * What its container says of its pictures. Omit for H.264, H.265 and MJPEG,
   * which say it themselves; frames of others are scaled to it.
   */
  readonly size?: PictureSize;
  /** Presentation timestamp. Its zero is the stream's own, not a clock's. */
  readonly pts: Microseconds;
  /**
   * When the sensor took the picture, on this machine's monotonic clock. Omit
   * where the source cannot tell; never put the arrival time here.
   */
  readonly capturedAt?: Milliseconds;
  /** A decoder may start here, as at an IDR picture with parameter sets. */
  readonly keyframe: boolean;
  /**
   * Carries a recovery point SEI message (ITU-T H.264, Annex D): a decoder
   * that starts here shows whole pictures some pictures later.
   */
  readonly recoveryPoint: boolean;
  /** Bytes of this picture are known to be missing or wrong. */
  readonly damaged: boolean;
}
