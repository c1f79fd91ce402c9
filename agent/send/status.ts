/**
 * What the send pipeline can tell about itself.
 *
 * @module
 */

import type { SupervisorStatus } from "../watchdog/status.ts";

/** One receiver. */
export interface ViewerStatus {
  /** Who it is: `192.168.1.7:40312`. */
  readonly label: string;
  /** Access units handed to it. */
  readonly sent: number;
  /** Bytes of these. */
  readonly bytes: number;
  /** Access units it was too slow for. */
  readonly dropped: number;
}

/** One output address. */
export interface OutputStatus {
  /** As the user gave it, without secrets. */
  readonly address: string;
  /** The port it listens on, where it does. */
  readonly port?: number;
  /** Where its supervisor stands. */
  readonly supervisor: SupervisorStatus;
  /** Who receives now. */
  readonly viewers: readonly ViewerStatus[];
  /** Access units sent, over all viewers there ever were. */
  readonly sent: number;
  /** Bytes of these. */
  readonly bytes: number;
  /** Access units dropped, over all viewers there ever were. */
  readonly dropped: number;
}

/** The whole pipeline: plain data, for JSON. */
export interface SendStatus {
  /** Where the pictures come from. */
  readonly source: {
    /** As the user gave it, without secrets. */
    readonly address: string;
    /** Where its supervisor stands. */
    readonly supervisor: SupervisorStatus;
    /** Access units since the start. */
    readonly units: number;
    /** Access units per second, over the last two seconds. */
    readonly fps: number;
    /**
     * Of so many pictures one is encoded: 1, unless the encoder is too slow for
     * what the camera delivers.
     */
    readonly frameStep: number;
    /**
     * Part of the wanted bitrate that is encoded: 1, unless a viewer's link is
     * too slow for it.
     */
    readonly bitrateShare: number;
    /** Bits per second, over the last two seconds. */
    readonly bitsPerSecond: number;
  };
  /** Where they go. */
  readonly outputs: readonly OutputStatus[];
}
