/**
 * Encrypted connections to servers that prove who they are.
 *
 * @module
 */

import { createPrivateKey, X509Certificate } from "node:crypto";
import { isIP, type Socket } from "node:net";
import { connect, createServer, type Server, TLSSocket } from "node:tls";
import { ConfigError } from "../errors.ts";
import type { Identity, TlsOptions } from "../plugin/runtime.ts";

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

/** How long a client may take to agree on how to encrypt. */
const HANDSHAKE_MS = 5000;

/**
 * Makes a server that does not listen yet. Says "secureConnection".
 *
 * @throws {ConfigError} If certificate and key are none, or do not belong
 * together.
 */
export function createTlsServer({ cert, key }: Identity): Server {
  refuseOdd({ cert, key });
  const server = createServer({ cert, key, handshakeTimeout: HANDSHAKE_MS });
  // Who does not speak TLS is no concern of those who do.
  server.on("tlsClientError", (_, socket) => socket.destroy());
  server.on("secureConnection", (socket) => socket.setNoDelay(true));
  return server;
}

/** Deno looks at them only when the first client comes, and tells nobody. */
function refuseOdd({ cert, key }: Identity): void {
  const certificate = parsed(
    "it is none in PEM",
    () => new X509Certificate(cert),
  );
  const own = parsed(
    "its key is none in PEM, or has a passphrase",
    () => createPrivateKey(key),
  );
  if (!certificate.checkPrivateKey(own)) throw unusable("its key is another");
}

function parsed<T>(why: string, parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    throw unusable(why, cause);
  }
}

function unusable(why: string, cause?: unknown): ConfigError {
  const message = `Cannot use the certificate: ${why}`;
  return new ConfigError(message, { exitCode: 65, cause });
}

function plain(fingerprint: string): string {
  return fingerprint.replaceAll(":", "").toLowerCase();
}
