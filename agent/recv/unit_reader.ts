/**
 * What cuts the bytes of each format into access units.
 *
 * @module
 */

import {
  AccessUnitSplitter,
  type SplitUnit,
} from "../media/access_unit_splitter.ts";
import { concat } from "../media/bytes.ts";
import type { Codec } from "../media/codec.ts";
import { FlvError, FlvReader, type FlvUnit } from "../media/flv.ts";
import { JpegSplitter } from "../media/jpeg_splitter.ts";
import { MpegTsReader } from "../media/mpegts/mod.ts";
import { FramedPackets, RtpReceiver } from "../media/rtp/mod.ts";
import type { Sniffed } from "../media/sniff.ts";
import { ms } from "../media/time.ts";
import { INPUT_FORMATS } from "../plugin/reserved.ts";

/** A format that can be asked for. */
type NamedFormat = (typeof INPUT_FORMATS)[number];

/** What a stream may be; of "unknown" ones FFmpeg has to say it. */
export type StreamFormat = NamedFormat | "unknown";

/** Tells whether it is one that can be asked for. */
export function isStreamFormat(format: Sniffed): format is NamedFormat {
  return (INPUT_FORMATS as readonly string[]).includes(format);
}

/** An access unit as it was found in a byte stream. */
export interface ReadUnit extends SplitUnit {
  /** How it is coded. Absent for H.264. */
  readonly codec?: Codec;
}

/** Cuts a byte stream into access units. */
export interface UnitReader {
  /** Whether a picture waits for the rest of it, or for the next one to begin. */
  readonly isInPicture: boolean;
  /**
   * Whether it has found what it cannot take apart, though the format is the
   * right one. It delivers nothing more then.
   */
  readonly isForeign: boolean;
  /**
   * Takes the next bytes, borrowed until it returns.
   *
   * @returns The access units that are complete now, usually none or one.
   */
  push(bytes: Uint8Array<ArrayBuffer>): ReadUnit[];
  /** The stream has ended, or pauses: so has the last access unit. */
  flush(): ReadUnit[];
}

/**
 * Makes what reads a format.
 *
 * @returns `undefined` where FFmpeg has to take the stream apart.
 */
export function createReader(format: StreamFormat): UnitReader | undefined {
  switch (format) {
    case "h264":
      return new ElementaryReader(undefined, new AccessUnitSplitter());
    case "hevc":
      return new ElementaryReader(
        "hevc",
        new AccessUnitSplitter({ codec: "hevc" }),
      );
    case "mjpeg":
      return new ElementaryReader("mjpeg", new JpegSplitter());
    case "mpegts":
      return new TransportStreamReader();
    case "rtp":
      return new FramedRtpReader();
    case "flv":
      return new FlvUnitReader();
    default:
      return undefined;
  }
}

/** H.264, H.265 or JPEG, and nothing around it. */
class ElementaryReader implements UnitReader {
  readonly isForeign = false;
  readonly #codec: Codec | undefined;
  readonly #splitter: AccessUnitSplitter | JpegSplitter;

  /** @param codec Absent for H.264. */
  constructor(
    codec: Codec | undefined,
    splitter: AccessUnitSplitter | JpegSplitter,
  ) {
    this.#codec = codec;
    this.#splitter = splitter;
  }

  get isInPicture(): boolean {
    return this.#splitter.isInPicture;
  }

  push(bytes: Uint8Array<ArrayBuffer>): ReadUnit[] {
    return this.#named(this.#splitter.push(bytes));
  }

  flush(): ReadUnit[] {
    return this.#named(this.#splitter.flush());
  }

  #named(units: SplitUnit[]): ReadUnit[] {
    const codec = this.#codec;
    return codec ? units.map((unit) => ({ ...unit, codec })) : units;
  }
}

/** MPEG-TS with H.264 or H.265; all else in it is foreign. */
class TransportStreamReader implements UnitReader {
  readonly isInPicture = false;
  readonly #reader = new MpegTsReader();

  get isForeign(): boolean {
    return this.#reader.foreignStreamType !== undefined;
  }

  push(bytes: Uint8Array<ArrayBuffer>): ReadUnit[] {
    return this.#reader.push(bytes);
  }

  flush(): ReadUnit[] {
    return this.#reader.flush();
  }
}

/** RTP over a connection, where nothing is lost and nothing overtaken. */
class FramedRtpReader implements UnitReader {
  readonly isInPicture = false;
  readonly isForeign = false;
  readonly #packets = new FramedPackets();
  readonly #receiver = new RtpReceiver();

  push(bytes: Uint8Array<ArrayBuffer>): ReadUnit[] {
    const packets = this.#packets.push(bytes);
    return packets.flatMap((packet) => this.#receiver.push(packet, NEVER));
  }

  flush(): ReadUnit[] {
    return this.#receiver.flush(NEVER);
  }
}

/** Time that stands still: for whom nothing is late. */
const NEVER = ms(0);

/** FLV with H.264; all else in it is foreign. */
class FlvUnitReader implements UnitReader {
  readonly isInPicture = false;
  isForeign = false;
  readonly #reader = new FlvReader();

  push(bytes: Uint8Array<ArrayBuffer>): ReadUnit[] {
    try {
      return this.#reader.push(bytes).map(toReadUnit);
    } catch (error) {
      if (!(error instanceof FlvError)) throw error;
      this.isForeign = true;
      return [];
    }
  }

  /** A tag ends with its last byte. */
  flush(): ReadUnit[] {
    return [];
  }
}

function toReadUnit(unit: FlvUnit): ReadUnit {
  const { data, parameterSets, keyframe, recoveryPoint } = unit;
  return {
    data: parameterSets ? concat(parameterSets, data) : data,
    keyframe,
    recoveryPoint,
    hasParameterSets: parameterSets !== undefined,
    damaged: false,
    discontinuity: false,
  };
}
