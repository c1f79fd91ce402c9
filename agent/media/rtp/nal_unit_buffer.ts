/**
 * NAL units that are gathered to an access unit.
 *
 * @module
 */

import {
  MAX_ACCESS_UNIT_BYTES,
  MAX_NAL_UNITS,
} from "../access_unit_splitter.ts";
import { findStartCode, START_CODE } from "../annexb.ts";
import { ByteBuffer } from "../byte_buffer.ts";

/** Gathers NAL units, whole or piece by piece, behind start codes. */
export class NalUnitBuffer {
  readonly #buffer = new ByteBuffer(MAX_ACCESS_UNIT_BYTES);
  #nalUnits = 0;
  /** Where the current NAL unit begins, behind its start code. */
  #start = 0;
  #overflown = false;
  #hasStartCodes = false;

  /**
   * A NAL unit holds what looks like a start code, which it must not (ITU-T
   * H.264, 7.4.1): a decoder will see others than we did.
   */
  get hasStartCodes(): boolean {
    return this.#hasStartCodes;
  }

  /** Begins the next NAL unit. */
  begin(): void {
    this.#count();
    this.#store(START_CODE, 0, START_CODE.length);
    this.#start = this.#buffer.length;
  }

  /** Appends `bytes[from, end)` to the current NAL unit. */
  append(bytes: Uint8Array, from: number, end = bytes.length): void {
    // A start code may be split over two pieces.
    const seam = Math.max(this.#start, this.#buffer.length - 2);
    this.#store(bytes, from, end);
    if (this.#overflown) return;
    const piece = this.#buffer.view(seam);
    let at = findStartCode(piece);
    while (at >= 0 && !this.#overflown) {
      this.#hasStartCodes = true;
      this.#count();
      at = findStartCode(piece, at + 3);
    }
  }

  /** Takes the current NAL unit back. */
  abandon(): void {
    if (this.#overflown) return;
    this.#buffer.truncate(this.#start - START_CODE.length);
    this.#nalUnits--;
  }

  /** The current NAL unit, valid until the next change. */
  get current(): Uint8Array {
    return this.#buffer.view(this.#start);
  }

  /**
   * Takes everything out.
   *
   * @returns `undefined` if there is nothing, or more than is allowed.
   */
  take(): Uint8Array<ArrayBuffer> | undefined {
    const { length } = this.#buffer;
    const data = length > 0 ? this.#buffer.take(length) : undefined;
    this.#nalUnits = 0;
    this.#start = 0;
    this.#overflown = false;
    this.#hasStartCodes = false;
    return data;
  }

  #count(): void {
    if (++this.#nalUnits > MAX_NAL_UNITS) this.#overflow();
  }

  #store(bytes: Uint8Array, from: number, end: number): void {
    if (this.#overflown) return;
    if (!this.#buffer.append(0, bytes, from, end)) this.#overflow();
  }

  /** Keeps nothing of an access unit that is too large. */
  #overflow(): void {
    this.#overflown = true;
    this.#buffer.clear();
    this.#start = 0;
  }
}
