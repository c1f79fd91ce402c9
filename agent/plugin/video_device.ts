/**
 * Cameras that are devices of V4L2.
 *
 * @module
 */

/** A size that a camera has, and its rates. */
export interface VideoMode {
  /** Pixels per row. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
  /** Pictures per second, the most first. */
  readonly fps: readonly number[];
}

/** A way in which a camera delivers pictures. */
export interface VideoFormat {
  /** V4L2's four letters, such as `YUYV`. */
  readonly fourcc: string;
  /** Sizes, the largest first. */
  readonly modes: readonly VideoMode[];
}

/** A camera that is a device of V4L2. */
export interface VideoDevice {
  /** Such as `/dev/video0`: another one after the next start. */
  readonly path: string;
  /** Names that stay the same, of links to it. */
  readonly links: readonly string[];
  /** What it calls itself; anything, of no more than 31 bytes. */
  readonly name: string;
  /** Of the kernel's. */
  readonly driver: string;
  /** Where it is plugged in. */
  readonly bus: string;
  /** Whether somebody streams from it. */
  readonly busy: boolean;
  /** In its own order. */
  readonly formats: readonly VideoFormat[];
}
