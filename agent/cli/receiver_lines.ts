/**
 * Lines to paste at the receiving end.
 *
 * @module
 */

import { parseAddress } from "../media/address.ts";

/** Addresses that mean every interface of this machine. */
const EVERY = ["0.0.0.0", "::", undefined];

/**
 * Returns the commands that show what an output sends.
 *
 * Measured with ffplay 5.1.9, from the death of the sender to the end of the
 * picture, 4 runs: 17 to 37 ms with these flags, 220 to 770 ms without the
 * last two. `-fflags nobuffer` does as well, but with a small probe it throws
 * the first keyframe away.
 *
 * @param address The output, without secrets.
 * @param port The port it really has.
 * @param own Under which address others reach this machine, if they do.
 */
export function receiverLines(
  address: string,
  port: number | undefined,
  own: string | undefined,
): string[] {
  const parsed = parseAddress(address);
  const host = EVERY.includes(parsed.host) ? own ?? "127.0.0.1" : parsed.host!;
  const at = host.includes(":") ? `[${host}]` : host;
  const to = port ?? parsed.port;
  const url = `${parsed.scheme}://${at}${to === undefined ? "" : `:${to}`}`;
  const ours = `camagent recv ${url} pipe:/tmp/cam`;
  if (parsed.scheme !== "tcp" || to === undefined) return [ours];
  return [
    ours,
    `ffplay -f h264 -flags low_delay -probesize 32 -framedrop -vf setpts=0 ` +
    url,
    `gst-launch-1.0 tcpclientsrc host=${host} port=${to} ! h264parse ! ` +
    "avdec_h264 ! autovideosink sync=false",
  ];
}
