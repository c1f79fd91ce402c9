/**
 * From the datagrams of one sender to access units, each as soon as the sender
 * is known to have sent all of it.
 *
 * @module
 */

import { isGap, pictureNumberOf } from "../media/frame_num.ts";
import { type Sps, spsOf } from "../media/sps.ts";
import { ByteStream, type ForeignStream } from "./byte_stream.ts";
import type { ReadUnit, StreamFormat } from "./unit_reader.ts";

/**
 * Pictures in a row that have to keep to the rule before it is relied on: a
 * second of video, as a rule with a keyframe.
 */
const LEARNT_AFTER = 30;

/** An access unit, and what the datagrams say of it. */
export interface DatagramPicture extends ReadUnit {
  /**
   * It ended with a full datagram, as one of more than a thousand does with a
   * sender that fills them; far more often, its last one was lost.
   */
  readonly mayLackEnd?: boolean;
}

/** `undefined` where a datagram holds nothing. */
type Unwrap = (
  datagram: Uint8Array<ArrayBuffer>,
) => Uint8Array<ArrayBuffer> | undefined;

/**
 * Splits what one sender sends, and learns how it fills datagrams.
 *
 * Nothing in a foreign stream says that a picture is over before the next one
 * begins, one frame interval later. But most senders begin a datagram with each
 * picture, and fill datagrams as far as there is something to fill them with:
 * then one that is shorter than others ends a picture. FFmpeg does so, and
 * whoever sends each picture in a datagram of its own. Measured at 30 pictures a
 * second with x264, FFmpeg 5.1.9 and GStreamer 1.22, median age of the frames:
 * 44 and 48 ms without, 9 and 8 ms with the rule.
 *
 * The rule is relied on once it has held for {@linkcode LEARNT_AFTER} pictures
 * in a row, a keyframe with parameter sets among them: who sends NAL units one
 * by one shows it there. If it then fails, what is left of the picture comes
 * as a damaged unit or a discontinuity, and the rule is given up for this
 * sender for good.
 */
export class DatagramSplitter {
  readonly #stream: ByteStream;
  readonly #unwrap: Unwrap;
  #largest = 0;
  /** More of a picture has followed such a one: it was full. */
  #isFull = false;
  /** The last datagram was shorter than the largest one. */
  #wasShort = false;
  /** Pictures in a row that kept to the rule. */
  #run = 0;
  #runNeeded = LEARNT_AFTER;
  /** One of them had parameter sets. */
  #sawSets = false;
  /** The current picture has kept to it so far. */
  #keepsTo = false;
  /** The last unit, where the rule ended it. */
  #ended: ReadUnit | undefined;
  /** The last unit that the rule ended, if it may have been too early. */
  #suspect: ReadUnit | undefined;
  #sps: Sps | undefined;

  /**
   * @param peer Who sends, for messages.
   * @param format What is sent. Omit to find out.
   * @param unwrap Takes from a datagram what it holds of the stream.
   */
  constructor(
    peer: string,
    format?: StreamFormat,
    unwrap: Unwrap = (datagram) => datagram,
  ) {
    this.#stream = new ByteStream(peer, { format });
    this.#unwrap = unwrap;
  }

  /** What the datagrams hold, once that is clear. */
  get format(): StreamFormat | undefined {
    return this.#stream.format;
  }

  /** What FFmpeg has to take apart, once that is clear. */
  get foreign(): ForeignStream | undefined {
    return this.#stream.foreign;
  }

  /** Whether short datagrams are relied on to end access units. */
  get isLearnt(): boolean {
    return this.#run >= this.#runNeeded && this.#sawSets &&
      this.#suspect === undefined;
  }

  /**
   * Takes the next datagram, borrowed until it returns.
   *
   * @returns The access units that are complete now, usually none or one.
   * @throws {StreamError} "undecodable" if it is no video, or without pictures.
   */
  push(wrapped: Uint8Array<ArrayBuffer>): DatagramPicture[] {
    const datagram = this.#unwrap(wrapped);
    if (datagram === undefined || datagram.length === 0) return [];
    // Other formats say themselves where pictures end.
    if (!mayBeElementary(this.format)) return this.#stream.push(datagram);
    const isBorder = this.#stream.isBorder(datagram);
    const isOpen = this.#stream.isInPicture;
    const units: DatagramPicture[] = this.#stream.push(datagram);
    const mayLackEnd = isBorder && isOpen && this.isLearnt && this.#isFull &&
      !this.#wasShort;
    if (mayLackEnd && units[0]) units[0] = { ...units[0], mayLackEnd };
    this.#acquit(units[0]);
    this.#learn(isBorder, isOpen, units);
    this.#measure(datagram);
    this.#ended = undefined;
    if (this.#wasShort && this.isLearnt) {
      [this.#ended] = this.#stream.flush();
      if (this.#ended !== undefined) units.push(this.#ended);
    }
    this.#noteSps(units);
    return units;
  }

  #measure({ length }: Uint8Array): void {
    this.#wasShort = length < this.#largest;
    if (length <= this.#largest) return;
    // What was taken for full ones were short ones.
    if (this.#isFull) this.#unlearn();
    this.#isFull = false;
    this.#largest = length;
  }

  /** Looks at what the last datagram was, now that the next one is here. */
  #learn(
    isBorder: boolean,
    isOpen: boolean,
    units: readonly ReadUnit[],
  ): void {
    if (this.#suspect !== undefined) return;
    const within = units.length - (isBorder && isOpen ? 1 : 0);
    const isEnd = isBorder && (isOpen || this.#ended !== undefined);
    if (within === 0 && (isEnd || !this.#wasShort)) {
      if (isEnd) this.#count(this.#ended ?? units[0]);
      else if (this.#largest > 0) this.#isFull = true;
    } else if (this.#ended !== undefined) {
      this.#suspect = this.#ended;
    } else {
      this.#unlearn();
    }
  }

  #count(unit: ReadUnit | undefined): void {
    if (this.#keepsTo) {
      if (this.#wasShort) this.#run++;
      this.#sawSets ||= unit?.hasParameterSets ?? false;
    }
    this.#keepsTo = true;
  }

  #unlearn(): void {
    this.#run = 0;
    this.#sawSets = false;
    this.#keepsTo = false;
  }

  /**
   * What does not begin a unit, behind one that the rule has ended, is the rest
   * of it, or what a loss has left of the next one. The numbers of the pictures
   * tell; before a keyframe they do not.
   */
  #acquit(next: ReadUnit | undefined): void {
    const suspect = this.#suspect;
    if (next === undefined || suspect === undefined) return;
    this.#suspect = undefined;
    const sps = this.#sps;
    const before = sps && pictureNumberOf(suspect.data, sps);
    const after = sps && pictureNumberOf(next.data, sps);
    if (after?.isIdr && !next.damaged) {
      this.#unlearn();
      this.#runNeeded *= 2;
      return;
    }
    const isAnother = before !== undefined && after !== undefined &&
      (next.damaged
        ? before.frameNum !== after.frameNum
        : isGap(before.frameNum, after, sps!.log2MaxFrameNum));
    if (!isAnother) this.#runNeeded = Infinity;
  }

  #noteSps(units: readonly ReadUnit[]): void {
    for (const { data, hasParameterSets } of units) {
      if (hasParameterSets) this.#sps = spsOf(data) ?? this.#sps;
    }
  }
}

/** What is not known yet is looked at as well. */
function mayBeElementary(format: StreamFormat | undefined): boolean {
  return format === undefined || format === "h264" || format === "hevc";
}
