/**
 * Pairs of ports, as RTP wants them.
 *
 * @module
 */

import { freeUdpPort } from "./udp_port.ts";

/** An even port that nobody has; the next one is most likely free as well. */
export function freeRtpPort(): number {
  for (;;) {
    const port = freeUdpPort();
    if (port % 2 === 0) return port;
  }
}
