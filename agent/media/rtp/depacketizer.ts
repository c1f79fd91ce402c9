/**
 * Where pictures begin and end in a stream of RTP packets.
 *
 * @module
 */

import type { StreamCodec } from "../codec.ts";
import type { RtpUnitCounters } from "./counters.ts";
import type { PayloadReader, ReadPicture } from "./payload_reader.ts";
import type { OrderedPacket } from "./reorderer.ts";
import type { RtpUnit } from "./unit.ts";

/** A unit without what only a clock knows. */
export type DepacketizedUnit = Omit<
  RtpUnit,
  "pts" | "capturedRealtime" | "restarted"
>;

/**
 * Puts the pictures of one source together. A marker ends a picture at once, as
 * long as markers can be trusted; another timestamp ends it in any case.
 */
export class RtpDepacketizer {
  readonly #reader: PayloadReader;
  readonly #counters: RtpUnitCounters;
  /** Of what is being put together, or -1. */
  #timestamp = -1;
  /** Of the latest picture that a marker has ended, or -1. */
  #ended = -1;
  /** Packets are missing behind the latest one that had a payload. */
  #gap = false;
  #damaged = false;
  #discontinuity = false;
  /** Packets are missing that may have been the picture's first ones. */
  #lossAhead = false;
  /** The latest keyframe had parameter sets, or may have had. */
  #bringsParameterSets = false;
  #hasMarkers = false;
  /** A marker has cut a picture: they mean nothing. */
  #byTimestamp = false;
  #units: DepacketizedUnit[] = [];

  /** @param counters Counted on. */
  constructor(reader: PayloadReader, counters: RtpUnitCounters) {
    this.#reader = reader;
    this.#counters = counters;
  }

  /** How its pictures are coded. */
  get codec(): StreamCodec {
    return this.#reader.codec;
  }

  /**
   * Takes the next packet, borrowed until it returns.
   *
   * @returns The pictures that are complete now, usually none or one.
   */
  push({ packet, lost, restarted }: OrderedPacket): DepacketizedUnit[] {
    const { payload, timestamp, marker } = packet;
    if (lost > 0 || restarted) this.#gap = this.#discontinuity = true;
    // Packets without payload keep a connection open, or measure it.
    if (payload.length > 0) this.#take(payload, timestamp);
    if (marker && this.#reader.hasPicture && timestamp === this.#timestamp) {
      this.#hasMarkers = true;
      if (!this.#byTimestamp) {
        this.#end(this.#gap);
        this.#ended = timestamp;
      }
    }
    return this.#completed();
  }

  /**
   * Ends the picture that is being put together: nothing more comes.
   *
   * @param broken There would have been more.
   */
  flush(broken = false): DepacketizedUnit[] {
    const isCut = this.#hasMarkers && !this.#byTimestamp;
    this.#end(broken || this.#gap || isCut);
    return this.#completed();
  }

  #take(payload: Uint8Array, timestamp: number): void {
    const reader = this.#reader;
    const role = reader.roleOf(payload);
    const isOther = timestamp !== this.#timestamp;
    if (reader.hasPicture && (isOther || role === "start")) {
      this.#end(this.#gap);
    }
    if (this.#gap) this.#lossAhead = true;
    // What stands there belongs to a picture that is missing.
    if (this.#gap && isOther && !reader.hasPicture) reader.take();
    const isRest = role === "inside" && !reader.hasPicture;
    if (isRest && timestamp === this.#ended && !this.#gap) {
      this.#byTimestamp = true;
    }
    // Parameter sets may have the timestamp of another picture.
    if (isRest || this.#gap && !isOther) this.#damaged = true;
    this.#timestamp = timestamp;
    reader.push(payload, this.#gap);
    this.#gap = false;
  }

  /** Ends the picture, if there is any. */
  #end(damaged: boolean): void {
    if (!this.#reader.hasPicture) return;
    const picture = this.#reader.take();
    if (picture) {
      const isIncomplete = this.#lacksParameterSets(picture);
      const unit = {
        ...picture,
        codec: this.codec,
        timestamp: this.#timestamp,
        damaged: damaged || this.#damaged || picture.damaged || isIncomplete,
        discontinuity: this.#discontinuity,
      };
      this.#units.push(unit);
      this.#counters.units++;
      if (unit.damaged) this.#counters.damagedUnits++;
      this.#discontinuity = unit.damaged;
    } else {
      this.#counters.droppedUnits++;
      this.#discontinuity = true;
    }
    this.#timestamp = -1;
    this.#damaged = false;
    this.#lossAhead = false;
  }

  /**
   * Tells whether parameter sets are among what is missing: they may be others
   * than those before.
   */
  #lacksParameterSets({ keyframe, hasParameterSets }: ReadPicture): boolean {
    if (!keyframe) return false;
    if (hasParameterSets) this.#bringsParameterSets = true;
    else if (!this.#lossAhead) this.#bringsParameterSets = false;
    return this.#bringsParameterSets && !hasParameterSets;
  }

  #completed(): DepacketizedUnit[] {
    if (this.#units.length === 0) return [];
    const units = this.#units;
    this.#units = [];
    return units;
  }
}
