/**
 * Sections: tables that transport streams describe themselves with.
 *
 * @module
 */

import { ContinuityCounter } from "./continuity.ts";
import type { TsPacket } from "./packet.ts";

/** table_id, then section_length in 12 bits (ITU-T H.222.0, 2.4.4.10). */
const HEADER_BYTES = 3;

/**
 * Largest section of the tables that we read (ITU-T H.222.0, 2.4.4.5 and
 * 2.4.4.9); private ones, which are skipped, have up to 4096 bytes.
 */
const MAX_SECTION_BYTES = 1024;

/** Stands in place of a table_id where no more sections follow. */
const STUFFING = 0xff;

/** Gathers the sections of one PID. */
export class SectionReader {
  readonly #continuity = new ContinuityCounter();
  readonly #held = new Uint8Array(MAX_SECTION_BYTES);
  #length = 0;
  /** A section has begun and is not complete. */
  #isOpen = false;

  /**
   * Takes the next packet of the PID, borrowed until it returns.
   *
   * @returns The sections that are complete now, and right as far as their CRC
   * tells.
   */
  push(packet: TsPacket): Uint8Array[] {
    const { payload, startsUnit, unusable } = packet;
    const step = unusable ? "gap" : this.#continuity.judge(packet);
    if (step === "gap") this.#isOpen = false;
    if (payload === undefined || unusable || step === "repeated") return [];
    const sections: Uint8Array[] = [];
    // pointer_field: so many bytes are still of the section before.
    let at = startsUnit ? 1 + (payload[0] ?? 0) : payload.length;
    this.#gather(payload.subarray(0, at), startsUnit ? 1 : 0, sections);
    while (at < payload.length && payload[at] !== STUFFING) {
      this.#isOpen = true;
      this.#length = 0;
      at = this.#gather(payload, at, sections);
    }
    return sections;
  }

  /** Takes bytes up to the end of the section; returns where that is. */
  #gather(bytes: Uint8Array, from: number, sections: Uint8Array[]): number {
    let at = from;
    while (this.#isOpen && at < bytes.length) {
      const goal = this.#goal();
      // What is beyond the bound is lost, and the CRC wrong then.
      while (this.#length < goal && at < bytes.length) {
        this.#held[this.#length++] = bytes[at++]!;
      }
      if (this.#length < HEADER_BYTES || this.#length < this.#goal()) continue;
      this.#isOpen = false;
      const section = this.#held.subarray(0, this.#length);
      if (crc32(section) === 0) sections.push(section.slice());
    }
    return at;
  }

  /** Where the section ends, as far as its header is there; else that. */
  #goal(): number {
    if (this.#length < HEADER_BYTES) return HEADER_BYTES;
    const length = (this.#held[1]! & 0xf) << 8 | this.#held[2]!;
    return HEADER_BYTES + length;
  }
}

/** x^32 + x^26 + x^23 + ... + 1, most significant bit first. */
const POLYNOMIAL = 0x04c11db7;

const CRC_TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24;
  for (let bit = 0; bit < 8; bit++) {
    crc = crc << 1 ^ (crc < 0 ? POLYNOMIAL : 0);
  }
  return crc;
});

/**
 * Computes the CRC of a section (ITU-T H.222.0, Annex A): 0 where the last four
 * bytes are that of those in front of them.
 */
export function crc32(bytes: Uint8Array): number {
  let crc = -1;
  for (const byte of bytes) crc = crc << 8 ^ CRC_TABLE[crc >>> 24 ^ byte]!;
  return crc >>> 0;
}
