/**
 * Options of listening sockets that neither runtime offers. Accepted sockets
 * inherit them (Linux; measured in Deno 2.9.6 and Bun 1.4.5), so that one
 * look-up per listener serves every viewer.
 *
 * @module
 */

import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { libc } from "./libc.ts";

/** socket.h and tcp.h of Linux, the same on x86-64 and arm64. */
const SOL_SOCKET = 1;
const SO_SNDBUF = 7;
const IPPROTO_TCP = 6;
const TCP_NODELAY = 1;
const TCP_USER_TIMEOUT = 18;
const TCP_NOTSENT_LOWAT = 25;

/**
 * Unsent bytes at which a socket still takes more. Measured through a link of
 * half the bitrate: worst second 331 ms behind at 4 KiB, 378 ms at 16 KiB.
 */
const NOTSENT_LOWAT_BYTES = 4096;

/** How long sent bytes may stay unacknowledged; the kernel's default: 924 s. */
const USER_TIMEOUT_MS = 5000;

/** State LISTEN in /proc/net/tcp. */
const LISTEN = "0A";

/**
 * Bounds what the kernel keeps for each connection of the listener.
 *
 * @returns Whether it could be done.
 */
export function boundSendBuffer(port: number, bytes: number): boolean {
  const fd = libc && listenerOf(port);
  if (fd === undefined) return false;
  return [
    [SOL_SOCKET, SO_SNDBUF, bytes],
    [IPPROTO_TCP, TCP_NODELAY, 1],
    [IPPROTO_TCP, TCP_NOTSENT_LOWAT, NOTSENT_LOWAT_BYTES],
    [IPPROTO_TCP, TCP_USER_TIMEOUT, USER_TIMEOUT_MS],
  ].every(([level, name, value]) => {
    const bytes = new Uint8Array(Int32Array.of(value!).buffer);
    return libc!.setsockopt(fd, level!, name!, bytes, bytes.length) === 0;
  });
}

/** Our descriptor that listens on the port, found by its inode. */
function listenerOf(port: number): number | undefined {
  const inodes = new Set(
    ["/proc/net/tcp", "/proc/net/tcp6"].flatMap((table) =>
      inodesListening(table, port)
    ),
  );
  if (inodes.size === 0) return undefined;
  const fd = readdirSync("/proc/self/fd").find((fd) =>
    inodes.has(/^socket:\[(\d+)\]$/.exec(linkOf(fd))?.[1] ?? "")
  );
  return fd === undefined ? undefined : Number(fd);
}

/** proc(5): the second column is `address:port`, the fourth the state. */
function inodesListening(table: string, port: number): string[] {
  const wanted = port.toString(16).toUpperCase().padStart(4, "0");
  let text: string;
  try {
    text = readFileSync(table, "latin1");
  } catch {
    return []; // IPv6 is off, or there is no /proc.
  }
  return text.split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local, , state]) =>
      state === LISTEN && local?.endsWith(`:${wanted}`)
    )
    .map((columns) => columns[9] ?? "");
}

function linkOf(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return ""; // The descriptor of the listing itself is closed by now.
  }
}
