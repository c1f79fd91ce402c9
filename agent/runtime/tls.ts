/**
 * Encrypted connections to servers that prove who they are.
 *
 * @module
 */

import { isIP, type Socket } from "node:net";
import { connect, TLSSocket } from "node:tls";
import type { TlsOptions } from "../plugin/runtime.ts";

/**
 * Begins to connect. Says "secureConnect" once the server is known, or fails;
 * where a fingerprint is asked for, {@linkcode distrustOf} has to be asked.
 */
export function connectTls(
  host: string,
  port: number,
  { ca, fingerprint }: TlsOptions,
): TLSSocket {
  const socket = connect({
    host,
    port,
    // Addresses are no server names (RFC 6066, section 3).
    ...(isIP(host) === 0 && { servername: host }),
    ...(ca !== undefined && { ca }),
    rejectUnauthorized: fingerprint === undefined,
  });
  socket.setNoDelay(true);
  return socket;
}

/**
 * Tells why a server is not the one that was asked for.
 *
 * @param fingerprint As {@linkcode TlsOptions} has it.
 */
export function distrustOf(
  socket: Socket,
  fingerprint: string | undefined,
): string | undefined {
  if (fingerprint === undefined) return undefined;
  const { fingerprint256 = "" } = socket instanceof TLSSocket
    ? socket.getPeerCertificate()
    : {};
  if (plain(fingerprint256) === plain(fingerprint)) return undefined;
  return `its certificate has the fingerprint ${fingerprint256}`;
}

function plain(fingerprint: string): string {
  return fingerprint.replaceAll(":", "").toLowerCase();
}
