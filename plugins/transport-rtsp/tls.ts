/**
 * `rtsps:`: RTSP in TLS. The server has to prove who it is, which FFmpeg 5.1
 * does not ask of it (its RTSP passes no option on to TLS), so we connect, and
 * FFmpeg gets a port of this machine.
 *
 * @module
 */

import type {
  Address,
  PluginContext,
  PluginHost,
  TcpConnection,
  TcpListener,
  TlsOptions,
} from "../../mod.ts";
import { portOf } from "./address.ts";

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

/** A port of this machine that leads to a server. Disposing closes it. */
export class Tunnel implements AsyncDisposable {
  readonly #listener: TcpListener;
  readonly #server: TcpConnection;
  readonly #passing: Promise<void>;

  private constructor(listener: TcpListener, server: TcpConnection) {
    this.#listener = listener;
    this.#server = server;
    this.#passing = this.#pass();
  }

  /**
   * Connects to the server.
   *
   * @throws {StreamError} "refused" if it does not answer, or is another one.
   */
  static async open(
    { address, runtime, signal }: PluginContext<unknown>,
    tls: TlsOptions,
    { media }: Pick<PluginHost, "media">,
  ): Promise<Tunnel> {
    const { host = "" } = address;
    const port = portOf(address);
    const timeout = media.ms(DIAL_MS);
    const server = await runtime.dialTcp({ host, port, signal, timeout, tls });
    try {
      const listener = await runtime.listenTcp({ host: "127.0.0.1", port: 0 });
      return new Tunnel(listener, server);
    } catch (error) {
      await server[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** What FFmpeg is to ask in place of the server. */
  addressOf({ username, password, resource, redacted }: Address): Address {
    return {
      scheme: "rtsp",
      host: "127.0.0.1",
      port: this.#listener.port,
      ...(username !== undefined && { username }),
      ...(password !== undefined && { password }),
      ...(resource !== undefined && { resource }),
      query: {},
      redacted,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
    await this.#listener[Symbol.asyncDispose]();
    await this.#passing;
  }

  /** Passes bytes on for the first who comes. */
  async #pass(): Promise<void> {
    const connections = this.#listener.connections[Symbol.asyncIterator]();
    const { value: client } = await connections.next();
    if (client === undefined) return;
    await using _ = client;
    // Where one direction ends, the other one is of no use.
    await Promise.race([
      copy(client, this.#server),
      copy(this.#server, client),
    ]);
    await this.#server[Symbol.asyncDispose]();
  }
}

/** Whoever reads hears of what breaks. */
async function copy(from: TcpConnection, to: TcpConnection): Promise<void> {
  try {
    for await (const chunk of from.chunks) await to.write(chunk);
  } catch {
    // It is gone, and so is the other one then.
  }
}
