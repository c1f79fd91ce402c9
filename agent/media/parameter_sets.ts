/**
 * Remembers what a decoder needs before the first picture.
 *
 * @module
 */

import { joinNalUnits, nalUnitsOf, pictureStart } from "./annexb.ts";
import { NAL_UNIT_TYPE, nalUnitType } from "./h264.ts";
import { BitReader, RbspError, removeEmulationPrevention } from "./rbsp.ts";
import { parseSps, type Sps, SpsError } from "./sps.ts";

/**
 * Most bytes of parameter sets that are kept. One of each takes 30 to 100; the
 * ids allow for 32 and 256 of any size.
 */
export const MAX_PARAMETER_SET_BYTES = 64 * 1024;

/** Largest seq_parameter_set_id (ITU-T H.264, 7.4.2.1.1). */
const MAX_SPS_ID = 31;

/** Largest pic_parameter_set_id (ITU-T H.264, 7.4.2.2). */
const MAX_PPS_ID = 255;

/** Enough of a NAL unit to hold its first three Exp-Golomb numbers. */
const HEAD_BYTES = 24;

interface StoredSps {
  readonly nalUnit: Uint8Array;
  readonly sps: Sps;
}

interface StoredPps {
  readonly nalUnit: Uint8Array;
  readonly spsId: number;
}

/**
 * Keeps the latest parameter sets of a stream by their ids, so that every
 * keyframe can be given those it lacks.
 */
export class ParameterSetCache {
  readonly #sps = new Map<number, StoredSps>();
  readonly #pps = new Map<number, StoredPps>();
  #bytes = 0;
  #active: StoredSps | undefined;
  #rejected = 0;

  /**
   * The sequence parameter set of the latest IDR picture; or the latest one
   * that came in bytes without a picture.
   */
  get sps(): Sps | undefined {
    return this.#active?.sps;
  }

  /** How many sets were not kept: they make no sense, or are too many. */
  get rejected(): number {
    return this.#rejected;
  }

  /** All sets as an Annex B byte stream, owned by the caller; may be empty. */
  get data(): Uint8Array<ArrayBuffer> {
    const sets = [...this.#sps.values(), ...this.#pps.values()];
    return joinNalUnits(sets.map(({ nalUnit }) => nalUnit));
  }

  /**
   * Remembers the parameter sets of an access unit, or of parameter sets alone.
   *
   * @param data An Annex B byte stream, borrowed.
   * @returns Whether {@linkcode sps} is another one now, the first included:
   * the picture size may have changed.
   */
  update(data: Uint8Array): boolean {
    const start = pictureStart(data);
    let latest: StoredSps | undefined;
    for (const nalUnit of nalUnitsOf(data.subarray(0, start))) {
      const type = nalUnitType(nalUnit);
      if (type === NAL_UNIT_TYPE.sps) latest = this.#storeSps(nalUnit);
      else if (type === NAL_UNIT_TYPE.pps) this.#storePps(nalUnit);
    }
    const active = start < data.length
      ? this.#activatedBy(data.subarray(start + 3, start + 3 + HEAD_BYTES))
      : latest;
    if (!active) return false;
    const before = this.#active?.nalUnit;
    this.#active = active;
    return !before || !isEqual(before, active.nalUnit);
  }

  /**
   * Gives an access unit the parameter sets.
   *
   * @param data An Annex B byte stream.
   * @returns The same array where it has both kinds, or none are known; else a
   * new one with all known sets in front.
   */
  withParameterSets(data: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    if (this.#bytes === 0 || hasParameterSets(data)) return data;
    const sets = this.data;
    const result = new Uint8Array(sets.length + data.length);
    result.set(sets);
    result.set(data, sets.length);
    return result;
  }

  /** Finds the set that an IDR slice is coded by; others cannot switch. */
  #activatedBy(slice: Uint8Array): StoredSps | undefined {
    if (nalUnitType(slice) !== NAL_UNIT_TYPE.idr) return undefined;
    // first_mb_in_slice, slice_type, pic_parameter_set_id (7.3.3)
    const ppsId = readNumbers(slice, 3)?.[2];
    const spsId = ppsId === undefined ? undefined : this.#pps.get(ppsId)?.spsId;
    return spsId === undefined ? undefined : this.#sps.get(spsId);
  }

  #storeSps(nalUnit: Uint8Array): StoredSps | undefined {
    const sps = readSps(nalUnit);
    const before = sps && this.#sps.get(sps.id);
    if (before && isEqual(before.nalUnit, nalUnit)) return before;
    if (!sps || sps.id > MAX_SPS_ID || !this.#fits(before, nalUnit)) {
      this.#rejected++;
      return undefined;
    }
    const stored = { nalUnit: nalUnit.slice(), sps };
    this.#sps.set(sps.id, stored);
    return stored;
  }

  #storePps(nalUnit: Uint8Array): void {
    // pic_parameter_set_id, seq_parameter_set_id (7.3.2.2)
    const [id = Infinity, spsId = Infinity] = readNumbers(nalUnit, 2) ?? [];
    const before = this.#pps.get(id);
    if (before && isEqual(before.nalUnit, nalUnit)) return;
    if (
      id <= MAX_PPS_ID && spsId <= MAX_SPS_ID && this.#fits(before, nalUnit)
    ) {
      this.#pps.set(id, { nalUnit: nalUnit.slice(), spsId });
    } else {
      this.#rejected++;
    }
  }

  /** Makes room for a set that replaces another, if there is any. */
  #fits(
    before: { nalUnit: Uint8Array } | undefined,
    after: Uint8Array,
  ): boolean {
    const bytes = this.#bytes + after.length - (before?.nalUnit.length ?? 0);
    if (bytes > MAX_PARAMETER_SET_BYTES) return false;
    this.#bytes = bytes;
    return true;
  }
}

/** Tells whether an access unit has both kinds of parameter sets. */
export function hasParameterSets(data: Uint8Array): boolean {
  let [sps, pps] = [false, false];
  for (const nalUnit of nalUnitsOf(data.subarray(0, pictureStart(data)))) {
    sps ||= nalUnitType(nalUnit) === NAL_UNIT_TYPE.sps;
    pps ||= nalUnitType(nalUnit) === NAL_UNIT_TYPE.pps;
  }
  return sps && pps;
}

function readSps(nalUnit: Uint8Array): Sps | undefined {
  try {
    return parseSps(nalUnit);
  } catch (error) {
    if (error instanceof SpsError) return undefined;
    throw error;
  }
}

/** Reads the ue(v) that a NAL unit begins with, behind its header byte. */
function readNumbers(nalUnit: Uint8Array, count: number): number[] | undefined {
  const head = removeEmulationPrevention(nalUnit.subarray(1, HEAD_BYTES));
  const bits = new BitReader(head);
  try {
    return Array.from({ length: count }, () => bits.ue());
  } catch (error) {
    if (error instanceof RbspError) return undefined;
    throw error;
  }
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
