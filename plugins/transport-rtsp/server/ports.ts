/**
 * The two ports from which a server's datagrams come.
 *
 * @module
 */

import type { PluginHost, Runtime, UdpSocket } from "../../../mod.ts";
import type { PortPair } from "../transport_header.ts";

/** How often two ports next to each other are looked for. */
const ATTEMPTS = 16;

/** Packets come from an even port, reports from the next. */
export class ServerPorts implements AsyncDisposable {
  readonly packets: UdpSocket;
  readonly reports: UdpSocket;
  readonly #reading: Promise<unknown>;

  private constructor(
    [packets, reports]: readonly [UdpSocket, UdpSocket],
    onReport: (host: string, port: number) => void,
  ) {
    this.packets = packets;
    this.reports = reports;
    this.#reading = Promise.all([
      // What comes is to open a router's way back; it is of no use to us.
      read(packets, () => {}),
      read(reports, onReport),
    ]);
  }

  /**
   * Opens two free ports.
   *
   * @param host Numeric address to bind.
   * @param onReport Called when a client has sent something.
   * @throws {StreamError} "lost" if the system has none.
   */
  static async open(
    host: string,
    runtime: Runtime,
    { StreamError, ConfigError }: Pick<
      PluginHost,
      "StreamError" | "ConfigError"
    >,
    onReport: (host: string, port: number) => void,
  ): Promise<ServerPorts> {
    const odd: UdpSocket[] = [];
    try {
      for (let i = 0; i < ATTEMPTS; i++) {
        const packets = await runtime.openUdp({ host, port: 0 });
        const reports = await next(packets);
        if (reports) return new ServerPorts([packets, reports], onReport);
        // Kept until there is a better one: it would be given again.
        odd.push(packets);
      }
    } finally {
      for (const socket of odd) await socket[Symbol.asyncDispose]();
    }
    throw new StreamError("lost", "No two free UDP ports next to each other");

    async function next({ port }: UdpSocket): Promise<UdpSocket | undefined> {
      if (port % 2 !== 0) return undefined;
      try {
        return await runtime.openUdp({ host, port: port + 1 });
      } catch (error) {
        if (error instanceof ConfigError) return undefined;
        throw error;
      }
    }
  }

  /** Their numbers. */
  get numbers(): PortPair {
    return [this.packets.port, this.reports.port];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.packets[Symbol.asyncDispose]();
    await this.reports[Symbol.asyncDispose]();
    await this.#reading;
  }
}

async function read(
  socket: UdpSocket,
  take: (host: string, port: number) => void,
): Promise<void> {
  try {
    for await (const { host, port } of socket.datagrams) take(host, port);
  } catch {
    // Sending shows it as well.
  }
}
