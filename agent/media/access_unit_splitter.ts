/**
 * Cuts a byte stream of H.264 into access units while it arrives.
 *
 * @module
 */

import { findStartCode, START_CODE, trimZeros } from "./annexb.ts";
import { ByteBuffer } from "./byte_buffer.ts";
import {
  beginsAccessUnit,
  hasSliceHeader,
  isVcl,
  NAL_UNIT_TYPE,
} from "./h264.ts";
import { hasRecoveryPoint } from "./sei.ts";

/**
 * Largest access unit that is gathered, in bytes. MediaMTX's bound: a 50 Mbit/s
 * 2160p60 stream did not reach it.
 */
export const MAX_ACCESS_UNIT_BYTES = 8 * 1024 * 1024;

/**
 * Most NAL units of one access unit. x264's sliced threads make up to one slice
 * per four rows of macroblocks, cameras have been seen to make 48; beyond that
 * it is a flood of empty ones, each of which costs a decoder time.
 */
export const MAX_NAL_UNITS = 512;

/** Bounds of an {@linkcode AccessUnitSplitter}. */
export interface AccessUnitSplitterOptions {
  /**
   * Largest access unit, start codes included.
   *
   * @default {8388608} {@linkcode MAX_ACCESS_UNIT_BYTES}
   */
  maxBytes?: number;
  /**
   * Most NAL units of one access unit.
   *
   * @default {512} {@linkcode MAX_NAL_UNITS}
   */
  maxNalUnits?: number;
}

/** One access unit as it was found in a byte stream. */
export interface SplitUnit {
  /**
   * An Annex B byte stream, every start code of four bytes, without access unit
   * delimiters, filler data and end marks. Owned by the receiver; small ones
   * share their `buffer`, but no bytes of it.
   */
  readonly data: Uint8Array<ArrayBuffer>;
  /** Holds an IDR picture. */
  readonly keyframe: boolean;
  /** Holds a recovery point SEI message. */
  readonly recoveryPoint: boolean;
  /** Holds a sequence parameter set and a picture parameter set. */
  readonly hasParameterSets: boolean;
  /**
   * Is known to be broken: its first slice is missing, or it has a NAL unit
   * that is empty or has its forbidden_zero_bit set.
   */
  readonly damaged: boolean;
  /** Bytes of the stream right before it were thrown away. */
  readonly discontinuity: boolean;
}

/** What becomes of the bytes behind the current position. */
type State =
  /** No start code yet. */
  | "outside"
  /** The next one is a NAL unit header. */
  | "header"
  /** The next one tells whether this slice is the first of its picture. */
  | "slice"
  | "keep"
  | "drop";

/** NAL units that were gathered, and which parameter sets are among them. */
interface Sets {
  nalUnits: number;
  sps: boolean;
  pps: boolean;
}

/** What is known of the access unit that is being gathered. */
interface Gathered extends Sets {
  /** Header of its last slice; 0 as long as there is none. */
  slice: number;
  keyframe: boolean;
  recoveryPoint: boolean;
  damaged: boolean;
}

/** NAL units behind a slice: the next slice tells whose they are. */
interface Undecided extends Sets {
  /** Where the first of them begins in the buffer. */
  readonly start: number;
}

/**
 * Cuts a byte stream into access units, whatever the borders of its chunks. One
 * is complete as soon as the first byte of the next one has arrived that tells:
 * the header of a delimiter suffices. Every byte is looked at once, and no more
 * than one access unit is kept.
 */
export class AccessUnitSplitter {
  readonly #maxNalUnits: number;
  readonly #buffer: ByteBuffer;
  #gathered = nothing();
  #state: State = "outside";
  /** Header of the current NAL unit. */
  #header = 0;
  /** Where the current NAL unit begins in `#buffer`, start code included. */
  #start = 0;
  #undecided: Undecided | undefined;
  /** Zero bytes that have come since the last other byte, not stored yet. */
  #zeros = 0;
  /** Too large: thrown away up to the next access unit. */
  #oversized = false;
  #discontinuity = false;
  #units: SplitUnit[] = [];
  #skippedBytes = 0;
  #droppedUnits = 0;
  #droppedBytes = 0;

  /** Waits for the first start code. */
  constructor(options: AccessUnitSplitterOptions = {}) {
    this.#buffer = new ByteBuffer(options.maxBytes ?? MAX_ACCESS_UNIT_BYTES);
    this.#maxNalUnits = options.maxNalUnits ?? MAX_NAL_UNITS;
  }

  /** Whether the last bytes were of a slice, or of what belongs to it. */
  get isInPicture(): boolean {
    return this.#gathered.slice !== 0 && this.#undecided === undefined;
  }

  /** Bytes in front of the first start code, and of the next after a flush. */
  get skippedBytes(): number {
    return this.#skippedBytes;
  }

  /** Access units thrown away because they were too large. */
  get droppedUnits(): number {
    return this.#droppedUnits;
  }

  /** Bytes of the access units thrown away. */
  get droppedBytes(): number {
    return this.#droppedBytes;
  }

  /**
   * Takes the next bytes of the stream, borrowed until it returns.
   *
   * @returns The access units that are complete now, usually none or one.
   */
  push(chunk: Uint8Array): SplitUnit[] {
    let at = 0;
    while (at < chunk.length) {
      const start = at;
      while (chunk[at] === 0) at++;
      this.#zeros += at - start;
      if (at === chunk.length) break;
      if (chunk[at] === 1 && this.#zeros >= 2) {
        this.#endNalUnit();
        this.#state = "header";
        at++;
      } else {
        const next = findStartCode(chunk, at);
        const end = trimZeros(chunk, at, next < 0 ? chunk.length : next);
        this.#take(chunk, at, end);
        at = end;
      }
      this.#zeros = 0;
    }
    return this.#completed();
  }

  /**
   * Ends the access unit that is being gathered: the stream is over, or pauses
   * longer than it would within a picture. What has no slice yet is kept, and
   * so is a NAL unit of which nothing is known yet.
   *
   * @returns That access unit, or nothing.
   */
  flush(): SplitUnit[] {
    if (this.#gathered.slice === 0) return [];
    const isInPicture = this.#undecided === undefined;
    if (isInPicture && (this.#state === "keep" || this.#state === "drop")) {
      this.#endNalUnit();
      this.#state = "outside";
    }
    this.#endAccessUnit();
    return this.#completed();
  }

  #completed(): SplitUnit[] {
    if (this.#units.length === 0) return [];
    const units = this.#units;
    this.#units = [];
    return units;
  }

  /** Takes bytes without start code, the first and the last no zeros. */
  #take(chunk: Uint8Array, from: number, end: number): void {
    if (this.#state === "header") {
      if (this.#zeros > 0) {
        this.#header = 0;
        this.#zeros--;
      } else this.#header = chunk[from++]!;
      if (hasSliceHeader(this.#header & 0x1f)) this.#state = "slice";
      else this.#beginNalUnit(false);
    }
    if (this.#state === "slice" && (this.#zeros > 0 || from < end)) {
      // first_mb_in_slice is 0: see startsPicture().
      this.#beginNalUnit(this.#zeros === 0 && chunk[from]! >= 0x80);
    }
    this.#store(chunk, from, end);
  }

  /** Begins the NAL unit of `#header`, in a new access unit if need be. */
  #beginNalUnit(first: boolean): void {
    const type = this.#header & 0x1f;
    if (this.#isNext(type, first)) this.#endAccessUnit();
    const gathered = this.#gathered;
    if (gathered.slice !== 0 && isToldBySlice(type)) {
      const start = this.#buffer.length;
      this.#undecided ??= { start, nalUnits: 0, sps: false, pps: false };
    } else if (isVcl(type)) {
      this.#keepUndecided();
      if (gathered.slice === 0 && !first) gathered.damaged = true;
      gathered.slice = this.#header;
    }
    if (this.#header >= 0x80) gathered.damaged = true;
    if (type === NAL_UNIT_TYPE.idr) gathered.keyframe = true;
    const sets = this.#undecided ?? gathered;
    if (type === NAL_UNIT_TYPE.sps) sets.sps = true;
    if (type === NAL_UNIT_TYPE.pps) sets.pps = true;
    const superfluous = type >= NAL_UNIT_TYPE.delimiter &&
      type <= NAL_UNIT_TYPE.filler;
    this.#state = superfluous || this.#oversized ? "drop" : "keep";
    if (this.#state === "drop") return;
    this.#start = this.#buffer.length;
    sets.nalUnits++;
    const fits = this.#nalUnits <= this.#maxNalUnits &&
      this.#buffer.append(0, START_CODE) && this.#buffer.push(this.#header);
    if (!fits) this.#discard();
  }

  /** Tells whether the current NAL unit belongs to the next access unit. */
  #isNext(type: number, first: boolean): boolean {
    const { slice } = this.#gathered;
    if (slice === 0) return this.#oversized && type === NAL_UNIT_TYPE.delimiter;
    return !isToldBySlice(type) && beginsAccessUnit(this.#header, first, slice);
  }

  get #nalUnits(): number {
    return this.#gathered.nalUnits + (this.#undecided?.nalUnits ?? 0);
  }

  /** They stand between two slices of one picture. */
  #keepUndecided(): void {
    const undecided = this.#undecided;
    if (undecided === undefined) return;
    const gathered = this.#gathered;
    gathered.nalUnits += undecided.nalUnits;
    gathered.sps ||= undecided.sps;
    gathered.pps ||= undecided.pps;
    this.#undecided = undefined;
  }

  #endNalUnit(): void {
    if (this.#state === "header" || this.#state === "slice") {
      this.#gathered.damaged = true;
    } else if (
      this.#state === "keep" && (this.#header & 0x1f) === NAL_UNIT_TYPE.sei
    ) {
      const nalUnit = this.#buffer.view(this.#start + START_CODE.length);
      this.#gathered.recoveryPoint ||= hasRecoveryPoint(nalUnit);
    }
  }

  #endAccessUnit(): void {
    const { keyframe, recoveryPoint, sps, pps, damaged } = this.#gathered;
    const next = this.#undecided;
    if (!this.#oversized) {
      this.#units.push({
        data: this.#buffer.take(next?.start ?? this.#buffer.length),
        keyframe,
        recoveryPoint,
        hasParameterSets: sps && pps,
        damaged,
        discontinuity: this.#discontinuity,
      });
    }
    this.#discontinuity = this.#oversized;
    this.#oversized = false;
    this.#gathered = nothing(next);
    this.#undecided = undefined;
  }

  /** Stores pending zeros and `chunk[from, end)`, or counts them. */
  #store(chunk: Uint8Array, from: number, end: number): void {
    if (this.#state === "keep") {
      if (this.#buffer.append(this.#zeros, chunk, from, end)) return;
      this.#discard();
    }
    const length = this.#zeros + end - from;
    if (this.#state === "outside") {
      this.#skippedBytes += length;
      this.#discontinuity = true;
    } else if (this.#oversized) {
      this.#droppedBytes += length;
    }
  }

  #discard(): void {
    this.#droppedUnits++;
    this.#droppedBytes += this.#buffer.length;
    this.#buffer.clear();
    this.#undecided = undefined;
    this.#oversized = true;
    this.#state = "drop";
  }
}

/** An access unit of which no slice has come. */
function nothing(
  { nalUnits, sps, pps }: Sets = { nalUnits: 0, sps: false, pps: false },
): Gathered {
  return {
    nalUnits,
    slice: 0,
    keyframe: false,
    recoveryPoint: false,
    sps,
    pps,
    damaged: false,
  };
}

/**
 * Tells whether NAL units of a type, behind a slice, do not end its picture at
 * once. Parameter sets should, but GStreamer's h264parse puts them in front of
 * each slice of an IDR picture (1.22, alignment=nal, config-interval=-1).
 */
function isToldBySlice(type: number): boolean {
  return type === NAL_UNIT_TYPE.prefix || type === NAL_UNIT_TYPE.sps ||
    type === NAL_UNIT_TYPE.pps;
}
