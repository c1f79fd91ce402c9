/**
 * What the receive pipeline can tell about itself.
 *
 * @module
 */

import type { PacketStatistics } from "../plugin/transport.ts";
import type { SupervisorStatus } from "../watchdog/status.ts";

/**
 * How old frames are when a sink takes them. The reference is "capture" on the
 * same machine (exact) or by "wall clock" (as far as both machines' clocks
 * agree), "sent" where the source cannot tell the capture, and "arrival" where
 * the sender tells nothing.
 */
export interface AgeStatus {
  /** From what moment on the age counts. */
  readonly since: "capture" | "capture, wall clock" | "sent" | "arrival";
  /** Half of the last frames were younger, in milliseconds. */
  readonly p50: number;
  /** 95 of 100 of the last frames were younger, in milliseconds. */
  readonly p95: number;
}

/** One sink. */
export interface SinkStatus {
  /** As the user gave it, without secrets. */
  readonly address: string;
  /** Where its supervisor stands. */
  readonly supervisor: SupervisorStatus;
  /** Frames it has taken. */
  readonly written: number;
  /** Frames that a newer one replaced while it was busy, or nobody took. */
  readonly dropped: number;
  /** Frames it took per second, over the last two seconds. */
  readonly fps: number;
  /** Age of the frames it took; absent before the first. */
  readonly age?: AgeStatus;
}

/** One decoder: a pixel format and size, and the sinks that want it. */
export interface DecoderStatus {
  /** Layout of its frames: `rgb24`. */
  readonly pixelFormat: string;
  /** Size of its frames, once known: `640x480`. */
  readonly size?: string;
  /** What decodes, once known: `software`, `vaapi`, `h264_v4l2m2m`. */
  readonly decoder?: string;
  /** Where its supervisor stands. */
  readonly supervisor: SupervisorStatus;
  /** Whether another one waits in case this one is lost. */
  readonly spare: boolean;
  /** Frames it has delivered. */
  readonly decoded: number;
  /** Access units it was too slow for. */
  readonly dropped: number;
  /** Frames of a backlog, decoded but too old to be published. */
  readonly stale: number;
  /** Frames decoded for the sake of others, not whole themselves. */
  readonly hidden: number;
}

/** The whole pipeline: plain data, for JSON. */
export interface RecvStatus {
  /** Where the stream comes from. */
  readonly input: {
    /** As the user gave it, without secrets. */
    readonly address: string;
    /** Where its supervisor stands. */
    readonly supervisor: SupervisorStatus;
    /** Who sends, while connected. */
    readonly peer?: string;
    /** What is sent: `h264`, `mpegts`. */
    readonly format?: string;
    /** How the pictures are coded: `h264`. */
    readonly codec?: string;
    /** Size of the pictures: `640x480`. */
    readonly size?: string;
    /** Access units since the start. */
    readonly units: number;
    /** Access units that came damaged or incomplete. */
    readonly damaged: number;
    /** Access units that never came, as far as the stream tells. */
    readonly missing: number;
    /** Access units that were whole and not shown, being spoilt by others. */
    readonly held: number;
    /** How packets fared, where there are any. */
    readonly packets: PacketStatistics;
    /** Access units per second, over the last two seconds. */
    readonly fps: number;
    /** Bits per second, over the last two seconds. */
    readonly bitsPerSecond: number;
  };
  /** What decodes. */
  readonly decoders: readonly DecoderStatus[];
  /** Where the frames go. */
  readonly sinks: readonly SinkStatus[];
}
