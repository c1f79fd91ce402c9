/**
 * From datagrams to pictures.
 *
 * @module
 */

import { concat } from "../bytes.ts";
import type { StreamCodec } from "../codec.ts";
import { type Milliseconds, us } from "../time.ts";
import { isEntry } from "../unit_queue.ts";
import { RtpCandidates } from "./candidates.ts";
import { RtpClock, VIDEO_CLOCK_RATE } from "./clock.ts";
import { codecOf, mayBeVideo } from "./codec.ts";
import {
  noRtpPackets,
  type RtpCounters,
  type RtpUnitCounters,
} from "./counters.ts";
import { isRtcp, parseRtp, type RtpPacket } from "./packet.ts";
import type { ReceptionReport } from "./reception.ts";
import { parseRtcp, realtimeOf, type SenderReport } from "./rtcp.ts";
import { RtpSource, type SourceUnit } from "./source.ts";
import type { RtpUnit } from "./unit.ts";

/** What is known of a stream before it comes, from an SDP for example. */
export interface RtpReceiverOptions {
  /** How it is coded. Omit to find out. */
  readonly codec?: StreamCodec;
  /** Packets of other types are ignored. Omit to find out. */
  readonly payloadType?: number;
  /**
   * Ticks per second of its timestamps.
   *
   * @default {90000} {@linkcode VIDEO_CLOCK_RATE}
   */
  readonly clockRate?: number;
  /**
   * As an Annex B byte stream: put in front of keyframes that have none, until
   * the stream has shown its own.
   */
  readonly parameterSets?: Uint8Array<ArrayBuffer>;
}

/** What an {@linkcode RtpReceiver} has seen so far. */
export interface RtpStatistics extends RtpCounters, RtpUnitCounters {
  /** Who sends; absent before the first packet. */
  ssrc?: number;
  /** Absent as long as it is not known. */
  codec?: StreamCodec;
  /** Datagrams that are neither RTP nor RTCP. */
  invalid: number;
  /** Packets of other senders, and of other payload types. */
  foreign: number;
  /** How often another sender took over, or the same one began anew. */
  restarts: number;
  /** How unevenly packets come, smoothed (RFC 3550, appendix A.8). */
  jitterMs: number;
  /** How long missing packets are waited for now. */
  reorderWindowMs: number;
}

/** A sender that is silent for so long has lost its place to another one. */
const SILENCE_MS = 500;

/**
 * Turns the datagrams of one port, RTP and RTCP, into pictures. It listens to
 * one sender at a time: to the first that comes, until that one says goodbye or
 * is silent for 500 ms and another one comes. One that has sent a single packet
 * gives way to whoever sends two.
 */
export class RtpReceiver {
  readonly #options: RtpReceiverOptions;
  readonly #clockRate: number;
  readonly #clock: RtpClock;
  readonly #packets = noRtpPackets();
  readonly #units = { units: 0, damagedUnits: 0, droppedUnits: 0 };
  #candidates = new RtpCandidates();
  #source: RtpSource | undefined;
  /** When the source was heard; long ago if it has said goodbye. */
  #heardAt = -Infinity;
  /** The latest one of the source. */
  #report: SenderReport | undefined;
  /** When that came. */
  #reportAt = 0;
  /** The latest one of anybody else: it may come before the packets. */
  #otherReport: SenderReport | undefined;
  #invalid = 0;
  #foreign = 0;
  #restarts = 0;
  /** The next unit is the first one of another sender. */
  #restarted = false;
  /** Whether the stream has shown parameter sets of its own. */
  #hasParameterSets = false;
  /** When the latest unit was complete. */
  #unitAt: Milliseconds | undefined;

  /** Waits for the first packet. */
  constructor(options: RtpReceiverOptions = {}) {
    this.#options = options;
    this.#clockRate = options.clockRate ?? VIDEO_CLOCK_RATE;
    this.#clock = new RtpClock(this.#clockRate);
  }

  /** When {@linkcode expire} has to be called; `undefined`: nothing waits. */
  get deadline(): Milliseconds | undefined {
    return this.#source?.deadline;
  }

  /** Counts everything since the beginning, whoever sent. */
  get statistics(): RtpStatistics {
    const source = this.#source;
    return {
      ...(source && { ssrc: source.ssrc }),
      ...(source?.codec && { codec: source.codec }),
      ...this.#packets,
      ...this.#units,
      invalid: this.#invalid,
      foreign: this.#foreign,
      restarts: this.#restarts,
      jitterMs: source?.jitterMs ?? 0,
      reorderWindowMs: source?.window ?? 0,
    };
  }

  /**
   * Takes a datagram, borrowed until it returns.
   *
   * @param now When it came.
   * @returns The pictures that are complete now, usually none or one.
   */
  push(datagram: Uint8Array, now: Milliseconds): RtpUnit[] {
    if (isRtcp(datagram)) return this.#takeReports(datagram, now);
    const packet = parseRtp(datagram);
    if (!packet) {
      this.#invalid++;
      return [];
    }
    const units = this.#choose(packet, now);
    const source = this.#source;
    if (source?.ssrc !== packet.ssrc) this.#foreign++;
    else {
      if (source.payloadType === packet.payloadType) this.#heardAt = now;
      else this.#foreign++;
      units.push(...this.#complete(source.push(packet, now), now));
    }
    return units;
  }

  /**
   * What the sender is to be told of its packets; `undefined` before the first
   * one. Each call begins a new interval.
   */
  report(now: Milliseconds): ReceptionReport | undefined {
    const { realtime } = this.#report ?? {};
    const ago = now - this.#reportAt;
    return this.#source && {
      ...this.#source.report(),
      ...(realtime !== undefined && { lastReport: { realtime, ago } }),
    };
  }

  /** Gives up on packets that were waited for too long. */
  expire(now: Milliseconds): RtpUnit[] {
    return this.#complete(this.#source?.expire(now) ?? [], now);
  }

  /** Gives up on everything that is missing: nothing more comes. */
  flush(now: Milliseconds): RtpUnit[] {
    return this.#complete(this.#source?.flush(false) ?? [], now);
  }

  /**
   * Listens to the sender of a packet, if there is no better one.
   *
   * @returns What remained of the sender before.
   */
  #choose(packet: RtpPacket, now: Milliseconds): RtpUnit[] {
    const { ssrc, payloadType } = packet;
    const source = this.#source;
    if (source?.ssrc === ssrc && source.payloadType === payloadType) return [];
    const { codec, payloadType: wanted } = this.#options;
    if (
      wanted !== undefined ? payloadType !== wanted : !mayBeVideo(payloadType)
    ) {
      return [];
    }
    const isRival = source && source.ssrc !== ssrc && !source.isProven;
    const before = isRival ? this.#candidates.follow(packet) : undefined;
    const isOpen = before || now - this.#heardAt >= SILENCE_MS ||
      source?.codec === undefined && codecOf(packet) !== undefined;
    if (!isOpen) return [];
    const units = this.#complete(source?.flush(true) ?? [], now);
    const chosen = new RtpSource(before ?? packet, {
      codec,
      clockRate: this.#clockRate,
      packets: this.#packets,
      units: this.#units,
    });
    this.#source = chosen;
    this.#candidates = new RtpCandidates();
    const reports = [this.#report, this.#otherReport];
    this.#report = reports.find((report) => report?.ssrc === ssrc);
    if (source) {
      this.#restarted = true;
      this.#restarts++;
    }
    if (before === undefined) return units;
    this.#foreign--;
    return [...units, ...this.#complete(chosen.push(before, now), now)];
  }

  #takeReports(datagram: Uint8Array, now: Milliseconds): RtpUnit[] {
    const { senderReports, goodbyes } = parseRtcp(datagram);
    const ssrc = this.#source?.ssrc;
    for (const report of senderReports) {
      if (report.ssrc === ssrc) {
        this.#report = report;
        this.#reportAt = now;
      } else this.#otherReport = report;
    }
    if (ssrc === undefined || !goodbyes.includes(ssrc)) return [];
    this.#heardAt = -Infinity;
    return this.flush(now);
  }

  #complete(units: readonly SourceUnit[], now: Milliseconds): RtpUnit[] {
    return units.map((unit) => this.#finish(unit, now));
  }

  #finish(unit: SourceUnit, now: Milliseconds): RtpUnit {
    const restarted = unit.restarted || this.#restarted;
    if (restarted) {
      const silence = now - (this.#unitAt ?? now);
      this.#clock.restart(us(Math.round(silence * 1000)));
      this.#hasParameterSets = false;
    }
    if (unit.restarted) {
      this.#restarts++;
      // Its timestamps are others now.
      this.#report = undefined;
    }
    this.#restarted = false;
    this.#unitAt = now;
    const capturedRealtime = this.#report &&
      realtimeOf(this.#report, unit.timestamp, this.#clockRate);
    return {
      ...this.#withParameterSets(unit),
      pts: this.#clock.ptsOf(unit.timestamp),
      ...(capturedRealtime !== undefined && { capturedRealtime }),
      restarted,
    };
  }

  #withParameterSets(unit: SourceUnit): SourceUnit {
    if (unit.hasParameterSets) this.#hasParameterSets = true;
    const { parameterSets } = this.#options;
    if (!parameterSets || this.#hasParameterSets || !isEntry(unit)) return unit;
    const data = concat(parameterSets, unit.data);
    return { ...unit, data, hasParameterSets: true };
  }
}
