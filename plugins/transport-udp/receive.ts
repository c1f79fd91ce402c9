/**
 * Datagrams as they arrive at a port that stays bound.
 *
 * @module
 */

import type {
  Ingest,
  IngestDatagram,
  Milliseconds,
  PluginContext,
  PluginHost,
  UdpSocket,
} from "../../mod.ts";
import type { Options } from "./mod.ts";
import type { Target } from "./send.ts";

/**
 * Bytes that are to wait in the system while this process is busy: a second of
 * 16 Mbit/s, as the kernel counts a datagram of 1452 bytes with 2304 (measured,
 * Linux 6.1).
 */
const RECEIVE_BUFFER = 4 << 20;

/** A group that is silent for this long may have been forgotten. */
const REJOIN_MS = 2000 as Milliseconds;

/** What the module needs of the host. */
type Host = Pick<PluginHost, "media" | "ConfigError">;

/**
 * Binds the port.
 *
 * @param source Numeric address of the only sender to listen to.
 */
export async function receiveDatagrams(
  { runtime, options, log, signal, address }: PluginContext<Options>,
  { host, port }: Target,
  source: string | undefined,
  { media, ConfigError }: Host,
): Promise<Ingest> {
  const isGroup = media.isMulticast(host);
  const multicast = isGroup
    ? { group: host, source, interface: options.interface }
    : undefined;
  const socket = await open();
  signal.throwIfAborted();
  const at = media.hostAndPort(host, socket.port);
  const kept = socket.receiveBuffer === undefined
    ? ""
    : `, with room for ${Math.round(socket.receiveBuffer / 1000)} kB`;
  log.info(`${isGroup ? "joined" : "waits on"} ${at}${kept}`);
  if (media.isLoopback(host)) {
    log.info(
      `hears only this machine; udp://0.0.0.0:${socket.port} hears others`,
    );
  }
  return new DatagramPort(at, socket, source, { runtime, media });

  async function open(): Promise<UdpSocket> {
    const receiveBuffer = RECEIVE_BUFFER;
    try {
      return await runtime.openUdp({ host, port, multicast, receiveBuffer });
    } catch (error) {
      const isOurs = isGroup || media.isWildcard(host) ||
        media.isLoopback(host);
      if (isOurs || !(error instanceof ConfigError)) throw error;
      throw new ConfigError(
        `${error.message} (receivers bind an address of their own: ` +
          `${address.scheme}://0.0.0.0:${port})`,
        { exitCode: error.exitCode, cause: error },
      );
    }
  }
}

/** An open port, and whoever sends to it. */
class DatagramPort {
  readonly type = "datagrams";
  readonly connectionless = true;
  readonly peer: string;
  readonly #socket: UdpSocket;
  readonly #source: string | undefined;
  readonly #media: Host["media"];
  readonly #closed = new AbortController();
  readonly #watching: Promise<void>;
  #heard = true;
  #ignored = 0;

  constructor(
    at: string,
    socket: UdpSocket,
    source: string | undefined,
    { runtime, media }:
      & Pick<PluginContext<Options>, "runtime">
      & Pick<Host, "media">,
  ) {
    this.peer = at;
    this.#socket = socket;
    this.#media = media;
    this.#source = source && this.#normal(source);
    this.#watching = this.#watch(runtime);
  }

  get datagrams(): AsyncIterable<IngestDatagram> {
    return this.#read();
  }

  packets() {
    const dropped = this.#socket.dropped() + this.#ignored;
    return { lost: 0, reordered: 0, dropped };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort();
    await this.#socket[Symbol.asyncDispose]();
    await this.#watching;
  }

  async *#read(): AsyncGenerator<IngestDatagram> {
    for await (const { data, host, port } of this.#socket.datagrams) {
      if (this.#source !== undefined && this.#normal(host) !== this.#source) {
        this.#ignored++;
        continue;
      }
      this.#heard = true;
      yield { data, peer: this.#media.hostAndPort(host, port) };
    }
  }

  /** IPv6 addresses can be written in several ways. */
  #normal(host: string): string {
    return this.#media.parseIpAddress(host)?.join() ?? host;
  }

  /** An interface that went away and came back has forgotten its groups. */
  async #watch(runtime: PluginContext<Options>["runtime"]): Promise<void> {
    const { signal } = this.#closed;
    while (!signal.aborted) {
      this.#heard = false;
      await runtime.sleep(REJOIN_MS, signal).catch(() => {});
      if (!this.#heard && !signal.aborted) this.#socket.rejoin();
    }
  }
}
