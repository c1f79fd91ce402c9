/**
 * Cuts what rpicam-vid writes into pictures, and tells when they were taken.
 *
 * @module
 */

import type {
  AccessUnitSplitter,
  Microseconds,
  Milliseconds,
  PluginHost,
  SplitUnit,
} from "../../mod.ts";
import { sensorTime } from "./sensor_time.ts";

/** A picture, whole. */
export interface CutPicture {
  /** Its NAL units. */
  readonly unit: SplitUnit;
  /** Since the first picture. */
  readonly pts: Microseconds;
  /** When the sensor took it, by the system's clock since boot, if known. */
  readonly capturedAt: Milliseconds | undefined;
}

/** Pictures that may wait for the other half of what is known of them. */
const MOST_WAITING = 100;

/**
 * Pictures without a mark that prove that none will come: on a busy machine the
 * marks are read later than the pictures, but not by a second.
 */
const UNMARKED = 30;

/** The line ahead of the marks. */
const HEADER = /^#/;

/**
 * Puts together what comes through three pipes. `--save-pts` writes a line
 * when a picture has been written whole: its end is known without the next one.
 * `--metadata` tells the time of the sensor, early or late, once per picture:
 * what the two differ by is when the first picture was taken.
 */
export class FrameCutter {
  readonly #media: PluginHost["media"];
  readonly #splitter: AccessUnitSplitter;
  #units: SplitUnit[] = [];
  #marks: number[] = [];
  #marked = 0;
  #cut = 0;
  /** Pictures that were handed over before their marks came. */
  #ahead = 0;
  #parameterSets: Uint8Array<ArrayBuffer> | undefined;
  /** Times that have no sensor's time yet, and the other way round. */
  #unpairedPts: number[] = [];
  #unpairedSensor: number[] = [];
  /** When the first picture was taken, in microseconds since boot. */
  #base: number | undefined;
  #lastPts = -1;

  /** Begins with a keyframe. */
  constructor(media: PluginHost["media"]) {
    this.#media = media;
    this.#splitter = new media.AccessUnitSplitter();
  }

  /** Whether the program seems to write no marks. */
  get isUnmarked(): boolean {
    return this.#marked === 0 && this.#cut >= UNMARKED;
  }

  /** Takes the next bytes of the stream, borrowed until it returns. */
  push(bytes: Uint8Array): void {
    this.#keep(this.#splitter.push(bytes));
  }

  /**
   * Takes a line of `--save-pts`. What it is about has to be pushed before the
   * next {@linkcode take}.
   */
  mark(line: string): void {
    if (HEADER.test(line)) return;
    const pts = Math.round(Number(line) * 1000);
    if (!Number.isFinite(pts)) return;
    this.#marked++;
    if (this.#ahead > 0) this.#ahead--;
    else this.#marks.push(pts);
    pushBounded(this.#unpairedPts, pts);
    this.#pair();
  }

  /** Takes a line of `--metadata`. */
  metadata(line: string): void {
    const time = sensorTime(line);
    if (time === undefined) return;
    pushBounded(this.#unpairedSensor, time);
    this.#pair();
  }

  /** Hands over the pictures that are whole, in order. */
  take(): CutPicture[] {
    // The last one is not followed by anything yet.
    if (this.#cut < this.#marked) this.#keep(this.#splitter.flush());
    const pictures: CutPicture[] = [];
    while (this.#units.length > 0 && this.#marks.length > 0) {
      pictures.push(this.#picture(this.#units.shift()!, this.#marks.shift()!));
    }
    return pictures;
  }

  /**
   * Hands over the pictures that are whole where there are no marks.
   *
   * @param now Microseconds, which only have to grow.
   */
  takeUnmarked(now: number): CutPicture[] {
    const units = this.#units;
    this.#units = [];
    this.#ahead += units.length;
    return units.map((unit) => this.#picture(unit, now));
  }

  #keep(units: readonly SplitUnit[]): void {
    this.#cut += units.length;
    this.#units.push(...units);
  }

  #picture(unit: SplitUnit, pts: number): CutPicture {
    this.#lastPts = Math.max(this.#lastPts + 1, Math.round(pts));
    const capturedAt = this.#base === undefined
      ? undefined
      : this.#media.ms((this.#base + pts) / 1000);
    return {
      unit: this.#withSets(unit),
      pts: this.#media.us(this.#lastPts),
      capturedAt,
    };
  }

  /** Without `--inline` they come once. */
  #withSets(unit: SplitUnit): SplitUnit {
    if (!unit.keyframe) return unit;
    const { nalUnitsOf, nalUnitType, NAL_UNIT_TYPE, joinNalUnits, concat } =
      this.#media;
    if (unit.hasParameterSets) {
      const { sps, pps } = NAL_UNIT_TYPE;
      const sets = [...nalUnitsOf(unit.data)]
        .filter((nalUnit) =>
          [sps, pps].some((type) => type === nalUnitType(nalUnit))
        );
      this.#parameterSets = joinNalUnits(sets);
      return unit;
    }
    if (this.#parameterSets === undefined) return unit;
    const data = concat(this.#parameterSets, unit.data);
    return { ...unit, data, hasParameterSets: true };
  }

  #pair(): void {
    while (this.#unpairedPts.length > 0 && this.#unpairedSensor.length > 0) {
      this.#base = this.#unpairedSensor.shift()! - this.#unpairedPts.shift()!;
    }
  }
}

/** Where the other half never comes, the last ones are as good as any. */
function pushBounded(queue: number[], value: number): void {
  queue.push(value);
  if (queue.length > MOST_WAITING) queue.shift();
}
