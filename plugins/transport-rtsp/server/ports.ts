/**
 * The two ports from which a server's datagrams come.
 *
 * @module
 */

import type { Datagram, UdpSocket } from "../../../mod.ts";
import type { UdpPair } from "../port_pair.ts";

/** Reads what clients send there. Disposing closes them. */
export class ServerPorts implements AsyncDisposable {
  /** Belongs to it. */
  readonly pair: UdpPair;
  readonly #reading: Promise<unknown>;

  /** @param onReport Called when a client has sent something. */
  constructor(pair: UdpPair, onReport: (from: Datagram) => void) {
    this.pair = pair;
    this.#reading = Promise.all([
      // What comes is to open a router's way back; it is of no use to us.
      read(pair.packets, () => {}),
      read(pair.reports, onReport),
    ]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.pair[Symbol.asyncDispose]();
    await this.#reading;
  }
}

async function read(
  socket: UdpSocket,
  take: (datagram: Datagram) => void,
): Promise<void> {
  try {
    for await (const datagram of socket.datagrams) take(datagram);
  } catch {
    // Sending shows it as well.
  }
}
