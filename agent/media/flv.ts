/**
 * Reads the FLV that `ffmpeg -f flv pipe:1` writes. Its tags say how long an
 * access unit is, so that none waits for the next one.
 *
 * @module
 */

import { annexBFromAvcc, readAvccConfiguration } from "./avcc.ts";
import { type NalUnitPicture, tidyPicture } from "./nal_unit_picture.ts";
import { type Microseconds, us } from "./time.ts";

/** Bytes are not FLV, or not H.264 in FLV. */
export class FlvError extends SyntaxError {
  /** Says what cannot be read. */
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "FlvError";
  }
}

/** One access unit of an FLV stream, whatever the tag says of it. */
export interface FlvUnit extends NalUnitPicture {
  /** Presentation timestamp; FLV counts whole milliseconds. */
  readonly pts: Microseconds;
  /**
   * SPS and PPS as an Annex B byte stream; only on the first access unit after
   * they came or changed.
   */
  readonly parameterSets?: Uint8Array<ArrayBuffer>;
}

/** Largest tag with video, in bytes: the bound of access units. */
export const MAX_FLV_TAG_BYTES = 8 * 1024 * 1024;

/** "FLV", version, flags, DataOffset (Adobe FLV 10.1, E.2). */
const FILE_HEADER_BYTES = 9;

/** Type, DataSize, Timestamp, TimestampExtended, StreamID (E.4.1). */
const TAG_HEADER_BYTES = 11;

/** FrameType, CodecID, AVCPacketType, CompositionTime (E.4.3.1). */
const VIDEO_HEADER_BYTES = 5;

/** PreviousTagSize (E.3). */
const TRAILER_BYTES = 4;

/** TagType (E.4.1). */
const VIDEO_TAG = 9;

/** CodecID of H.264 (E.4.3.1). */
const AVC = 7;

/** FrameType of a command to the player, which carries no picture. */
const COMMAND = 5;

/** AVCPacketType (E.4.3.1). */
const PACKET = { sequenceHeader: 0, nalUnits: 1 } as const;

/** FFmpeg writes 31 bits of a timestamp, which wrap after 24.9 days. */
const TIMESTAMP_RANGE = 2 ** 31;

/** What the bytes that are being gathered are. */
type Part =
  | "fileHeader"
  | "tagHeader"
  | "videoHeader"
  | "configuration"
  | "nalUnits";

/**
 * Reads FLV, whatever the borders of its chunks. An access unit comes out with
 * its last byte.
 */
export class FlvReader {
  #part: Part = "fileHeader";
  /** Gathers the current part; exactly as long as that is. */
  #bytes = new Uint8Array(FILE_HEADER_BYTES);
  #filled = 0;
  #skip = 0;
  /** Bytes of the current tag behind its video header. */
  #size = 0;
  #lengthSize = 4;
  #dts = -1;
  #compositionTime = 0;
  #parameterSets: Uint8Array<ArrayBuffer> | undefined;
  #announced: Uint8Array<ArrayBuffer> | undefined;

  /**
   * Takes the next bytes, borrowed until it returns.
   *
   * @returns The access units that are complete now.
   * @throws {FlvError} If they are not FLV with H.264. The reader is of no use
   * any more.
   */
  push(chunk: Uint8Array): FlvUnit[] {
    const units: FlvUnit[] = [];
    let at = 0;
    while (at < chunk.length) {
      const length = Math.min(
        chunk.length - at,
        this.#skip || this.#bytes.length - this.#filled,
      );
      if (this.#skip > 0) {
        this.#skip -= length;
      } else {
        this.#bytes.set(chunk.subarray(at, at + length), this.#filled);
        this.#filled += length;
        if (this.#filled === this.#bytes.length) {
          const unit = this.#complete(this.#bytes);
          if (unit) units.push(unit);
        }
      }
      at += length;
    }
    return units;
  }

  #expect(part: Part, length: number, skip = 0): void {
    this.#part = part;
    this.#bytes = new Uint8Array(length);
    this.#filled = 0;
    this.#skip = skip;
  }

  #expectTag(skip = 0): void {
    this.#expect("tagHeader", TAG_HEADER_BYTES, TRAILER_BYTES + skip);
  }

  #complete(bytes: Uint8Array<ArrayBuffer>): FlvUnit | undefined {
    const view = new DataView(bytes.buffer);
    switch (this.#part) {
      case "fileHeader":
        if (String.fromCharCode(...bytes.subarray(0, 4)) !== "FLV\x01") {
          throw new FlvError('Cannot read FLV: it does not begin with "FLV"');
        }
        this.#expectTag(Math.max(0, view.getUint32(5) - FILE_HEADER_BYTES));
        break;
      case "tagHeader":
        this.#readTagHeader(view);
        break;
      case "videoHeader":
        this.#readVideoHeader(view);
        break;
      case "configuration":
        this.#readConfiguration(bytes);
        this.#expectTag();
        break;
      case "nalUnits":
        this.#expectTag();
        return this.#readNalUnits(bytes);
    }
    return undefined;
  }

  #readTagHeader(view: DataView): void {
    const size = view.getUint32(0) & 0xffffff;
    const type = view.getUint8(0) & 0x3f;
    if (type !== VIDEO_TAG || size <= VIDEO_HEADER_BYTES) {
      return this.#expectTag(size);
    }
    if (size > MAX_FLV_TAG_BYTES) {
      throw new FlvError(`Cannot read FLV: tag of ${size} bytes`);
    }
    this.#size = size - VIDEO_HEADER_BYTES;
    const time = (view.getUint32(4) >>> 8) +
      (view.getUint8(7) & 0x7f) * 2 ** 24;
    this.#dts = this.#dts < 0 ? time : unwrap(time, this.#dts);
    this.#expect("videoHeader", VIDEO_HEADER_BYTES);
  }

  #readVideoHeader(view: DataView): void {
    const kind = view.getUint8(0);
    if (kind >> 4 === COMMAND) return this.#expectTag(this.#size);
    if ((kind & 0x8f) !== AVC) {
      throw new FlvError(`Cannot read FLV: video tag ${kind} is not H.264`);
    }
    this.#compositionTime = view.getInt32(1) << 8 >> 8;
    const packet = view.getUint8(1);
    if (packet === PACKET.sequenceHeader) {
      this.#expect("configuration", this.#size);
    } else if (packet === PACKET.nalUnits) {
      this.#expect("nalUnits", this.#size);
    } else this.#expectTag(this.#size);
  }

  #readConfiguration(record: Uint8Array): void {
    const configuration = readAvccConfiguration("h264", record);
    if (configuration === undefined) {
      throw new FlvError("Cannot read FLV: parameter sets beyond their tag");
    }
    const { lengthSize, parameterSets } = configuration;
    this.#lengthSize = lengthSize;
    if (!isEqual(parameterSets, this.#parameterSets)) {
      this.#parameterSets = parameterSets;
      this.#announced = parameterSets;
    }
  }

  #readNalUnits(bytes: Uint8Array<ArrayBuffer>): FlvUnit {
    const stream = annexBFromAvcc(bytes, this.#lengthSize);
    const picture = stream && tidyPicture("h264", stream);
    if (picture === undefined) {
      throw new FlvError("Cannot read FLV: NAL units that do not fill a tag");
    }
    const parameterSets = this.#announced;
    this.#announced = undefined;
    return {
      ...picture,
      pts: us((this.#dts + this.#compositionTime) * 1000),
      ...(parameterSets && { parameterSets }),
    };
  }
}

/** Continues a timestamp that wraps from the one before it. */
function unwrap(time: number, before: number): number {
  const step = (time - before % TIMESTAMP_RANGE + TIMESTAMP_RANGE) %
    TIMESTAMP_RANGE;
  return before + (step < TIMESTAMP_RANGE / 2 ? step : step - TIMESTAMP_RANGE);
}

function isEqual(a: Uint8Array, b: Uint8Array | undefined): boolean {
  return a.length === b?.length && a.every((byte, i) => byte === b[i]);
}
