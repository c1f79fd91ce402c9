/**
 * Which decoders need which devices.
 *
 * @module
 */

import { type DecoderMethod, methodName } from "./decoder_method.ts";

/** What a decoder is called, and a device without which it cannot work. */
const NEEDS: readonly [name: RegExp, device: RegExp][] = [
  // Intel's and AMD's graphics cards, by the kernel's render nodes.
  [/^(vaapi|vulkan)$|_qsv$/, /^dri\/renderD/],
  // With DISPLAY as well, which it says itself.
  [/^vdpau$/, /^(dri\/renderD|nvidia)/],
  [/^cuda$|_cuvid$/, /^nvidia/],
  // H.264 of Raspberry Pis up to 4, and other boards.
  [/_v4l2m2m$/, /^video/],
  // H.265 of Raspberry Pis from 4 on: stateless, with a media controller.
  [/^(drm|v4l2request)$/, /^media/],
  [/^rkmpp$|_rkmpp$/, /^mpp_service$/],
  [/^videotoolbox$/, /^macos$/],
];

/**
 * Tells whether a decoder is worth a trial with these devices. Of those that
 * nobody knows here it is not: `camagent decoders` tries them.
 *
 * @param devices As `listDevices()` names them.
 */
export function mayWork(
  method: DecoderMethod,
  devices: readonly string[],
): boolean {
  const name = methodName(method);
  return NEEDS.some(([pattern, device]) =>
    pattern.test(name) && devices.some((node) => device.test(node))
  );
}
