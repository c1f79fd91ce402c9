/**
 * What is inside a NAL unit: bytes with emulation prevention, and the bits of
 * its syntax elements.
 *
 * @module
 */

/** The syntax elements of a NAL unit run past its end, or make no sense. */
export class RbspError extends RangeError {
  /** Says what was read. */
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "RbspError";
  }
}

/**
 * Removes the emulation_prevention_three_byte of every `00 00 03` (ITU-T
 * H.264, 7.3.1).
 *
 * @returns The same array where there is none, else a copy.
 */
export function removeEmulationPrevention(data: Uint8Array): Uint8Array {
  const first = findPrevention(data);
  if (first < 0) return data;
  const rbsp = data.slice(0, -1);
  let [length, zeros] = [first, 0];
  for (let at = first + 1; at < data.length; at++) {
    const byte = data[at]!;
    if (zeros >= 2 && byte === 3) {
      zeros = 0;
      continue;
    }
    rbsp[length++] = byte;
    zeros = byte === 0 ? zeros + 1 : 0;
  }
  return rbsp.subarray(0, length);
}

/** Finds the first 3 behind two zeros, or gives -1. */
function findPrevention(data: Uint8Array): number {
  let zeros = 0;
  for (let at = 0; at < data.length; at++) {
    const byte = data[at]!;
    if (zeros >= 2 && byte === 3) return at;
    zeros = byte === 0 ? zeros + 1 : 0;
  }
  return -1;
}

/**
 * Inserts an emulation_prevention_three_byte wherever two zeros would be
 * followed by a byte from 0 to 3 (ITU-T H.264, 7.4.1). The input ends in its
 * rbsp_trailing_bits, hence not in a zero.
 *
 * @returns A new array.
 */
export function addEmulationPrevention(
  rbsp: Uint8Array,
): Uint8Array<ArrayBuffer> {
  // At most every second byte of the input needs one.
  const data = new Uint8Array(rbsp.length + (rbsp.length >> 1));
  let [length, zeros] = [0, 0];
  for (const byte of rbsp) {
    if (zeros === 2 && byte <= 3) {
      data[length++] = 3;
      zeros = 0;
    }
    data[length++] = byte;
    zeros = byte === 0 ? zeros + 1 : 0;
  }
  return data.slice(0, length);
}

/** Reads syntax elements, most significant bit first (ITU-T H.264, 7.2). */
export class BitReader {
  readonly #rbsp: Uint8Array;
  #position = 0;

  /** Reads from bytes without emulation prevention, borrowed. */
  constructor(rbsp: Uint8Array) {
    this.#rbsp = rbsp;
  }

  /** How many bits are left. */
  get bitsLeft(): number {
    return this.#rbsp.length * 8 - this.#position;
  }

  /**
   * Reads u(n), an unsigned number of 0 to 32 bits.
   *
   * @throws {RbspError} If fewer bits are left.
   */
  bits(count: number): number {
    if (count > this.bitsLeft) {
      throw new RbspError(`Cannot read ${count} bits: ${this.bitsLeft} left`);
    }
    let value = 0;
    for (let i = 0; i < count; i++) {
      const byte = this.#rbsp[this.#position >> 3]!;
      // Not a shift: bit 31 would become a sign.
      value = value * 2 + (byte >> (7 - (this.#position & 7)) & 1);
      this.#position++;
    }
    return value;
  }

  /**
   * Reads u(1) as a flag.
   *
   * @throws {RbspError} If no bit is left.
   */
  flag(): boolean {
    return this.bits(1) === 1;
  }

  /**
   * Reads ue(v), an unsigned Exp-Golomb number (ITU-T H.264, 9.1).
   *
   * @throws {RbspError} If it ends early, or exceeds 2^32 - 2.
   */
  ue(): number {
    let zeros = 0;
    while (!this.flag()) {
      if (++zeros > 31) throw new RbspError("Cannot read ue(v): over 63 bits");
    }
    return 2 ** zeros - 1 + this.bits(zeros);
  }

  /**
   * Reads ue(v) that has a bound.
   *
   * @param name Of the syntax element, for the message.
   * @throws {RbspError} If it ends early, or exceeds `max`.
   */
  ueUpTo(max: number, name: string): number {
    const value = this.ue();
    if (value <= max) return value;
    throw new RbspError(`${name} is ${value}, above ${max}`);
  }

  /**
   * Reads se(v), a signed Exp-Golomb number (ITU-T H.264, 9.1.1).
   *
   * @throws {RbspError} If it ends early, or is out of range.
   */
  se(): number {
    const code = this.ue();
    return code % 2 === 0 ? 0 - code / 2 : (code + 1) / 2;
  }
}
