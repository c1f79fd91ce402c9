/**
 * Packets between whoever reads a connection and whoever makes pictures of
 * them.
 *
 * @module
 */

import type { IngestDatagram } from "../../../mod.ts";

/** What waits while pictures are made of others: two seconds of 20 Mbit/s. */
const MAX_WAITING_BYTES = 5_000_000;

/** Hands packets on in their order. */
export class PacketQueue {
  #items: IngestDatagram[] = [];
  #bytes = 0;
  #ending: { readonly failure?: unknown } | undefined;
  #changed = Promise.withResolvers<void>();
  #taken = Promise.withResolvers<void>();
  #dropped = 0;

  /** Packets that {@linkcode offer} had no room for. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Adds a packet; resolves when there is room for the next. */
  async push(item: IngestDatagram): Promise<void> {
    if (this.#ending) return;
    this.#items.push(item);
    this.#bytes += item.data.length;
    this.#changed.resolve();
    while (this.#bytes >= MAX_WAITING_BYTES && !this.#ending) {
      await this.#taken.promise;
    }
  }

  /** Adds a packet if there is room. */
  offer(item: IngestDatagram): void {
    if (this.#bytes >= MAX_WAITING_BYTES) this.#dropped++;
    else void this.push(item);
  }

  /** Nothing more will come; of several calls the first one counts. */
  end(ending: { readonly failure?: unknown } = {}): void {
    this.#ending ??= ending;
    this.#changed.resolve();
    this.#taken.resolve();
  }

  /** What comes, once. Throws what it has ended with. */
  async *packets(): AsyncGenerator<IngestDatagram> {
    while (true) {
      const items = this.#items;
      this.#items = [];
      this.#bytes = 0;
      this.#taken.resolve();
      this.#taken = Promise.withResolvers();
      yield* items;
      if (this.#items.length > 0) continue;
      if (this.#ending) break;
      await this.#changed.promise;
      this.#changed = Promise.withResolvers();
    }
    if ("failure" in this.#ending) throw this.#ending.failure;
  }
}
