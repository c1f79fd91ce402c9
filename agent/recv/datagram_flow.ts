/**
 * The datagrams of a port, read by one reader after the other.
 *
 * @module
 */

import type { Clock } from "../plugin/runtime.ts";
import type { IngestDatagram } from "../plugin/transport.ts";

/**
 * A sender that was silent for so long may be followed by another: pictures
 * come far more often, and a sender that was started again needs as long.
 */
export const GONE_MS = 500;

/** Datagrams, each borrowed until the next one is asked for. */
export class DatagramFlow {
  readonly #datagrams: AsyncIterator<IngestDatagram>;
  readonly #clock: Pick<Clock, "now">;
  /** Asked for, and not taken. */
  #left: IngestDatagram | undefined;

  /** @param datagrams Belong to the flow from here on. */
  constructor(
    datagrams: AsyncIterable<IngestDatagram>,
    clock: Pick<Clock, "now">,
  ) {
    this.#datagrams = datagrams[Symbol.asyncIterator]();
    this.#clock = clock;
  }

  /** @returns `undefined` when the port is closed. */
  async next(): Promise<IngestDatagram | undefined> {
    const left = this.#left;
    this.#left = undefined;
    if (left !== undefined) return left;
    const { value, done } = await this.#datagrams.next();
    return done ? undefined : value;
  }

  /**
   * Passes on what belongs to one stream, until that has been silent for
   * {@linkcode GONE_MS} and something else comes: that one is left for the next
   * reader.
   */
  async *whileFrom(
    belongs: (datagram: IngestDatagram) => boolean,
  ): AsyncGenerator<IngestDatagram> {
    let heardAt = this.#clock.now();
    while (true) {
      const datagram = await this.next();
      if (datagram === undefined) return;
      const now = this.#clock.now();
      if (belongs(datagram)) {
        heardAt = now;
        yield datagram;
      } else if (now - heardAt >= GONE_MS) {
        this.#left = datagram;
        return;
      }
    }
  }
}
