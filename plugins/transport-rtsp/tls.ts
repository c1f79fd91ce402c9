/**
 * `rtsps:`: RTSP in TLS, in which the server has to prove who it is.
 *
 * @module
 */

import type { PluginContext, PluginHost, TlsOptions } from "../../mod.ts";

/** How long a connection may take to open. */
export const DIAL_MS = 4000;

/** All authorities of the world have 230 kB of certificates. */
const MAX_CA_BYTES = 1 << 20;

/** What an address may say of its server's certificate. */
export interface TrustOptions {
  readonly transport: "auto" | "tcp" | "udp";
  /** Path of the certificates that are trusted. */
  readonly ca?: string | undefined;
  /** The one certificate that is trusted. */
  readonly fingerprint?: string | undefined;
}

/**
 * How the server is to be trusted; `undefined` if it is not to encrypt.
 *
 * @throws {ConfigError} If that is contradictory, or a file cannot be read.
 */
export async function trustOf(
  { address, options, runtime }: PluginContext<TrustOptions>,
  { ConfigError }: Pick<PluginHost, "ConfigError">,
): Promise<TlsOptions | undefined> {
  const { scheme, redacted } = address;
  const { ca, fingerprint, transport } = options;
  const refusal = (why: string) =>
    new ConfigError(`Cannot use "${redacted}": ${why}`);
  if (scheme !== "rtsps") {
    if (ca === undefined && fingerprint === undefined) return undefined;
    throw refusal("only rtsps: has certificates");
  }
  if (transport === "udp") {
    throw refusal("datagrams would not be encrypted; leave transport=udp out");
  }
  if (ca === undefined) return { ...(fingerprint && { fingerprint }) };
  if (fingerprint !== undefined) {
    throw refusal("give ca or fingerprint, one is enough");
  }
  const bytes = await runtime.readFile(ca, MAX_CA_BYTES);
  return { ca: new TextDecoder().decode(bytes) };
}
