/**
 * The AVCC form of H.264 and H.265: NAL units behind their lengths, parameter
 * sets in a record of their own (ISO/IEC 14496-15). Most containers hold it.
 *
 * @module
 */

import { joinNalUnits, START_CODE } from "./annexb.ts";
import type { NalUnitCodec } from "./codec.ts";

/** What a decoder configuration record says. */
export interface AvccConfiguration {
  /** Bytes of the length in front of each NAL unit: 1 to 4. */
  readonly lengthSize: number;
  /** As an Annex B byte stream; may be empty. */
  readonly parameterSets: Uint8Array<ArrayBuffer>;
}

/** Lengths of the parameter sets in a record have two bytes. */
const SET_LENGTH_SIZE = 2;

/** Reads numbers and NAL units one after the other; zeros behind the end. */
class RecordReader {
  readonly nalUnits: Uint8Array[] = [];
  readonly #record: Uint8Array;
  #at: number;

  constructor(record: Uint8Array, at: number) {
    this.#record = record;
    this.#at = at;
  }

  u8(): number {
    return this.#record[this.#at++] ?? 0;
  }

  u16(): number {
    return this.u8() << 8 | this.u8();
  }

  /** Tells whether so many NAL units are there. */
  take(count: number): boolean {
    for (let i = 0; i < count; i++) {
      const end = nalUnitEnd(this.#record, this.#at, SET_LENGTH_SIZE);
      if (end === undefined) return false;
      const start = this.#at + SET_LENGTH_SIZE;
      this.nalUnits.push(this.#record.subarray(start, end));
      this.#at = end;
    }
    return true;
  }
}

/**
 * Reads AVCDecoderConfigurationRecord or HEVCDecoderConfigurationRecord
 * (ISO/IEC 14496-15, 5.3.3.1.2 and 8.3.3.1.2).
 *
 * @returns `undefined` where a parameter set is beyond its end.
 */
export function readAvccConfiguration(
  codec: NalUnitCodec,
  record: Uint8Array,
): AvccConfiguration | undefined {
  return codec === "h264" ? readAvc(record) : readHevc(record);
}

function readAvc(record: Uint8Array): AvccConfiguration | undefined {
  const reader = new RecordReader(record, 5);
  // numOfSequenceParameterSets, then numOfPictureParameterSets
  const isWhole = reader.take(reader.u8() & 0x1f) && reader.take(reader.u8());
  if (!isWhole) return undefined;
  return {
    lengthSize: ((record[4] ?? 3) & 3) + 1,
    parameterSets: joinNalUnits(reader.nalUnits),
  };
}

function readHevc(record: Uint8Array): AvccConfiguration | undefined {
  const reader = new RecordReader(record, 22);
  // numOfArrays
  for (let arrays = reader.u8(); arrays > 0; arrays--) {
    reader.u8(); // NAL_unit_type: the NAL units say so as well
    if (!reader.take(reader.u16())) return undefined;
  }
  return {
    lengthSize: ((record[21] ?? 3) & 3) + 1,
    parameterSets: joinNalUnits(reader.nalUnits),
  };
}

/**
 * Puts start codes in the place of lengths.
 *
 * @param data Is changed where lengths have four bytes.
 * @returns An Annex B byte stream: the same array where lengths have four
 * bytes; `undefined` where lengths do not lead from one NAL unit to the next.
 */
export function annexBFromAvcc(
  data: Uint8Array<ArrayBuffer>,
  lengthSize: number,
): Uint8Array<ArrayBuffer> | undefined {
  let nalUnits = 0;
  for (let at = 0; at < data.length; nalUnits++) {
    const end = nalUnitEnd(data, at, lengthSize);
    if (end === undefined) return undefined;
    at = end;
  }
  const longer = START_CODE.length - lengthSize;
  const result = longer === 0
    ? data
    : new Uint8Array(data.length + nalUnits * longer);
  for (let [at, to] = [0, 0]; at < data.length;) {
    const end = nalUnitEnd(data, at, lengthSize)!;
    result.set(START_CODE, to);
    if (longer > 0) {
      result.set(data.subarray(at + lengthSize, end), to + START_CODE.length);
    }
    to += end - at + longer;
    at = end;
  }
  return result;
}

/**
 * Finds the end of a NAL unit behind a length of `lengthSize` bytes, big
 * endian; there is none where it is empty or cut off.
 */
function nalUnitEnd(
  bytes: Uint8Array,
  at: number,
  lengthSize: number,
): number | undefined {
  let length = 0;
  const start = at + lengthSize;
  for (; at < start; at++) length = length * 256 + (bytes[at] ?? 0);
  const end = start + length;
  return length > 0 && end <= bytes.length ? end : undefined;
}
