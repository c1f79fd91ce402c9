/**
 * Supplemental enhancement information: messages beside the picture.
 *
 * @module
 */

import { BitReader, RbspError, removeEmulationPrevention } from "./rbsp.ts";

/** Values of payloadType (ITU-T H.264, D.1.1; ITU-T H.265, D.2.1). */
export const SEI_PAYLOAD_TYPE = {
  bufferingPeriod: 0,
  userDataUnregistered: 5,
  recoveryPoint: 6,
} as const;

/** One message of a SEI NAL unit. */
export interface SeiMessage {
  /** One of {@linkcode SEI_PAYLOAD_TYPE}, or another number. */
  readonly payloadType: number;
  /** Its bytes, without emulation prevention; a view where that is possible. */
  readonly payload: Uint8Array;
}

/**
 * Walks over the messages of a SEI NAL unit (ITU-T H.264, 7.3.2.3.1), given
 * with its header and without a start code. Stops where one is cut off.
 *
 * @param headerBytes Length of its header: 1, and 2 in H.265.
 */
export function* seiMessagesOf(
  nalUnit: Uint8Array,
  headerBytes = 1,
): Generator<SeiMessage> {
  const rbsp = removeEmulationPrevention(nalUnit);
  let at = headerBytes;
  const readNumber = () => {
    let value = 0;
    while (rbsp[at] === 0xff) {
      value += 0xff;
      at++;
    }
    return value + (rbsp[at++] ?? 0);
  };
  // One byte is left for the rbsp_trailing_bits, two are the shortest message.
  while (at + 2 < rbsp.length) {
    const payloadType = readNumber();
    const size = readNumber();
    if (at + size > rbsp.length) return;
    yield { payloadType, payload: rbsp.subarray(at, at + size) };
    at += size;
  }
}

/** Tells whether a SEI NAL unit has a recovery point message. */
export function hasRecoveryPoint(
  nalUnit: Uint8Array,
  headerBytes = 1,
): boolean {
  for (const { payloadType } of seiMessagesOf(nalUnit, headerBytes)) {
    if (payloadType === SEI_PAYLOAD_TYPE.recoveryPoint) return true;
  }
  return false;
}

/**
 * Reads how many reference pictures after this one a decoder that began here
 * shows whole pictures (recovery_frame_cnt: ITU-T H.264, D.1.8).
 *
 * @param nalUnit A SEI NAL unit.
 * @returns `undefined` without a recovery point, or one that makes no sense.
 */
export function recoveryFrameCount(nalUnit: Uint8Array): number | undefined {
  for (const { payloadType, payload } of seiMessagesOf(nalUnit)) {
    if (payloadType !== SEI_PAYLOAD_TYPE.recoveryPoint) continue;
    try {
      const count = new BitReader(payload).ue();
      return count <= MAX_RECOVERY_FRAMES ? count : undefined;
    } catch (error) {
      if (!(error instanceof RbspError)) throw error;
    }
  }
  return undefined;
}

/** Less than MaxFrameNum, which has at most 16 bits (ITU-T H.264, 7.4.2.1.1). */
const MAX_RECOVERY_FRAMES = 65_535;
