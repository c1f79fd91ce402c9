/**
 * What the readers of a pipe have to know of its frames.
 *
 * @module
 */

import type { FrameFormat } from "../../mod.ts";

/** The file beside the pipe: one JSON object, in UTF-8. */
export function sidecar(format: FrameFormat): Uint8Array {
  const { width, height, pixelFormat, planes, fps } = format;
  const frameBytes = Math.max(
    ...planes.map(({ offset, stride, rows }) => offset + stride * rows),
  );
  const content = {
    version: 1,
    width,
    height,
    pixelFormat,
    ...(fps !== undefined && { fps }),
    stride: planes[0]!.stride,
    planes,
    frameBytes,
  };
  return new TextEncoder().encode(`${JSON.stringify(content, null, 2)}\n`);
}
