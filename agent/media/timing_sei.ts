/**
 * When a picture was taken, carried beside it in the stream: a
 * user_data_unregistered SEI message (ITU-T H.264, D.1.7), which every other
 * receiver skips.
 *
 * @module
 */

import { nalUnitsOf, pictureStart, START_CODE } from "./annexb.ts";
import { NAL_UNIT_TYPE, nalUnitType } from "./h264.ts";
import { addEmulationPrevention } from "./rbsp.ts";
import { SEI_PAYLOAD_TYPE, seiMessagesOf } from "./sei.ts";
import { type Microseconds, us } from "./time.ts";

/** What a sender says of one access unit. */
export interface Timing {
  /**
   * Whether the times are those of the capture; else they are those at which
   * the access unit left the encoder.
   */
  readonly captured: boolean;
  /** 32 random bits of each start of the sender: another one is a restart. */
  readonly epoch: number;
  /**
   * 16 hexadecimal digits, a hash of the sender's boot id: monotonic clocks
   * can be compared only where it is the same.
   */
  readonly bootTag: string;
  /** Counts the access units of the epoch, modulo 2^32. */
  readonly sequence: number;
  /** The sender's CLOCK_MONOTONIC. */
  readonly monotonic: Microseconds;
  /** The sender's CLOCK_REALTIME, since 1970-01-01 UTC. */
  readonly realtime: Microseconds;
  /** {@linkcode sliceDigest} of the access unit; absent from old senders. */
  readonly digest?: number;
}

/**
 * uuid_iso_iec_11578 of our messages, drawn at random:
 * 8d9bf2c6-5e3a-4f71-9d24-b7ce61a8f35d.
 */
const UUID = Uint8Array.fromHex("8d9bf2c65e3a4f719d24b7ce61a8f35d");

/** Grows when the meaning of a field changes; new fields go to the end. */
const VERSION = 1;

/** Bits of the flags byte. */
const FLAG_CAPTURED = 1;

/**
 * Offsets in the payload: uuid 16 bytes, version 1, flags 1, epoch 4, boot tag
 * 8, sequence 4, monotonic 8, realtime 8, digest 4; big endian.
 */
const OFFSET = {
  version: 16,
  flags: 17,
  epoch: 18,
  bootTag: 22,
  sequence: 30,
  monotonic: 34,
  realtime: 42,
  digest: 50,
} as const;

/** Bytes of the payload, without and with the digest. */
const MIN_SIZE = 50;
const SIZE = 54;

/** Bytes of nal_unit_type, payloadType and payloadSize. */
const HEADER_SIZE = 3;

/**
 * Writes a SEI NAL unit, its four-byte start code included.
 *
 * @throws {SyntaxError} If the boot tag is not hexadecimal.
 */
export function writeTiming(timing: Timing): Uint8Array<ArrayBuffer> {
  const { digest } = timing;
  const size = digest === undefined ? MIN_SIZE : SIZE;
  const rbsp = new Uint8Array(HEADER_SIZE + size + 1);
  rbsp.set([NAL_UNIT_TYPE.sei, SEI_PAYLOAD_TYPE.userDataUnregistered, size]);
  rbsp.set(UUID, HEADER_SIZE);
  const view = new DataView(rbsp.buffer, HEADER_SIZE);
  view.setUint8(OFFSET.version, VERSION);
  view.setUint8(OFFSET.flags, timing.captured ? FLAG_CAPTURED : 0);
  view.setUint32(OFFSET.epoch, timing.epoch);
  rbsp.set(Uint8Array.fromHex(timing.bootTag), HEADER_SIZE + OFFSET.bootTag);
  view.setUint32(OFFSET.sequence, timing.sequence);
  view.setBigUint64(OFFSET.monotonic, BigInt(timing.monotonic));
  view.setBigUint64(OFFSET.realtime, BigInt(timing.realtime));
  if (digest !== undefined) view.setUint32(OFFSET.digest, digest);
  rbsp[rbsp.length - 1] = 0x80; // rbsp_trailing_bits (7.3.2.11)
  const nalUnit = addEmulationPrevention(rbsp);
  const data = new Uint8Array(START_CODE.length + nalUnit.length);
  data.set(START_CODE);
  data.set(nalUnit, START_CODE.length);
  return data;
}

/**
 * Finds the timing of an access unit, an Annex B byte stream.
 *
 * @returns `undefined` where there is none, or none that this version reads.
 */
export function readTiming(data: Uint8Array): Timing | undefined {
  for (const nalUnit of nalUnitsOf(data.subarray(0, pictureStart(data)))) {
    if (nalUnitType(nalUnit) !== NAL_UNIT_TYPE.sei) continue;
    for (const { payloadType, payload } of seiMessagesOf(nalUnit)) {
      if (payloadType !== SEI_PAYLOAD_TYPE.userDataUnregistered) continue;
      const timing = readPayload(payload);
      if (timing) return timing;
    }
  }
  return undefined;
}

function readPayload(payload: Uint8Array): Timing | undefined {
  if (payload.length < MIN_SIZE) return undefined;
  if (UUID.some((byte, i) => payload[i] !== byte)) return undefined;
  const { buffer, byteOffset, length } = payload;
  const view = new DataView(buffer, byteOffset, length);
  if (view.getUint8(OFFSET.version) !== VERSION) return undefined;
  const monotonic = Number(view.getBigUint64(OFFSET.monotonic));
  const realtime = Number(view.getBigUint64(OFFSET.realtime));
  if (![monotonic, realtime].every(Number.isSafeInteger)) return undefined;
  return {
    captured: (view.getUint8(OFFSET.flags) & FLAG_CAPTURED) !== 0,
    epoch: view.getUint32(OFFSET.epoch),
    bootTag: payload.slice(OFFSET.bootTag, OFFSET.sequence).toHex(),
    sequence: view.getUint32(OFFSET.sequence),
    monotonic: us(monotonic),
    realtime: us(realtime),
    ...(length >= SIZE && { digest: view.getUint32(OFFSET.digest) }),
  };
}

/**
 * Puts the timing into an access unit, right before the picture: behind the
 * parameter sets, and behind other SEI messages, of which a buffering period
 * has to stay the first (ITU-T H.264, 7.4.1.2.3).
 *
 * @returns A new array.
 */
export function insertTiming(
  data: Uint8Array,
  timing: Timing,
): Uint8Array<ArrayBuffer> {
  const nalUnit = writeTiming(timing);
  const start = pictureStart(data);
  // Of a four-byte start code it is the second byte.
  const at = data[start - 1] === 0 && start < data.length ? start - 1 : start;
  const result = new Uint8Array(data.length + nalUnit.length);
  result.set(data.subarray(0, at));
  result.set(nalUnit, at);
  result.set(data.subarray(at), at + nalUnit.length);
  return result;
}
