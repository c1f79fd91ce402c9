/**
 * Numeric addresses as the C library wants them.
 *
 * @module
 */

import { parseIpAddress } from "../media/ip_address.ts";

/** socket.h of Linux. */
const AF_INET = 2;
const AF_INET6 = 10;

/** Bytes of a sockaddr_storage. */
const STORAGE_BYTES = 128;

/** Writes a numeric address as a sockaddr_storage, with port 0. */
export function socketAddress(address: string): Uint8Array<ArrayBuffer> {
  const bytes = parseIpAddress(address);
  if (bytes === undefined) throw new TypeError(`"${address}" is no address`);
  const storage = new Uint8Array(STORAGE_BYTES);
  const isV4 = bytes.length === 4;
  storage[0] = isV4 ? AF_INET : AF_INET6;
  // sin_addr stands behind sin_port, sin6_addr behind sin6_flowinfo as well.
  storage.set(bytes, isV4 ? 4 : 8);
  return storage;
}
