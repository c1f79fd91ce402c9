/**
 * From datagrams of anybody to the access units of one sender.
 *
 * @module
 */

import { StreamError } from "../errors.ts";
import { TS_SYNC } from "../media/mpegts/packet.ts";
import { parseRtp, RtpProbe } from "../media/rtp/mod.ts";
import type { Milliseconds } from "../media/time.ts";
import type { IngestDatagram } from "../plugin/transport.ts";
import type { ForeignStream } from "./byte_stream.ts";
import { GONE_MS } from "./datagram_flow.ts";
import { type DatagramPicture, DatagramSplitter } from "./datagram_splitter.ts";
import type { StreamFormat } from "./unit_reader.ts";

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
const WANTED = "send -f h264 or -f mpegts with FFmpeg, " +
  '"video/x-h264,stream-format=byte-stream" or mpegtsmux with GStreamer';

/** Payload type of MPEG-TS (RFC 3551, table 5). */
const MP2T = 33;

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
  readonly #wanted: StreamFormat | undefined;
  readonly #candidates = new Map<string, DatagramSplitter>();
  #peer: string | undefined;
  #stream: DatagramSplitter | undefined;
  #heardAt = -Infinity;
  #warnedAt = -Infinity;
  #refused = 0;
  #refusalWarnedAt = -Infinity;
  #restart = false;
  #ignored = 0;
  readonly #rtp = new RtpProbe();
  #packets: readonly Uint8Array<ArrayBuffer>[] | undefined;

  /**
   * @param warn Gets what the operator should know.
   * @param format What is sent. Omit to find out.
   */
  constructor(warn: (message: string) => void, format?: StreamFormat) {
    this.#warn = warn;
    this.#wanted = format;
  }

  /** Who was chosen, once somebody is. */
  get peer(): string | undefined {
    return this.#peer;
  }

  /** What the sender's bytes are, once somebody is chosen. */
  get format(): StreamFormat | undefined {
    return this.#packets ? "rtp" : this.#stream?.format;
  }

  /**
   * The first packets, where somebody sends RTP: whoever reads that reads all
   * that follows.
   */
  get packets(): readonly Uint8Array<ArrayBuffer>[] | undefined {
    return this.#packets;
  }

  /**
   * What FFmpeg has to take apart, of the sender that is chosen: whoever sees to
   * that reads all that follows.
   */
  get foreign(): ForeignStream | undefined {
    return this.#stream?.foreign;
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
    if (!isChosen && transportStreamIn(data) === undefined) {
      if (this.#isRtp({ data, peer }) || this.#wanted === "rtp") return [];
    }
    const stream = isChosen ? this.#stream! : this.#candidate({ data, peer });
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

  /** Tells whether a sender is found to send RTP: for others to read. */
  #isRtp({ data, peer }: IngestDatagram): boolean {
    if (this.#wanted !== undefined && this.#wanted !== "rtp") return false;
    this.#packets = this.#rtp.push(data);
    if (this.#packets === undefined) return false;
    this.#peer = peer;
    return true;
  }

  #candidate({ data, peer }: IngestDatagram): DatagramSplitter {
    const known = this.#candidates.get(peer);
    if (known !== undefined) return known;
    const [oldest] = this.#candidates.keys();
    if (this.#candidates.size >= MAX_CANDIDATES) {
      this.#candidates.delete(oldest!);
    }
    const stream = transportStreamIn(data)
      ? new DatagramSplitter(peer, "mpegts", transportStreamIn)
      : new DatagramSplitter(peer, this.#wanted);
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

/** Takes a transport stream out of an RTP packet (RFC 2250, section 2). */
function transportStreamIn(
  datagram: Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> | undefined {
  const packet = parseRtp(datagram);
  if (packet?.payloadType !== MP2T || packet.payload[0] !== TS_SYNC) {
    return undefined;
  }
  return packet.payload.slice();
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
