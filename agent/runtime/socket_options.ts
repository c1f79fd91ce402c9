/**
 * Options of listening sockets that neither runtime offers. Accepted sockets
 * inherit them (Linux; measured in Deno 2.9.6 and Bun 1.4.5), so that one
 * look-up per listener serves every viewer.
 *
 * @module
 */

import { intBytes, libc } from "./libc.ts";
import { type IsWanted, ownSockets, portSuffix } from "./socket_table.ts";

/** socket.h and tcp.h of Linux, the same on x86-64 and arm64. */
const SOL_SOCKET = 1;
const SO_SNDBUF = 7;
const IPPROTO_TCP = 6;
const TCP_NODELAY = 1;
const TCP_MAXSEG = 2;
const TCP_USER_TIMEOUT = 18;
const TCP_NOTSENT_LOWAT = 25;

/**
 * Unsent bytes at which a socket still takes more. Measured through a link of
 * half the bitrate: worst second 331 ms behind at 4 KiB, 378 ms at 16 KiB.
 */
const NOTSENT_LOWAT_BYTES = 4096;

/**
 * What fits into an Ethernet frame. On loopback a segment may have 64 kB, and
 * a receiver that has got less acknowledges it 40 ms later: until then a
 * bounded sender stands still. Measured with a send buffer of 16 KiB: 85 kB
 * take 41 ms without this limit, 0.4 ms with it.
 */
const SEGMENT_BYTES = 1448;

/**
 * How long sent bytes may stay unacknowledged; the kernel's default: 924 s.
 * Longer than the 5 s after which transports drop a viewer themselves, and say
 * why.
 */
const USER_TIMEOUT_MS = 8000;

/** State LISTEN in /proc/net/tcp. */
const LISTEN = "0A";

/**
 * Bounds what the kernel keeps for each connection that listeners of ours on a
 * port accept.
 *
 * @returns Whether it could be done.
 */
export function boundListener(port: number, bytes: number): boolean {
  return bound(
    bytes,
    (local, _, state) => state === LISTEN && local.endsWith(portSuffix(port)),
  );
}

/**
 * Bounds what the kernel keeps for a connection of ours.
 *
 * @returns Whether it could be done.
 */
export function boundConnection(
  localPort: number,
  remotePort: number,
  bytes: number,
): boolean {
  return bound(
    bytes,
    (local, remote) =>
      local.endsWith(portSuffix(localPort)) &&
      remote.endsWith(portSuffix(remotePort)),
  );
}

function bound(sendBuffer: number, isWanted: IsWanted): boolean {
  const sockets = libc === undefined ? [] : ownSockets("tcp", isWanted);
  const options = [
    [SOL_SOCKET, SO_SNDBUF, sendBuffer],
    [IPPROTO_TCP, TCP_NODELAY, 1],
    [IPPROTO_TCP, TCP_MAXSEG, SEGMENT_BYTES],
    [IPPROTO_TCP, TCP_NOTSENT_LOWAT, NOTSENT_LOWAT_BYTES],
    [IPPROTO_TCP, TCP_USER_TIMEOUT, USER_TIMEOUT_MS],
  ] as const;
  const done = sockets.flatMap(({ fd }) =>
    options.map(([level, name, value]) => {
      const bytes = intBytes(value);
      return libc?.setsockopt(fd, level, name, bytes, bytes.length) === 0;
    })
  );
  return done.length > 0 && done.every(Boolean);
}
