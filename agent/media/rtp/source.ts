/**
 * One sender of RTP packets.
 *
 * @module
 */

import type { StreamCodec } from "../codec.ts";
import type { Milliseconds } from "../time.ts";
import { codecOf } from "./codec.ts";
import type { RtpCounters, RtpUnitCounters } from "./counters.ts";
import { type DepacketizedUnit, RtpDepacketizer } from "./depacketizer.ts";
import { RtpJitter } from "./jitter.ts";
import { JpegReader } from "./jpeg_reader.ts";
import { H264_FORMAT, HEVC_FORMAT } from "./nal_unit_format.ts";
import { NalUnitReader } from "./nal_unit_reader.ts";
import type { RtpPacket } from "./packet.ts";
import type { PayloadReader } from "./payload_reader.ts";
import { type ReceptionReport, RtpReception } from "./reception.ts";
import { type OrderedPacket, RtpReorderer } from "./reorderer.ts";

/** A picture of a sender. */
export interface SourceUnit extends DepacketizedUnit {
  /** The first one since the sender began anew. */
  readonly restarted: boolean;
}

/** What a sender's packets are, and where they are counted. */
export interface RtpSourceOptions {
  readonly codec: StreamCodec | undefined;
  readonly clockRate: number;
  readonly packets: RtpCounters;
  readonly units: RtpUnitCounters;
}

/** Most packets that are kept until it is known how they are coded. */
const MAX_UNDECIDED = 64;

/** Nothing to read. */
const NO_PAYLOAD = new Uint8Array();

/** Turns the packets of one sender into pictures. */
export class RtpSource {
  /** Who sends. */
  readonly ssrc: number;
  /** Other packets of the sender are passed over. */
  readonly payloadType: number;
  readonly #options: RtpSourceOptions;
  readonly #reorderer: RtpReorderer;
  readonly #jitter: RtpJitter;
  readonly #reception = new RtpReception();
  readonly #first: number;
  #isProven = false;
  /** Absent as long as the codec is not known. */
  #depacketizer: RtpDepacketizer | undefined;
  /** Packets until then. */
  #undecided: OrderedPacket[] = [];
  #restarted = false;

  /** Waits for the first packet. */
  constructor(
    { ssrc, payloadType, sequence }: RtpPacket,
    options: RtpSourceOptions,
  ) {
    this.ssrc = ssrc;
    this.payloadType = payloadType;
    this.#first = sequence;
    this.#options = options;
    this.#reorderer = new RtpReorderer(options.packets);
    this.#jitter = new RtpJitter(options.clockRate);
    if (options.codec) this.#decide(options.codec);
  }

  /** How its pictures are coded, once that is known. */
  get codec(): StreamCodec | undefined {
    return this.#depacketizer?.codec;
  }

  /** Has sent more than one packet: it is no garbage. */
  get isProven(): boolean {
    return this.#isProven;
  }

  /** See {@linkcode RtpReorderer.deadline}. */
  get deadline(): Milliseconds | undefined {
    return this.#reorderer.deadline;
  }

  /** See {@linkcode RtpReorderer.window}. */
  get window(): Milliseconds {
    return this.#reorderer.window;
  }

  /** See {@linkcode RtpJitter.ms}. */
  get jitterMs(): number {
    return this.#jitter.ms;
  }

  /** What has come, and what has not since the last call. */
  report(): Omit<ReceptionReport, "lastReport"> {
    const { ssrc, jitterMs } = this;
    const jitter = jitterMs * this.#options.clockRate / 1000;
    return { ssrc, jitter, ...this.#reception.report() };
  }

  /** Takes a packet with its SSRC, borrowed until it returns. */
  push(packet: RtpPacket, now: Milliseconds): SourceUnit[] {
    if (packet.payloadType === this.payloadType) {
      this.#jitter.add(packet.timestamp, now);
      this.#reception.add(packet.sequence);
      if (packet.sequence !== this.#first) this.#isProven = true;
    }
    return this.#takeAll(this.#reorderer.push(packet, now));
  }

  /** See {@linkcode RtpReorderer.expire}. */
  expire(now: Milliseconds): SourceUnit[] {
    return this.#takeAll(this.#reorderer.expire(now));
  }

  /**
   * Gives up on everything that is missing: nothing more comes.
   *
   * @param broken There would have been more.
   */
  flush(broken: boolean): SourceUnit[] {
    const units = this.#takeAll(this.#reorderer.flush());
    return [...units, ...this.#mark(this.#depacketizer?.flush(broken))];
  }

  #takeAll(ordered: readonly OrderedPacket[]): SourceUnit[] {
    return ordered.flatMap((next) => this.#take(next));
  }

  #take(ordered: OrderedPacket): SourceUnit[] {
    const units = ordered.restarted ? this.#restart() : [];
    const packet = this.#ours(ordered);
    if (this.#depacketizer) {
      return [...units, ...this.#mark(this.#depacketizer.push(packet))];
    }
    const codec = codecOf(packet.packet, this.#undecided.at(-1)?.packet);
    if (!codec) this.#keep(packet);
    else {
      const depacketizer = this.#decide(codec);
      for (const each of [...this.#undecided.splice(0), packet]) {
        units.push(...this.#mark(depacketizer.push(each)));
      }
    }
    return units;
  }

  /** The packet; an empty one in its place if it is of another type. */
  #ours(ordered: OrderedPacket): OrderedPacket {
    const { packet } = ordered;
    if (packet.payloadType === this.payloadType) return ordered;
    const { payloadType } = this;
    const empty = {
      ...packet,
      payloadType,
      payload: NO_PAYLOAD,
      marker: false,
    };
    return { ...ordered, packet: empty };
  }

  #decide(codec: StreamCodec): RtpDepacketizer {
    const reader = createReader(codec);
    this.#depacketizer = new RtpDepacketizer(reader, this.#options.units);
    return this.#depacketizer;
  }

  /** Keeps a packet whose codec is not known yet. */
  #keep({ packet, lost }: OrderedPacket): void {
    const payload = packet.payload.slice();
    this.#undecided.push({
      packet: { ...packet, payload },
      lost,
      restarted: false,
    });
    if (this.#undecided.length <= MAX_UNDECIDED) return;
    this.#undecided.shift();
    const [oldest] = this.#undecided;
    this.#undecided[0] = { ...oldest!, lost: oldest!.lost + 1 };
  }

  /** Nothing that comes belongs to what came. */
  #restart(): SourceUnit[] {
    const units = this.#mark(this.#depacketizer?.flush(true));
    this.#undecided = [];
    const { codec } = this;
    if (codec) this.#decide(codec);
    this.#restarted = true;
    return units;
  }

  #mark(units: readonly DepacketizedUnit[] = []): SourceUnit[] {
    return units.map((unit) => {
      const restarted = this.#restarted;
      this.#restarted = false;
      return { ...unit, restarted };
    });
  }
}

function createReader(codec: StreamCodec): PayloadReader {
  switch (codec) {
    case "h264":
      return new NalUnitReader(H264_FORMAT);
    case "hevc":
      return new NalUnitReader(HEVC_FORMAT);
    case "mjpeg":
      return new JpegReader();
  }
}
