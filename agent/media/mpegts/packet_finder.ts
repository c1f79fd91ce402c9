/**
 * Where the packets of a transport stream are.
 *
 * @module
 */

import {
  readTsPacket,
  TS_PACKET_BYTES,
  TS_SYNC,
  type TsPacket,
} from "./packet.ts";

/**
 * From one packet to the next: bare, behind a timecode of four bytes (what
 * Blu-ray discs and AVCHD cameras have), with Reed-Solomon code behind it (EN
 * 300 429, clause 4.4.2).
 */
const DISTANCES = [TS_PACKET_BYTES, 192, 204] as const;

/**
 * So many sync bytes in a row are believed. Chance makes them once in 256^3
 * for each place, and a wrong guess costs some packets; each one more holds a
 * packet back.
 */
const SYNC_BYTES = 3;

/** Twice what it takes to judge a place. */
const SEARCH_BYTES = 2 * SYNC_BYTES * DISTANCES[2];

/** Takes a packet, borrowed until it returns, and what is behind it. */
type TakePacket = (packet: TsPacket) => void;

/**
 * Finds packets in a byte stream, whatever the borders of its chunks. Each
 * comes with its last byte, once it is known where they are.
 */
export class TsPacketFinder {
  /** A packet that is not complete, or bytes in which there may be some. */
  readonly #held = new Uint8Array(SEARCH_BYTES);
  #length = 0;
  /** From one packet to the next; 0 where they are not known to be. */
  #distance = 0;
  /** Bytes in front of the next packet. */
  #between = 0;
  readonly #take: TakePacket;
  readonly #lose: () => void;

  /**
   * @param take Gets every packet.
   * @param lose Is told that there were other bytes where a packet was due.
   */
  constructor(take: TakePacket, lose: () => void) {
    this.#take = take;
    this.#lose = lose;
  }

  /** Takes the next bytes, borrowed until it returns. */
  push(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length) {
      at = this.#distance === 0
        ? this.#search(chunk, at)
        : this.#follow(chunk, at);
    }
  }

  /** Takes a packet, or some of it; returns where it ends. */
  #follow(chunk: Uint8Array, at: number): number {
    const start = at + Math.min(this.#between, chunk.length - at);
    this.#between -= start - at;
    if (start === chunk.length) return start;
    const end = start + TS_PACKET_BYTES - this.#length;
    const next = chunk[end + this.#distance - TS_PACKET_BYTES];
    const first = this.#length > 0 ? this.#held[0] : chunk[start];
    if (first !== TS_SYNC || next !== undefined && next !== TS_SYNC) {
      // What is no packet, or ends elsewhere, may have the next one inside.
      this.#distance = 0;
      this.#lose();
      if (this.#length === 0) return start + 1;
      this.#drop(1);
      return start;
    }
    if (this.#length === 0 && end <= chunk.length) {
      this.#give(chunk.subarray(start, end));
      return end;
    }
    const part = chunk.subarray(start, end);
    this.#held.set(part, this.#length);
    this.#length += part.length;
    if (this.#length === TS_PACKET_BYTES) {
      this.#length = 0;
      this.#give(this.#held);
    }
    return start + part.length;
  }

  #give(bytes: Uint8Array): void {
    this.#between = this.#distance - TS_PACKET_BYTES;
    this.#take(readTsPacket(bytes));
  }

  /** Looks for packets; returns how far it has looked. */
  #search(chunk: Uint8Array, at: number): number {
    const end = Math.min(
      chunk.length,
      at + this.#held.length - this.#length,
    );
    this.#held.set(chunk.subarray(at, end), this.#length);
    this.#length += end - at;
    let start = 0;
    while (start < this.#length && this.#distanceAt(start) === 0) start++;
    this.#drop(start);
    const distance = this.#length > 0 ? this.#distanceAt(0) : undefined;
    if (distance !== undefined) {
      const found = this.#held.slice(0, this.#length);
      this.#length = 0;
      this.#distance = distance;
      this.push(found);
    }
    return end;
  }

  /**
   * Tells how far packets are from each other that begin at an index of what is
   * held; 0: none does, `undefined`: more bytes are wanted.
   */
  #distanceAt(start: number): number | undefined {
    if (this.#held[start] !== TS_SYNC) return 0;
    let isOpen = false;
    for (const distance of DISTANCES) {
      let count = 1;
      let at = start + distance;
      while (
        count < SYNC_BYTES && at < this.#length && this.#held[at] === TS_SYNC
      ) {
        count++;
        at += distance;
      }
      if (count === SYNC_BYTES) return distance;
      isOpen ||= at >= this.#length;
    }
    return isOpen ? undefined : 0;
  }

  /** Forgets the first bytes of what is held. */
  #drop(count: number): void {
    this.#held.copyWithin(0, count, this.#length);
    this.#length -= count;
  }
}
