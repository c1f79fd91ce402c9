/**
 * From datagrams of anybody to the access units of one sender.
 *
 * @module
 */

import { StreamError } from "../errors.ts";
import type { Milliseconds } from "../media/time.ts";
import type { IngestDatagram } from "../plugin/transport.ts";
import { type DatagramPicture, DatagramSplitter } from "./datagram_splitter.ts";

/**
 * A sender that was silent for so long may be followed by another: pictures
 * come far more often, and a sender that was started again needs as long.
 */
const GONE_MS = 500;

/** Senders that are looked at while none is chosen. */
const MAX_CANDIDATES = 8;

/** How often the log says the same of whoever else sends. */
const WARN_EVERY_MS = 60_000;

/**
 * Times in a row that some 64 KiB were no video before the log says so: what a
 * receiver that joins late gets first may look like anything.
 */
const REFUSED_BEFORE_WARNING = 3;

/** What senders have to be told whose programs can do otherwise. */
const WANTED = "wanted is a byte stream: -f h264 of FFmpeg, " +
  '"video/x-h264,stream-format=byte-stream" behind h264parse of GStreamer';

/** An access unit, and whether it is the first of another sender. */
export interface DatagramUnit extends DatagramPicture {
  /** Nothing that came before has to do with it. */
  readonly restart: boolean;
}

/**
 * Keeps to one sender of several: the first that is found to send video.
 * Others are ignored for as long as it goes on; garbage chooses nobody.
 */
export class DatagramStream {
  readonly #warn: (message: string) => void;
  readonly #candidates = new Map<string, DatagramSplitter>();
  #peer: string | undefined;
  #stream: DatagramSplitter | undefined;
  #heardAt = -Infinity;
  #warnedAt = -Infinity;
  #refused = 0;
  #refusalWarnedAt = -Infinity;
  #restart = false;
  #ignored = 0;

  /** @param warn Gets what the operator should know. */
  constructor(warn: (message: string) => void) {
    this.#warn = warn;
  }

  /** Who was chosen, once somebody is. */
  get peer(): string | undefined {
    return this.#peer;
  }

  /** What the sender's bytes are, once somebody is chosen. */
  get format(): "h264" | undefined {
    return this.#stream?.format;
  }

  /** Datagrams of others. */
  get ignored(): number {
    return this.#ignored;
  }

  /**
   * Takes a datagram, borrowed until it returns.
   *
   * @returns The access units that are complete now, usually none or one.
   */
  push({ data, peer }: IngestDatagram, now: Milliseconds): DatagramUnit[] {
    const isChosen = peer === this.#peer;
    if (!isChosen && now - this.#heardAt < GONE_MS) {
      this.#ignored++;
      this.#warnOf(peer, now);
      return [];
    }
    const stream = isChosen ? this.#stream! : this.#candidate(peer);
    const units = split(stream, data);
    if (units instanceof StreamError) {
      // No video, or none any more: whoever sends some is chosen.
      this.#candidates.delete(peer);
      if (isChosen) this.#forget();
      this.#ignored++;
      this.#warnOfRefusal(units, now);
      return [];
    }
    if (stream.format === undefined) return [];
    if (!isChosen) this.#choose(peer, stream);
    this.#heardAt = now;
    return units.map((unit, i) => ({
      ...unit,
      restart: i === 0 && this.#restarted(),
    }));
  }

  #candidate(peer: string): DatagramSplitter {
    const known = this.#candidates.get(peer);
    if (known !== undefined) return known;
    const [oldest] = this.#candidates.keys();
    if (this.#candidates.size >= MAX_CANDIDATES) {
      this.#candidates.delete(oldest!);
    }
    const stream = new DatagramSplitter(peer);
    this.#candidates.set(peer, stream);
    return stream;
  }

  #choose(peer: string, stream: DatagramSplitter): void {
    this.#candidates.clear();
    this.#refused = 0;
    this.#peer = peer;
    this.#stream = stream;
    this.#restart = true;
  }

  #forget(): void {
    this.#peer = this.#stream = undefined;
    this.#heardAt = -Infinity;
  }

  #restarted(): boolean {
    const restart = this.#restart;
    this.#restart = false;
    return restart;
  }

  #warnOfRefusal({ message }: StreamError, now: Milliseconds): void {
    const isRecent = now - this.#refusalWarnedAt < WARN_EVERY_MS;
    if (++this.#refused < REFUSED_BEFORE_WARNING || isRecent) return;
    this.#refusalWarnedAt = now;
    this.#warn(`${message}; ${WANTED}`);
  }

  #warnOf(peer: string, now: Milliseconds): void {
    if (now - this.#warnedAt < WARN_EVERY_MS) return;
    this.#warnedAt = now;
    this.#warn(
      `${peer} sends as well as ${this.#peer}, and is ignored; ` +
        "?source= chooses one",
    );
  }
}

/** @returns Why not, if it is not what we can split. */
function split(
  stream: DatagramSplitter,
  data: Uint8Array<ArrayBuffer>,
): DatagramPicture[] | StreamError {
  try {
    return stream.push(data);
  } catch (error) {
    if (error instanceof StreamError) return error;
    throw error;
  }
}
