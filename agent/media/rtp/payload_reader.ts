/**
 * What codecs differ in when their pictures are put together from packets.
 *
 * @module
 */

import type { StreamCodec } from "../codec.ts";

/** What a payload is to its picture. */
export type PayloadRole =
  /** The picture begins in it. */
  | "start"
  /** The picture has begun before. */
  | "inside"
  /** None of the picture: parameter sets, SEI, nothing. */
  | "beside";

/** A picture as it was put together. */
export interface ReadPicture {
  /** An Annex B byte stream, or a JPEG; owned by the receiver. */
  readonly data: Uint8Array<ArrayBuffer>;
  readonly keyframe: boolean;
  readonly recoveryPoint: boolean;
  readonly hasParameterSets: boolean;
  /** Something in it is missing or wrong. */
  readonly damaged: boolean;
}

/** Reads the payloads of one picture after the other. */
export interface PayloadReader {
  readonly codec: StreamCodec;
  /** Something of a picture has come, whether it could be kept or not. */
  readonly hasPicture: boolean;
  /** Tells what a payload is to its picture, before it is pushed. */
  roleOf(payload: Uint8Array): PayloadRole;
  /**
   * Takes the next payload, borrowed until it returns.
   *
   * @param afterGap Packets are missing right before it.
   */
  push(payload: Uint8Array, afterGap: boolean): void;
  /**
   * Ends the picture.
   *
   * @returns `undefined` if nothing of it could be kept.
   */
  take(): ReadPicture | undefined;
}
