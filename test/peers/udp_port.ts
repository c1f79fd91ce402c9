/**
 * Ports and groups for programs that cannot choose a free one themselves.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { until } from "../faults/deadline.ts";
import { UdpSocket } from "../faults/udp_socket.ts";

/** A UDP port of this machine that nobody has. */
export function freeUdpPort(): number {
  using socket = new UdpSocket("127.0.0.1", () => {});
  return socket.port;
}

/** A group of this machine's own (RFC 2365, 6.1), as free as the port is. */
export function groupFor(port: number): string {
  return `239.255.${port >> 8}.${port & 0xff}`;
}

/** Waits until somebody has bound a port. */
export async function untilBound(port: number): Promise<void> {
  // proc(5): the second column is `address:port`.
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  const isBound = () =>
    readFileSync("/proc/net/udp", "latin1").split("\n")
      .some((line) => line.trim().split(/\s+/)[1]?.endsWith(suffix));
  await until(10_000, `receiver at port ${port}`, isBound);
}
