/**
 * The pictures in the packets of one PID, each as soon as all of it is there.
 *
 * @module
 */

import { ContinuityCounter } from "./continuity.ts";
import type { TsPacket } from "./packet.ts";
import { PesClock, PesReader } from "./pes.ts";
import { PictureGatherer } from "./picture_gatherer.ts";
import type { VideoEntry } from "./program_guide.ts";
import type { MpegTsUnit } from "./unit.ts";

/** What ends a PES packet before the next one begins. */
type Ending = "length" | "stuffing";

/**
 * Reads the PES packets of a stream, and tells where pictures end.
 *
 * Nothing in a picture says that it is over. But a PES packet tells how long it
 * is, or else its last packet, and no other one, is filled up with stuffing;
 * and muxers begin a PES packet with each picture. FFmpeg 5.1 and 8.1,
 * GStreamer 1.22 and VLC 3.0 do. Where a sender turns out not to, what is left
 * of a picture comes as a damaged one or a discontinuity, and that rule is
 * given up for this stream for good.
 */
export class PictureStream {
  /** What the tables say of it. */
  readonly entry: VideoEntry;
  readonly #continuity = new ContinuityCounter();
  readonly #pes = new PesReader();
  readonly #clock = new PesClock();
  readonly #gatherer: PictureGatherer;
  /** Packets are missing in front of the next one. */
  #lost = false;
  /** What is relied on to end PES packets. */
  readonly #endings = new Set<Ending>(["length", "stuffing"]);
  /** Packets have been filled up by a single byte. */
  #fillsOne = false;
  /** What has ended the current one, if anything has. */
  #ending: Ending | undefined;
  /** Whether its end is relied on to end the picture. */
  #endsPictures = true;
  /** What is being gathered has begun in the current PES packet. */
  #beganHere = false;
  /** One that has begun there has come out, or is missing. */
  #cameOut = true;
  /** It may be the rest of a picture that has come out. */
  #mayBeRest = false;
  /** Of the latest PES packet that has one. */
  #latestPts: number | undefined;
  #units: MpegTsUnit[] = [];

  /** @param isOther Another stream has gone before it. */
  constructor(entry: VideoEntry, isOther: boolean) {
    this.entry = entry;
    this.#gatherer = new PictureGatherer(entry.codec, isOther);
  }

  /**
   * Takes the next packet of the PID, borrowed until it returns.
   *
   * @returns The pictures that are complete now, usually none or one.
   */
  push(packet: TsPacket): MpegTsUnit[] {
    const { payload, startsUnit, unusable } = packet;
    const step = unusable ? "gap" : this.#continuity.judge(packet);
    if (step === "gap") this.lose();
    const isJoin = !startsUnit && this.#pes.state === "before";
    if (!payload?.length || unusable || step === "repeated" || isJoin) {
      return [];
    }
    if (startsUnit) this.#begin();
    else if (this.#lost) this.#goOn();
    else if (this.#ending) this.#reopen(this.#ending);
    this.#read(payload);
    if (this.#pes.missing === 0) this.#end("length");
    else if (this.#isFilledUp(packet)) this.#end("stuffing");
    return this.#completed();
  }

  /** Packets are missing, whatever the next one says. */
  lose(): void {
    this.#lost = true;
  }

  /** Ends the picture that is being gathered: the stream pauses or is over. */
  flush(): MpegTsUnit[] {
    const { missing } = this.#pes;
    const isCut = missing > 0 && missing < Infinity;
    if (isCut && this.#gatherer.isInPicture) this.#gatherer.miss(true);
    this.#give(this.#gatherer.flush());
    return this.#completed();
  }

  /** A PES packet begins. */
  #begin(): void {
    if (this.#lost) this.#gatherer.miss(false);
    if (!this.#ending) this.#close();
    this.#beganHere = this.#cameOut || this.#lost;
    this.#mayBeRest = this.#endsPictures && this.#beganHere &&
      this.#gatherer.isEmpty;
    this.#cameOut = this.#lost = false;
    this.#ending = undefined;
    this.#pes.begin(this.#endings.has("length"));
  }

  /** Something is missing, and no PES packet begins. */
  #goOn(): void {
    this.#gatherer.miss(true);
    this.#pes.forgetEnd();
    if (this.#ending) this.#beganHere = true;
    this.#ending = undefined;
    this.#mayBeRest = this.#lost = false;
    this.#cameOut = true;
  }

  /** What has ended the PES packet did not. */
  #reopen(ending: Ending): void {
    this.#endings.delete(ending);
    this.#ending = undefined;
    this.#mayBeRest = false;
    this.#pes.forgetEnd();
  }

  #read(payload: Uint8Array): void {
    const before = this.#pes.state;
    const bytes = this.#pes.push(payload);
    if (before === "header") this.#readHeader();
    const { skippedBytes } = this.#gatherer;
    const units = this.#gatherer.push(bytes);
    const isRest = this.#gatherer.skippedBytes > skippedBytes;
    if (this.#mayBeRest && isRest) this.#endsPictures = false;
    this.#give(units);
  }

  #readHeader(): void {
    if (this.#pes.state === "wrong") this.#gatherer.miss(false);
    if (this.#pes.state !== "payload") return;
    const { pts } = this.#pes;
    // No picture begins where there is none (ITU-T H.222.0, 2.4.3.7).
    if (pts !== undefined && pts !== this.#latestPts) this.#mayBeRest = false;
    this.#latestPts = pts ?? this.#latestPts;
    this.#gatherer.expect(pts === undefined ? pts : this.#clock.ptsOf(pts));
  }

  /**
   * Tells whether nothing is left of a PES packet that does not say how long it
   * is. Where 183 bytes are left, GStreamer 1.22 fills up two and puts the last
   * byte into a packet of its own; others fill up one.
   */
  #isFilledUp({ stuffing }: TsPacket): boolean {
    if (stuffing === "one") this.#fillsOne = true;
    const { missing, state } = this.#pes;
    if (missing < Infinity || state !== "payload") return false;
    return stuffing === "two" ? this.#fillsOne : stuffing !== "none";
  }

  #end(ending: Ending): void {
    if (this.#ending || !this.#endings.has(ending)) return;
    this.#ending = ending;
    this.#close();
  }

  #close(): void {
    if (this.#endsPictures && this.#beganHere) {
      this.#give(this.#gatherer.flush());
    }
    this.#gatherer.settle();
  }

  #give(units: readonly MpegTsUnit[]): void {
    const [first] = units;
    if (first === undefined) return;
    if (this.#mayBeRest && first.damaged) this.#endsPictures = false;
    this.#mayBeRest = false;
    this.#cameOut ||= this.#beganHere || units.length > 1;
    this.#beganHere = true;
    this.#units.push(...units);
  }

  #completed(): MpegTsUnit[] {
    if (this.#units.length === 0) return [];
    const units = this.#units;
    this.#units = [];
    return units;
  }
}
