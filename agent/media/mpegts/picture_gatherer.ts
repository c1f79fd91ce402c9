/**
 * Pictures, and what is known of them besides their bytes.
 *
 * @module
 */

import { AccessUnitSplitter, type SplitUnit } from "../access_unit_splitter.ts";
import type { Microseconds } from "../time.ts";
import type { MpegTsUnit } from "./unit.ts";

/**
 * Header of filler data, behind a start code (ITU-T H.264, Table 7-1; ITU-T
 * H.265, Table 7-1). Splitters leave filler data out, and so the rest of a NAL
 * unit of which bytes are missing.
 */
const CUT = {
  h264: Uint8Array.of(0, 0, 1, 0x0c),
  hevc: Uint8Array.of(0, 0, 1, 0x4c, 0x01),
} as const;

/** Splits a stream; marks pictures as damaged, and with their timestamps. */
export class PictureGatherer {
  readonly #codec: "h264" | "hevc";
  readonly #splitter: AccessUnitSplitter;
  /** Bytes of what is being gathered are missing. */
  #damaged = false;
  /** Bytes in front of that are missing. */
  #discontinuity: boolean;
  /** Of what is being gathered. */
  #pts: Microseconds | undefined;
  /** Of what comes after that. */
  #nextPts: Microseconds | undefined;

  /** @param discontinuity Another stream has gone before it. */
  constructor(codec: "h264" | "hevc", discontinuity: boolean) {
    this.#codec = codec;
    this.#splitter = new AccessUnitSplitter({ codec });
    this.#discontinuity = discontinuity;
  }

  /** Whether the last bytes were of a slice, or of what belongs to it. */
  get isInPicture(): boolean {
    return this.#splitter.isInPicture;
  }

  /** Whether it holds nothing of the next picture. */
  get isEmpty(): boolean {
    return this.#splitter.isEmpty;
  }

  /** Bytes that were of no NAL unit. */
  get skippedBytes(): number {
    return this.#splitter.skippedBytes;
  }

  /** The next picture that begins has this timestamp, if it has one. */
  expect(pts: Microseconds | undefined): void {
    if (!this.#splitter.isEmpty) this.#nextPts = pts;
    else if (pts !== undefined) this.#pts = pts;
  }

  /** Takes the next bytes; returns the pictures that are complete now. */
  push(bytes: Uint8Array): MpegTsUnit[] {
    return this.#mark(this.#splitter.push(bytes));
  }

  /**
   * Bytes are missing behind the last ones.
   *
   * @param within The next bytes do not begin anything.
   */
  miss(within: boolean): void {
    if (this.#splitter.isEmpty) {
      this.#discontinuity = true;
      this.#damaged = within;
      this.#pts = undefined;
    } else this.#damaged = true;
    this.#splitter.push(CUT[this.#codec]);
  }

  /** Ends the picture that is being gathered, if there is one. */
  flush(): MpegTsUnit[] {
    return this.#mark(this.#splitter.flush());
  }

  /** The next bytes begin something: what is missing was all of a picture. */
  settle(): void {
    if (!this.#damaged || !this.#splitter.isEmpty) return;
    this.#damaged = false;
    this.#discontinuity = true;
  }

  #mark(units: readonly SplitUnit[]): MpegTsUnit[] {
    return units.map((unit) => {
      const pts = this.#pts;
      const marked = {
        ...unit,
        codec: this.#codec,
        ...(pts !== undefined && { pts }),
        damaged: unit.damaged || this.#damaged,
        discontinuity: unit.discontinuity || this.#discontinuity,
      };
      // All of the next one may be missing as well.
      this.#discontinuity = this.#damaged;
      this.#damaged = false;
      this.#pts = this.#nextPts;
      this.#nextPts = undefined;
      return marked;
    });
  }
}
