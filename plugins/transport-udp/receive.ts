/**
 * Datagrams as they arrive at a port that stays bound.
 *
 * @module
 */

import type {
  Datagram,
  Ingest,
  IngestDatagram,
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
    ? { group: host, interface: options.interface }
    : undefined;
  const socket = await open();
  if (signal.aborted) {
    await socket[Symbol.asyncDispose]();
    throw signal.reason;
  }
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
  return {
    type: "datagrams",
    connectionless: true,
    peer: at,
    datagrams: withPeers(socket.datagrams),
    packets: () => ({ lost: 0, reordered: 0, dropped: socket.dropped() }),
    [Symbol.asyncDispose]: () => socket[Symbol.asyncDispose](),
  };

  async function* withPeers(
    datagrams: AsyncIterable<Datagram>,
  ): AsyncGenerator<IngestDatagram> {
    for await (const { data, host, port } of datagrams) {
      yield { data, peer: media.hostAndPort(host, port) };
    }
  }

  async function open(): Promise<UdpSocket> {
    try {
      return await runtime.openUdp({
        host,
        port,
        multicast,
        source,
        receiveBuffer: RECEIVE_BUFFER,
      });
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
