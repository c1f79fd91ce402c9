/**
 * IPv4 addresses as the C library takes them, and socket options.
 *
 * @module
 */

import { isIPv4 } from "node:net";
import { sockets } from "./ffi.ts";

/** A port of a machine; the host is a numeric IPv4 address. */
export interface Target {
  readonly host: string;
  readonly port: number;
}

/** socket.h of Linux, the same on x86-64 and arm64. */
export const AF_INET = 2;
/** Reads and writes give up instead of waiting. */
export const SOCK_NONBLOCK = 0o4000;
/** Children do not inherit the socket. */
export const SOCK_CLOEXEC = 0o2000000;
/** Level of the options that every socket has. */
export const SOL_SOCKET = 1;
/** Bytes of the receive buffer; the kernel doubles the figure. */
export const SO_RCVBUF = 8;

/** `sizeof(struct sockaddr_in)`. */
export const ADDRESS_BYTES = 16;

/** Makes a `struct sockaddr_in`. */
export function encodeAddress({ host, port }: Target): Uint8Array<ArrayBuffer> {
  if (!isIPv4(host)) {
    throw new TypeError(`Cannot use host "${host}": not an IPv4 address`);
  }
  const bytes = new Uint8Array(ADDRESS_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, AF_INET, true);
  view.setUint16(2, port);
  bytes.set(host.split(".").map(Number), 4);
  return bytes;
}

/** Reads a `struct sockaddr_in`. */
export function decodeAddress(bytes: Uint8Array): Target {
  const port = new DataView(bytes.buffer, bytes.byteOffset).getUint16(2);
  return { host: bytes.subarray(4, 8).join("."), port };
}

/** A number where the C library takes a pointer to an `int`. */
export function int(value: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Int32Array.of(value).buffer);
}

/** Tells the port that a bound socket has got. */
export function boundPort(fd: number): number {
  const address = new Uint8Array(ADDRESS_BYTES);
  sockets.getsockname(fd, address, int(ADDRESS_BYTES));
  return decodeAddress(address).port;
}

/**
 * Sets an option that takes an `int`.
 *
 * @throws {Error} If the kernel refuses.
 */
export function setOption(
  fd: number,
  level: number,
  name: number,
  value: number,
): void {
  const bytes = int(value);
  if (sockets.setsockopt(fd, level, name, bytes, bytes.length) !== 0) {
    throw new Error(`Cannot set socket option ${name} to ${value}`);
  }
}
