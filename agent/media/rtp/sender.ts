/**
 * One stream of RTP as its sender writes it: packets, and what is told of them.
 *
 * @module
 */

import { readTiming } from "../timing_sei.ts";
import type { Microseconds, Milliseconds } from "../time.ts";
import { RtpH264Packetizer } from "./h264_packetizer.ts";
import { writeRtcp } from "./rtcp.ts";

/** An access unit that is to be sent: an Annex B byte stream, and its time. */
export interface RtpSenderUnit {
  /** Not to be changed until the next one is packed. */
  readonly data: Uint8Array;
  /** Presentation timestamp. */
  readonly pts: Microseconds;
}

/** How often receivers are told the time (RFC 3550, 6.2: 5 s at the least). */
const REPORT_EVERY_MS = 5000;

/** Tells nothing of the machine; the SSRC tells the senders apart. */
const CNAME = "camagent";

/** Packs access units, and reports on them. */
export class RtpSender {
  /** Who sends: 32 bits. */
  readonly ssrc: number;
  readonly #packetizer: RtpH264Packetizer;
  #sequence: number;
  #reportedAt = -Infinity;
  #latest: RtpSenderUnit | undefined;

  /**
   * Begins a stream.
   *
   * @param random Three times 32 bits that nobody can guess (RFC 3550, sections
   * 5.1 and 8.1).
   * @param maxPayload Most bytes of a packet, its header included.
   * @throws {RangeError} If `maxPayload` is out of range.
   */
  constructor(random: Uint32Array, maxPayload?: number) {
    const [ssrc = 0, sequence = 0, timestamp = 0] = random;
    this.ssrc = ssrc;
    this.#sequence = sequence & 0xffff;
    this.#packetizer = new RtpH264Packetizer({
      ssrc,
      sequence: this.#sequence,
      timestamp,
      ...(maxPayload !== undefined && { maxPayload }),
    });
  }

  /** Number of the packet that comes next. */
  get sequence(): number {
    return this.#sequence + this.#packetizer.packets & 0xffff;
  }

  /** Packs an access unit, as {@linkcode RtpH264Packetizer.packetize} does. */
  packetize(unit: RtpSenderUnit): Uint8Array<ArrayBuffer>[] {
    this.#latest = unit;
    return this.#packetizer.packetize(unit);
  }

  /**
   * Tells the time of the latest access unit, where that is due.
   *
   * @param now When it was sent, by a monotonic clock.
   * @param realtime The same by the wall clock; of a unit that tells when it
   * was captured, that is told.
   * @returns A compound packet of RTCP.
   */
  report(
    now: Milliseconds,
    realtime: Microseconds,
  ): Uint8Array<ArrayBuffer> | undefined {
    if (now - this.#reportedAt < REPORT_EVERY_MS) return undefined;
    if (this.#latest === undefined) return undefined;
    this.#reportedAt = now;
    return this.#write(this.#latest, realtime, false);
  }

  /**
   * Says that nothing more will come.
   *
   * @returns `undefined` where nothing has come.
   */
  goodbye(realtime: Microseconds): Uint8Array<ArrayBuffer> | undefined {
    return this.#latest && this.#write(this.#latest, realtime, true);
  }

  #write(
    { data, pts }: RtpSenderUnit,
    realtime: Microseconds,
    goodbye: boolean,
  ): Uint8Array<ArrayBuffer> {
    const { packets, octets } = this.#packetizer;
    return writeRtcp({
      ...{ ssrc: this.ssrc, packets, octets, cname: CNAME, goodbye },
      timestamp: this.#packetizer.timestampOf(pts),
      realtime: readTiming(data)?.realtime ?? realtime,
    });
  }
}
