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
import { hasRecoveryPoint } from "../sei.ts";
import type { NalUnitFormat } from "./nal_unit_format.ts";
import type { ReadPicture } from "./payload_reader.ts";

/** Gathers NAL units, whole or piece by piece, behind start codes. */
export class GatheredUnit {
  /** Something of it is missing or wrong. */
  damaged = false;
  readonly #format: NalUnitFormat;
  readonly #buffer = new ByteBuffer(MAX_ACCESS_UNIT_BYTES);
  #nalUnits = 0;
  /** Of the current NAL unit. */
  #type = 0;
  /** Where that one begins, behind its start code. */
  #start = 0;
  #hasSlices = false;
  #keyframe = false;
  #recoveryPoint = false;
  readonly #parameterSets = new Set<number>();
  #overflown = false;

  /** Gathers NAL units of one codec. */
  constructor(format: NalUnitFormat) {
    this.#format = format;
  }

  /** Has some of a picture. */
  get hasSlices(): boolean {
    return this.#hasSlices;
  }

  /** Begins the next NAL unit. */
  begin(type: number): void {
    this.#type = type;
    if (this.#format.isSlice(type)) {
      this.#hasSlices = true;
      if (this.#format.isKeyframe(type)) this.#keyframe = true;
    }
    this.#count();
    this.#store(START_CODE, 0);
    this.#start = this.#buffer.length;
  }

  /** Appends bytes to the current NAL unit, from an index on. */
  append(bytes: Uint8Array, from: number): void {
    // A start code may be split over two pieces.
    const seam = Math.max(this.#start, this.#buffer.length - 2);
    this.#store(bytes, from);
    if (this.#overflown) return;
    const piece = this.#buffer.view(seam);
    let at = findStartCode(piece);
    while (at >= 0 && !this.#overflown) {
      // It must not be there (ITU-T H.264, 7.4.1): a decoder would see other
      // NAL units than we did.
      this.damaged = true;
      this.#count();
      at = findStartCode(piece, at + 3);
    }
  }

  /** The current NAL unit is complete. */
  end(): void {
    const { parameterSets, sei, headerBytes } = this.#format;
    if (parameterSets.includes(this.#type)) {
      this.#parameterSets.add(this.#type);
    } else if (this.#type === sei && !this.#recoveryPoint) {
      const nalUnit = this.#buffer.view(this.#start);
      this.#recoveryPoint = hasRecoveryPoint(nalUnit, headerBytes);
    }
  }

  /** Takes the current NAL unit back. */
  abandon(): void {
    if (this.#overflown) return;
    this.#buffer.truncate(this.#start - START_CODE.length);
    this.#nalUnits--;
  }

  /**
   * Takes everything out.
   *
   * @returns `undefined` if there is no picture, or more than is allowed.
   */
  take(): ReadPicture | undefined {
    const picture = this.#hasSlices && !this.#overflown
      ? this.#picture()
      : undefined;
    this.#buffer.clear();
    this.damaged = false;
    this.#nalUnits = 0;
    this.#hasSlices = false;
    this.#keyframe = false;
    this.#recoveryPoint = false;
    this.#parameterSets.clear();
    this.#overflown = false;
    return picture;
  }

  #picture(): ReadPicture {
    return {
      data: this.#buffer.take(this.#buffer.length),
      keyframe: this.#keyframe,
      recoveryPoint: this.#recoveryPoint,
      hasParameterSets: this.#format.parameterSets.every((type) =>
        this.#parameterSets.has(type)
      ),
      damaged: this.damaged,
    };
  }

  #count(): void {
    if (++this.#nalUnits > MAX_NAL_UNITS) this.#overflow();
  }

  #store(bytes: Uint8Array, from: number): void {
    if (this.#overflown) return;
    if (!this.#buffer.append(0, bytes, from)) this.#overflow();
  }

  /** Keeps nothing of an access unit that is too large. */
  #overflow(): void {
    this.#overflown = true;
    this.#buffer.clear();
    this.#start = 0;
  }
}
