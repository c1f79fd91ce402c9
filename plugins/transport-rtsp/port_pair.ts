/**
 * Two UDP ports next to each other: packets go through an even one, reports
 * through the next (RFC 3550, section 11).
 *
 * @module
 */

import type { PluginHost, Runtime, UdpSocket } from "../../mod.ts";
import type { PortPair } from "./transport_header.ts";

/** How often two ports next to each other are looked for. */
const ATTEMPTS = 16;

/** Disposing closes both. */
export class UdpPair implements AsyncDisposable {
  /** At an even port. */
  readonly packets: UdpSocket;
  /** At the next. */
  readonly reports: UdpSocket;

  private constructor(packets: UdpSocket, reports: UdpSocket) {
    this.packets = packets;
    this.reports = reports;
  }

  /**
   * Opens two free ports.
   *
   * @param host Numeric address to bind.
   * @param receiveBuffer Bytes that the system is to keep of packets.
   * @throws {StreamError} "lost" if the system has none.
   */
  static async open(
    host: string,
    runtime: Runtime,
    { StreamError, ConfigError }: Pick<
      PluginHost,
      "StreamError" | "ConfigError"
    >,
    receiveBuffer?: number,
  ): Promise<UdpPair> {
    const useless: UdpSocket[] = [];
    try {
      for (let i = 0; i < ATTEMPTS; i++) {
        const packets = await runtime.openUdp({ host, port: 0, receiveBuffer });
        const reports = await next(packets);
        if (reports) return new UdpPair(packets, reports);
        // Kept until there is a better one: it would be given again.
        useless.push(packets);
      }
    } finally {
      for (const socket of useless) await socket[Symbol.asyncDispose]();
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
  }
}
