/**
 * From what is known of a socket to the descriptor that neither runtime tells.
 *
 * @module
 */

import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/**
 * Judges a row of /proc/net: `address:port` of both ends, the state, and the
 * inode.
 */
export type IsWanted = (
  local: string,
  remote: string,
  state: string,
  inode: string,
) => boolean;

/** A socket of ours. */
export interface OwnSocket {
  /** Its descriptor. */
  readonly fd: number;
  /** What the tables call it. */
  readonly inode: string;
}

/** Our sockets of a protocol that are wanted. */
export function ownSockets(
  protocol: "tcp" | "udp",
  isWanted: IsWanted,
): OwnSocket[] {
  const inodes = new Set(
    rowsOf(protocol)
      .filter(([, local = "", remote = "", state = "", ...rest]) =>
        isWanted(local, remote, state, rest[INODE - 4] ?? "")
      )
      .map((columns) => columns[INODE] ?? ""),
  );
  if (inodes.size === 0) return [];
  return readdirSync("/proc/self/fd")
    .map((fd) => {
      const inode = /^socket:\[(\d+)\]$/.exec(linkOf(fd))?.[1] ?? "";
      return { fd: Number(fd), inode };
    })
    // Other programs may have bound the same port.
    .filter(({ inode }) => inodes.has(inode));
}

/** Datagrams that the system threw away because a socket was full. */
export function dropsOf(inode: string): number {
  const row = rowsOf("udp").find((columns) => columns[INODE] === inode);
  return Number(row?.[DROPS] ?? 0);
}

/** A port as the tables end an address with it. */
export function portSuffix(port: number): string {
  return `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
}

/**
 * proc(5): addresses in columns 2 and 3, the state in 4, the inode in 10; of
 * UDP the drops in 13.
 */
const INODE = 9;
const DROPS = 12;

function rowsOf(protocol: "tcp" | "udp"): string[][] {
  return [`/proc/net/${protocol}`, `/proc/net/${protocol}6`].flatMap((table) =>
    read(table).split("\n").slice(1, -1)
      .map((line) => line.trim().split(/\s+/))
  );
}

function read(table: string): string {
  try {
    return readFileSync(table, "latin1");
  } catch {
    return ""; // IPv6 is off, or there is no /proc.
  }
}

function linkOf(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return ""; // The descriptor of the listing itself is closed by now.
  }
}
