/**
 * RTCP: what senders say of their streams (RFC 3550, section 6).
 *
 * @module
 */

import { concat } from "../bytes.ts";
import { type Microseconds, us } from "../time.ts";
import { VIDEO_CLOCK_RATE } from "./clock.ts";
import { isRtcp } from "./packet.ts";
import type { ReceptionReport } from "./reception.ts";
import { distance32 } from "./serial.ts";

/** A sender report (RFC 3550, section 6.4.1). */
export interface SenderReport {
  /** Who sends. */
  readonly ssrc: number;
  /**
   * CLOCK_REALTIME at some instant, since 1970-01-01 UTC. Absent where the
   * sender has no such clock.
   */
  readonly realtime?: Microseconds;
  /** The RTP timestamp of the same instant. */
  readonly timestamp: number;
  /** Packets sent so far, modulo 2^32. */
  readonly packets: number;
  /** Bytes of their payloads so far, modulo 2^32. */
  readonly octets: number;
}

/** What a compound packet says, as far as we read it. */
export interface RtcpCompound {
  /** In the order they came. */
  readonly senderReports: readonly SenderReport[];
  /** SSRCs of those who say that they end (RFC 3550, section 6.6). */
  readonly goodbyes: readonly number[];
}

/** What {@linkcode writeRtcp} says. */
export interface RtcpReport extends SenderReport {
  /** Name of the sender that stays: "camagent@192.168.1.7" (6.5.1). */
  readonly cname: string;
  /**
   * Says that the stream ends.
   *
   * @default {false}
   */
  readonly goodbye?: boolean;
}

/** Packet types (RFC 3550, section 12.1). */
const TYPE = {
  senderReport: 200,
  receiverReport: 201,
  sourceDescription: 202,
  goodbye: 203,
};

/** SDES item type (RFC 3550, section 12.2). */
const CNAME = 1;

/** Longest text of an SDES item: its length is one byte (section 6.5). */
const MAX_CNAME_BYTES = 255;

/** Version 2. */
const VERSION = 0x80;
const PADDING = 0x20;

/** Bytes of a sender report without report blocks. */
const SENDER_REPORT_BYTES = 28;

/** Seconds from 1900, where NTP begins, to 1970 (RFC 868). */
const NTP_OFFSET = 2_208_988_800;

/**
 * Writes a compound packet: a sender report, the sender's name, and the
 * goodbye where asked for.
 */
export function writeRtcp(report: RtcpReport): Uint8Array<ArrayBuffer> {
  const parts = [writeSenderReport(report), writeCname(report)];
  if (report.goodbye) {
    parts.push(packet(TYPE.goodbye, 1, uint32(report.ssrc)));
  }
  return concat(...parts);
}

/**
 * Writes what a receiver says: a receiver report, and its name.
 *
 * @param ssrc Of the receiver.
 * @param report Omit before the first packet.
 */
export function writeReceiverReport(
  { ssrc, cname }: Pick<RtcpReport, "ssrc" | "cname">,
  report?: ReceptionReport,
): Uint8Array<ArrayBuffer> {
  const block = report === undefined ? [] : [writeReportBlock(report)];
  const body = concat(uint32(ssrc), ...block);
  return concat(
    packet(TYPE.receiverReport, block.length, body),
    writeCname({ ssrc, cname }),
  );
}

/** RFC 3550, section 6.4.1: a report block. */
function writeReportBlock(
  { ssrc, fractionLost, lost, highest, jitter, lastReport }: ReceptionReport,
): Uint8Array {
  const fraction = Math.min(255, Math.floor(fractionLost * 256));
  // 24 bits with a sign.
  const count = Math.max(-(2 ** 23), Math.min(2 ** 23 - 1, lost)) & 0xffffff;
  const ntp = lastReport && toNtp(us(lastReport.realtime));
  const middle = ntp === undefined
    ? 0
    : (ntp.seconds & 0xffff) * 2 ** 16 + Math.floor(ntp.fraction / 2 ** 16);
  const delay = Math.round((lastReport?.ago ?? 0) / 1000 * 65_536);
  return concat(
    uint32(ssrc),
    uint32(fraction * 2 ** 24 + count),
    ...[highest, Math.round(jitter), middle, delay].map(uint32),
  );
}

/**
 * Reads a datagram of RTCP. Whatever makes no sense is left out, and so is all
 * behind a length that does.
 */
export function parseRtcp(datagram: Uint8Array): RtcpCompound {
  const view = new DataView(
    datagram.buffer,
    datagram.byteOffset,
    datagram.length,
  );
  const senderReports: SenderReport[] = [];
  const goodbyes: number[] = [];
  let at = 0;
  while (at + 4 <= view.byteLength && isRtcp(datagram.subarray(at))) {
    const first = view.getUint8(at);
    const size = 4 + 4 * view.getUint16(at + 2);
    if (at + size > view.byteLength) break;
    const type = view.getUint8(at + 1);
    if (type === TYPE.senderReport && size >= SENDER_REPORT_BYTES) {
      senderReports.push(readSenderReport(view, at));
    } else if (type === TYPE.goodbye && size >= 4 + 4 * (first & 0x1f)) {
      for (let i = 1; i <= (first & 0x1f); i++) {
        goodbyes.push(view.getUint32(at + 4 * i));
      }
    }
    // Only the last packet may be padded (RFC 3550, section 6.4.1).
    if ((first & PADDING) !== 0) break;
    at += size;
  }
  return { senderReports, goodbyes };
}

/**
 * Maps an RTP timestamp to the sender's wall clock.
 *
 * @param report The latest one of the same sender: half the range of a
 * timestamp is 6.6 hours.
 * @param clockRate Ticks per second.
 * @returns `undefined` if the sender has no wall clock.
 */
export function realtimeOf(
  report: SenderReport,
  timestamp: number,
  clockRate: number = VIDEO_CLOCK_RATE,
): Microseconds | undefined {
  if (report.realtime === undefined) return undefined;
  const ticks = distance32(report.timestamp, timestamp);
  return us(report.realtime + Math.round(ticks / clockRate * 1e6));
}

function readSenderReport(view: DataView, at: number): SenderReport {
  const realtime = fromNtp(view.getUint32(at + 8), view.getUint32(at + 12));
  return {
    ssrc: view.getUint32(at + 4),
    ...(realtime !== undefined && { realtime }),
    timestamp: view.getUint32(at + 16),
    packets: view.getUint32(at + 20),
    octets: view.getUint32(at + 24),
  };
}

function writeSenderReport(report: SenderReport): Uint8Array {
  const body = new DataView(new ArrayBuffer(SENDER_REPORT_BYTES - 4));
  const { seconds, fraction } = toNtp(report.realtime);
  const fields = [
    report.ssrc,
    seconds,
    fraction,
    report.timestamp,
    report.packets,
    report.octets,
  ];
  fields.forEach((field, i) => body.setUint32(4 * i, field));
  return packet(TYPE.senderReport, 0, new Uint8Array(body.buffer));
}

/** A chunk of one item; the zeros behind it end the list (section 6.5). */
function writeCname(
  { ssrc, cname }: Pick<RtcpReport, "ssrc" | "cname">,
): Uint8Array {
  const text = new TextEncoder().encode(cname).subarray(0, MAX_CNAME_BYTES);
  const item = concat(uint32(ssrc), Uint8Array.of(CNAME, text.length), text);
  const zeros = new Uint8Array(4 - item.length % 4);
  return packet(TYPE.sourceDescription, 1, concat(item, zeros));
}

function packet(type: number, count: number, body: Uint8Array): Uint8Array {
  const words = body.length / 4;
  return concat(
    Uint8Array.of(VERSION | count, type, words >> 8, words & 0xff),
    body,
  );
}

function uint32(value: number): Uint8Array {
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
}

/** Zeros where there is no wall clock (RFC 3550, section 6.4.1). */
function toNtp(realtime: Microseconds | undefined) {
  if (realtime === undefined) return { seconds: 0, fraction: 0 };
  const seconds = Math.floor(realtime / 1e6);
  const fraction = Math.round((realtime - seconds * 1e6) / 1e6 * 2 ** 32);
  return { seconds: seconds + NTP_OFFSET, fraction };
}

/**
 * Reads an NTP timestamp. One with its upper bit clear is of the era that
 * begins in 2036 (RFC 4330, section 3).
 */
function fromNtp(seconds: number, fraction: number): Microseconds | undefined {
  if (seconds === 0 && fraction === 0) return undefined;
  const since1900 = seconds < 2 ** 31 ? seconds + 2 ** 32 : seconds;
  const realtime = (since1900 - NTP_OFFSET) * 1e6 +
    Math.round(fraction / 2 ** 32 * 1e6);
  return realtime < 0 ? undefined : us(realtime);
}
