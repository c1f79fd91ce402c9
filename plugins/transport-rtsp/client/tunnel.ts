/**
 * The one server that FFmpeg talks to, at a port of this machine. FFmpeg would
 * follow a server to any other one with the password (5.1 does), and asks
 * nobody for a certificate.
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
} from "../../../mod.ts";
import { portOf } from "../address.ts";
import {
  RtspError,
  type RtspMessage,
  RtspReader,
  writePackets,
  writeRtsp,
} from "../message.ts";
import { DIAL_MS } from "../tls.ts";

/** A port of this machine that leads to a server. Disposing closes it. */
export class Tunnel implements AsyncDisposable {
  readonly #listener: TcpListener;
  readonly #server: TcpConnection;
  readonly #passing: Promise<void>;
  #why: string | undefined;

  private constructor(listener: TcpListener, server: TcpConnection) {
    this.#listener = listener;
    this.#server = server;
    this.#passing = this.#pass();
  }

  /**
   * Connects to the server.
   *
   * @param tls Of `rtsps:`.
   * @throws {StreamError} "refused" if it does not answer, or is another one.
   */
  static async open(
    { address, runtime, signal }: PluginContext<unknown>,
    tls: TlsOptions | undefined,
    { media }: Pick<PluginHost, "media">,
  ): Promise<Tunnel> {
    const server = await runtime.dialTcp({
      ...{ host: address.host!, port: portOf(address), signal },
      timeout: media.ms(DIAL_MS),
      ...(address.scheme === "rtsps" && { tls: tls ?? {} }),
    });
    try {
      const listener = await runtime.listenTcp({ host: "127.0.0.1", port: 0 });
      return new Tunnel(listener, server);
    } catch (error) {
      await server[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** What the server did for which FFmpeg was cut off. */
  get why(): string | undefined {
    return this.#why;
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

  /** Passes on for the first who comes. */
  async #pass(): Promise<void> {
    const connections = this.#listener.connections[Symbol.asyncIterator]();
    const { value: client } = await connections.next();
    if (client === undefined) return;
    await using _ = client;
    // Where one direction ends, the other one is of no use.
    await Promise.race([this.#ask(client), this.#answer(client)]);
    await this.#server[Symbol.asyncDispose]();
  }

  async #ask(client: TcpConnection): Promise<void> {
    try {
      for await (const chunk of client.chunks) await this.#server.write(chunk);
    } catch {
      // It is gone, and so is the other one then.
    }
  }

  /** FFmpeg sees nothing but what we have understood, written anew. */
  async #answer(client: TcpConnection): Promise<void> {
    const reader = new RtspReader();
    try {
      for await (const chunk of this.#server.chunks) {
        for (const message of reader.push(chunk)) {
          if (leadsElsewhere(message)) {
            this.#why = "leads to where FFmpeg is not to follow";
            return;
          }
          await client.write(rewritten(message));
        }
      }
    } catch (error) {
      // Otherwise one of the two is gone, and so is the other one then.
      if (error instanceof RtspError) {
        this.#why = `sends what is no RTSP: ${error.message}`;
      }
    }
  }
}

function leadsElsewhere(message: RtspMessage): boolean {
  return message.type === "response" && message.status >= 300 &&
    message.status < 400;
}

function rewritten(message: RtspMessage): Uint8Array<ArrayBuffer> {
  if (message.type === "packet") {
    return writePackets(message.channel, [message.data]);
  }
  const start = message.type === "response"
    ? `RTSP/1.0 ${message.status} ${message.reason}`
    : `${message.method} ${message.url} RTSP/1.0`;
  const further = [...message.headers].flatMap(([name, values]) =>
    name === "content-length"
      ? []
      : values.map((value) => [name, value] as const)
  );
  const body = new TextDecoder().decode(message.body);
  return writeRtsp({ start, headers: {}, further, body });
}
