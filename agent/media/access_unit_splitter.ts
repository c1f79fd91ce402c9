/**
 * Cuts a byte stream of H.264 or H.265 into access units while it arrives.
 *
 * @module
 */

import { findStartCode, START_CODE, trimZeros } from "./annexb.ts";
import { ByteBuffer } from "./byte_buffer.ts";
import type { NalUnitCodec } from "./codec.ts";
import { NAL_UNIT_SYNTAX, type NalUnitSyntax } from "./nal_unit_syntax.ts";
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
   * How the stream is coded.
   *
   * @default {"h264"}
   */
  codec?: NalUnitCodec;
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
  /** Holds an IDR picture; of H.265 any that decoding may start at. */
  readonly keyframe: boolean;
  /** Holds a recovery point SEI message. */
  readonly recoveryPoint: boolean;
  /** Holds one of each kind of parameter sets. */
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
  /** The next one is the second byte of a slice's header. */
  | "second"
  /** The next one tells whether this slice is the first of its picture. */
  | "slice"
  | "keep"
  | "drop";

/** NAL units that were gathered, and which parameter sets are among them. */
interface Sets {
  nalUnits: number;
  /** A bit for each kind. */
  parameterSets: number;
}

/** What is known of the access unit that is being gathered. */
interface Gathered extends Sets {
  /** First byte of its last slice; absent as long as there is none. */
  slice: number | undefined;
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
  readonly #syntax: NalUnitSyntax;
  readonly #maxNalUnits: number;
  readonly #buffer: ByteBuffer;
  #gathered = nothing();
  #state: State = "outside";
  /** First byte of the header of the current NAL unit. */
  #header = 0;
  /** The second one, of slices that have one. */
  #second = 0;
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
    this.#syntax = NAL_UNIT_SYNTAX[options.codec ?? "h264"];
    this.#buffer = new ByteBuffer(options.maxBytes ?? MAX_ACCESS_UNIT_BYTES);
    this.#maxNalUnits = options.maxNalUnits ?? MAX_NAL_UNITS;
  }

  /** Whether the last bytes were of a slice, or of what belongs to it. */
  get isInPicture(): boolean {
    return this.#gathered.slice !== undefined && this.#undecided === undefined;
  }

  /** Whether it holds nothing of the next access unit. */
  get isEmpty(): boolean {
    return this.#buffer.length === 0;
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
    if (this.#gathered.slice === undefined) return [];
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
      const isZero = this.#takeZero();
      this.#header = isZero ? 0 : chunk[from++]!;
      const { typeOf, hasSliceHeader, headerBytes } = this.#syntax;
      if (!hasSliceHeader(typeOf(this.#header))) this.#beginNalUnit(false);
      else this.#state = headerBytes === 1 ? "slice" : "second";
    }
    if (this.#state === "second" && (this.#zeros > 0 || from < end)) {
      this.#second = this.#takeZero() ? 0 : chunk[from++]!;
      this.#state = "slice";
    }
    if (this.#state === "slice" && (this.#zeros > 0 || from < end)) {
      // first_mb_in_slice is 0, or first_slice_segment_in_pic_flag is 1.
      this.#beginNalUnit(this.#zeros === 0 && chunk[from]! >= 0x80);
    }
    this.#store(chunk, from, end);
  }

  /** Takes one of the zeros that are pending. */
  #takeZero(): boolean {
    if (this.#zeros === 0) return false;
    this.#zeros--;
    return true;
  }

  /** Begins the NAL unit of `#header`, in a new access unit if need be. */
  #beginNalUnit(first: boolean): void {
    const syntax = this.#syntax;
    const type = syntax.typeOf(this.#header);
    if (this.#isNext(type, first)) this.#endAccessUnit();
    const gathered = this.#gathered;
    const isSlice = syntax.isSlice(type);
    if (gathered.slice !== undefined && syntax.isToldBySlice(type)) {
      const start = this.#buffer.length;
      this.#undecided ??= { start, nalUnits: 0, parameterSets: 0 };
    } else if (isSlice) {
      this.#keepUndecided();
      if (gathered.slice === undefined && !first) gathered.damaged = true;
      gathered.slice = this.#header;
    }
    if (this.#header >= 0x80) gathered.damaged = true;
    if (syntax.isKeyframe(type)) gathered.keyframe = true;
    const sets = this.#undecided ?? gathered;
    const kind = syntax.parameterSets.indexOf(type);
    if (kind >= 0) sets.parameterSets |= 1 << kind;
    const isKept = !syntax.isSuperfluous(type) && !this.#oversized;
    this.#state = isKept ? "keep" : "drop";
    if (this.#state === "drop") return;
    this.#start = this.#buffer.length;
    sets.nalUnits++;
    const fits = this.#nalUnits <= this.#maxNalUnits &&
      this.#buffer.append(0, START_CODE) && this.#buffer.push(this.#header) &&
      (!isSlice || syntax.headerBytes === 1 || this.#buffer.push(this.#second));
    if (!fits) this.#discard();
  }

  /** Tells whether the current NAL unit belongs to the next access unit. */
  #isNext(type: number, first: boolean): boolean {
    const { slice } = this.#gathered;
    const syntax = this.#syntax;
    if (slice === undefined) {
      return this.#oversized && type === syntax.delimiter;
    }
    return !syntax.isToldBySlice(type) &&
      syntax.beginsAccessUnit(this.#header, first, slice);
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
    gathered.parameterSets |= undecided.parameterSets;
    this.#undecided = undefined;
  }

  #endNalUnit(): void {
    const { typeOf, sei, headerBytes } = this.#syntax;
    if (this.#state === "keep") {
      if (typeOf(this.#header) !== sei) return;
      const nalUnit = this.#buffer.view(this.#start + START_CODE.length);
      this.#gathered.recoveryPoint ||= hasRecoveryPoint(nalUnit, headerBytes);
    } else if (this.#state !== "outside" && this.#state !== "drop") {
      this.#gathered.damaged = true;
    }
  }

  #endAccessUnit(): void {
    const { keyframe, recoveryPoint, parameterSets, damaged } = this.#gathered;
    const all = (1 << this.#syntax.parameterSets.length) - 1;
    const next = this.#undecided;
    if (!this.#oversized) {
      this.#units.push({
        data: this.#buffer.take(next?.start ?? this.#buffer.length),
        keyframe,
        recoveryPoint,
        hasParameterSets: parameterSets === all,
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
  { nalUnits, parameterSets }: Sets = { nalUnits: 0, parameterSets: 0 },
): Gathered {
  return {
    nalUnits,
    slice: undefined,
    keyframe: false,
    recoveryPoint: false,
    parameterSets,
    damaged: false,
  };
}
