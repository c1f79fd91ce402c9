/**
 * What GStreamer's receivers need in tests.
 *
 * @module
 */

/**
 * Takes whatever comes, behind a socket: without, the socket is not read while
 * we are slow to take frames, and overflows after half a second.
 */
export const QUEUE: readonly string[] = [
  "queue",
  ...["max-size-buffers=0", "max-size-bytes=0", "max-size-time=0"],
];
