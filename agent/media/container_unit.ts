/**
 * Pictures out of a container, made into what decoders are fed with.
 *
 * @module
 */

import { findStartCode, START_CODE } from "./annexb.ts";
import { annexBFromAvcc, readAvccConfiguration } from "./avcc.ts";
import { concat } from "./bytes.ts";
import type { Codec, NalUnitCodec } from "./codec.ts";
import { tidyPicture } from "./nal_unit_picture.ts";
import type { NutPacket } from "./nut.ts";
import { NutError } from "./nut_error.ts";
import { ParameterSetCache } from "./parameter_sets.ts";
import {
  hasSequenceHeader,
  hasSequences,
  type SequenceCodec,
  sequenceHeaderOf,
} from "./sequence_header.ts";
import type { PictureSize } from "./sps.ts";
import type { Microseconds } from "./time.ts";
import { isEntry } from "./unit_queue.ts";

/** One coded picture of a container. */
export interface ContainerUnit {
  /** How it is coded. */
  readonly codec: Codec;
  /**
   * Of H.264 and H.265 an Annex B byte stream, every start code of four bytes,
   * without access unit delimiters, filler data and end marks; else as the
   * container has it. A keyframe has its parameter sets or sequence header.
   * Owned by the receiver.
   */
  readonly data: Uint8Array<ArrayBuffer>;
  /** Presentation timestamp; the first ones are near 0. */
  readonly pts: Microseconds;
  /**
   * A decoder may start here: H.264 and H.265 tell, of the others the container
   * says so.
   */
  readonly keyframe: boolean;
  /** Holds a recovery point SEI message. */
  readonly recoveryPoint: boolean;
  /** What the container says of its pictures, which need not be true. */
  readonly size: PictureSize;
}

/** What a codec makes of a packet. */
type Picture = Pick<ContainerUnit, "data" | "keyframe" | "recoveryPoint">;

/** Makes units of the packets of one stream. */
export class ContainerUnits {
  #toPicture: ((packet: NutPacket) => Picture) | undefined;

  /**
   * Converts one packet, whose `data` may be changed.
   *
   * @returns `undefined` where it has no picture.
   * @throws {NutError} If its NAL units cannot be told apart.
   */
  convert(packet: NutPacket): ContainerUnit | undefined {
    const { codec, extradata, pts, size } = packet;
    this.#toPicture ??= converterOf(codec, extradata);
    const picture = this.#toPicture(packet);
    return picture.data.length > 0
      ? { codec, ...picture, pts, size }
      : undefined;
  }
}

function converterOf(
  codec: Codec,
  extradata: Uint8Array<ArrayBuffer>,
): (packet: NutPacket) => Picture {
  if (codec === "h264" || codec === "hevc") return ofNalUnits(codec, extradata);
  return hasSequences(codec) ? ofSequences(codec, extradata) : asItIs;
}

function asItIs({ data, keyframe }: NutPacket): Picture {
  return { data, keyframe, recoveryPoint: false };
}

function ofSequences(codec: SequenceCodec, extradata: Uint8Array<ArrayBuffer>) {
  const header = sequenceHeaderOf(codec, extradata);
  return (packet: NutPacket): Picture => {
    const { data, keyframe } = packet;
    const isComplete = !keyframe || hasSequenceHeader(codec, data);
    return isComplete
      ? asItIs(packet)
      : asItIs({ ...packet, data: concat(header, data) });
  };
}

function ofNalUnits(codec: NalUnitCodec, extradata: Uint8Array<ArrayBuffer>) {
  // Without a record, and with an Annex B byte stream in its place, the
  // packets are such streams as well.
  const beginning = extradata.subarray(0, START_CODE.length);
  const isAvcc = extradata.length > 0 && findStartCode(beginning) < 0;
  const configuration = isAvcc
    ? readAvccConfiguration(codec, extradata)
    : { lengthSize: 0, parameterSets: extradata };
  if (configuration === undefined) {
    throw new NutError("Cannot read NUT: parameter sets beyond their record");
  }
  const { lengthSize, parameterSets } = configuration;
  const cache = new ParameterSetCache(codec);
  cache.update(parameterSets);
  return (packet: NutPacket): Picture => {
    const stream = isAvcc
      ? annexBFromAvcc(packet.data, lengthSize)
      : packet.data;
    const picture = stream && tidyPicture(codec, stream);
    if (picture === undefined) {
      throw new NutError("Cannot read NUT: NAL units that do not fill a frame");
    }
    cache.update(picture.data);
    return isEntry(picture)
      ? { ...picture, data: cache.withParameterSets(picture.data) }
      : picture;
  };
}
