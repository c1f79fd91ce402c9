/**
 * Remembers what a decoder needs before the first picture.
 *
 * @module
 */

import { joinNalUnits, nalUnitsOf } from "./annexb.ts";
import type { NalUnitCodec } from "./codec.ts";
import {
  HEAD_BYTES,
  PARAMETER_SET_SYNTAX,
  type ParameterSet,
  type ParameterSetKind,
  type ParameterSetSyntax,
} from "./parameter_set_syntax.ts";
import type { StreamSps } from "./sps.ts";

/**
 * Most bytes of parameter sets that are kept. One of each takes 30 to 100; the
 * ids allow for 32 and 256 of any size.
 */
export const MAX_PARAMETER_SET_BYTES = 64 * 1024;

interface StoredSet extends ParameterSet {
  readonly nalUnit: Uint8Array;
}

/**
 * Keeps the latest parameter sets of a stream by their ids, so that every
 * keyframe can be given those it lacks.
 */
export class ParameterSetCache {
  readonly #syntax: ParameterSetSyntax;
  readonly #sets: Readonly<Record<ParameterSetKind, Map<number, StoredSet>>> = {
    vps: new Map(),
    sps: new Map(),
    pps: new Map(),
  };
  #bytes = 0;
  #active: StoredSet | undefined;
  #rejected = 0;

  /** Of one stream, which has one codec. */
  constructor(codec: NalUnitCodec = "h264") {
    this.#syntax = PARAMETER_SET_SYNTAX[codec];
  }

  /**
   * The sequence parameter set of the latest keyframe; or the latest one that
   * came without a keyframe, as long as there was none.
   */
  get sps(): StreamSps | undefined {
    return this.#active?.sps;
  }

  /** How many sets were not kept: they make no sense, or are too many. */
  get rejected(): number {
    return this.#rejected;
  }

  /** All sets as an Annex B byte stream, owned by the caller; may be empty. */
  get data(): Uint8Array<ArrayBuffer> {
    const sets = this.#syntax.kinds.flatMap((kind) => [
      ...this.#sets[kind].values(),
    ]);
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
    const start = this.#syntax.pictureStart(data);
    let latest: StoredSet | undefined;
    for (const nalUnit of nalUnitsOf(data.subarray(0, start))) {
      const kind = this.#syntax.kindOf(nalUnit);
      const set = kind && this.#store(kind, nalUnit);
      if (kind === "sps") latest = set;
    }
    const hasPicture = start < data.length;
    const slice = data.subarray(start + 3, start + 3 + HEAD_BYTES);
    const activated = hasPicture ? this.#activatedBy(slice) : latest;
    // Behind a recovery point there may never be a keyframe.
    const active = activated ?? (this.#active ? undefined : latest);
    if (!active) return false;
    const before = this.#active?.nalUnit;
    if (before && isEqual(before, active.nalUnit)) return false;
    this.#active = active;
    return true;
  }

  /**
   * Gives an access unit the parameter sets.
   *
   * @param data An Annex B byte stream.
   * @returns The same array where it has all kinds, or none are known; else a
   * new one with all known sets in front.
   */
  withParameterSets(data: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    if (this.#bytes === 0 || hasAllKinds(data, this.#syntax)) return data;
    const sets = this.data;
    const result = new Uint8Array(sets.length + data.length);
    result.set(sets);
    result.set(data, sets.length);
    return result;
  }

  /** Finds the set that the slice of a keyframe is coded by. */
  #activatedBy(slice: Uint8Array): StoredSet | undefined {
    const ppsId = this.#syntax.ppsIdOf(slice);
    const pps = ppsId === undefined ? undefined : this.#sets.pps.get(ppsId);
    return pps?.spsId === undefined ? undefined : this.#sets.sps.get(pps.spsId);
  }

  #store(kind: ParameterSetKind, nalUnit: Uint8Array): StoredSet | undefined {
    const set = this.#syntax.read(kind, nalUnit);
    const before = set && this.#sets[kind].get(set.id);
    if (before && isEqual(before.nalUnit, nalUnit)) return before;
    if (!set || !this.#fits(before, nalUnit)) {
      this.#rejected++;
      return undefined;
    }
    const stored = { ...set, nalUnit: nalUnit.slice() };
    this.#sets[kind].set(set.id, stored);
    return stored;
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

/** Tells whether an access unit of H.264 has both kinds of parameter sets. */
export function hasParameterSets(data: Uint8Array): boolean {
  return hasAllKinds(data, PARAMETER_SET_SYNTAX.h264);
}

function hasAllKinds(data: Uint8Array, syntax: ParameterSetSyntax): boolean {
  const head = data.subarray(0, syntax.pictureStart(data));
  const found = new Set([...nalUnitsOf(head)].map(syntax.kindOf));
  return syntax.kinds.every((kind) => found.has(kind));
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
