/**
 * How H.264 and H.265 number their parameter sets, and refer to them.
 *
 * @module
 */

import { hevcPictureStart, pictureStart } from "./annexb.ts";
import type { NalUnitCodec } from "./codec.ts";
import { NAL_UNIT_TYPE, nalUnitType } from "./h264.ts";
import {
  HEVC_HEADER_BYTES,
  HEVC_NAL_UNIT_TYPE,
  isIrap,
  readHevcHeader,
} from "./hevc.ts";
import { parseHevcSps } from "./hevc_sps.ts";
import { BitReader, RbspError, removeEmulationPrevention } from "./rbsp.ts";
import { parseSps, SpsError, type StreamSps } from "./sps.ts";

/** Video, sequence and picture parameter sets. */
export type ParameterSetKind = "vps" | "sps" | "pps";

/** What a parameter set says. */
export interface ParameterSet {
  /** Its own id, among those of its kind. */
  readonly id: number;
  /** Of a PPS: the id of the SPS it refers to. */
  readonly spsId?: number;
  /** Of an SPS: all of it. */
  readonly sps?: StreamSps;
}

/** What differs between the codecs. */
export interface ParameterSetSyntax {
  /** All kinds there are, in the order in which a decoder wants them. */
  readonly kinds: readonly ParameterSetKind[];
  /** Finds the first slice of an access unit, as an index of its start code. */
  pictureStart(data: Uint8Array): number;
  /** Tells what kind a NAL unit is; `undefined` for everything else. */
  kindOf(nalUnit: Uint8Array): ParameterSetKind | undefined;
  /** Reads a set of a kind; `undefined` where it makes no sense. */
  read(kind: ParameterSetKind, nalUnit: Uint8Array): ParameterSet | undefined;
  /**
   * Reads the id of the PPS that a slice is coded by; `undefined` for slices
   * that cannot switch to another SPS: they are of no keyframe.
   */
  ppsIdOf(slice: Uint8Array): number | undefined;
}

/** Enough of a NAL unit to hold its header and three Exp-Golomb numbers. */
export const HEAD_BYTES = 24;

const H264: ParameterSetSyntax = {
  kinds: ["sps", "pps"],
  pictureStart,
  kindOf(nalUnit) {
    const type = nalUnitType(nalUnit);
    if (type === NAL_UNIT_TYPE.sps) return "sps";
    return type === NAL_UNIT_TYPE.pps ? "pps" : undefined;
  },
  read(kind, nalUnit) {
    if (kind === "sps") return readSps(() => parseSps(nalUnit));
    return readHead(nalUnit, 1, (bits) => ({
      id: bits.ueUpTo(255, "pic_parameter_set_id"), // 7.4.2.2
      spsId: bits.ueUpTo(31, "seq_parameter_set_id"), // 7.4.2.1.1
    }));
  },
  ppsIdOf(slice) {
    if (nalUnitType(slice) !== NAL_UNIT_TYPE.idr) return undefined;
    return readHead(slice, 1, (bits) => {
      bits.ue(); // first_mb_in_slice (7.3.3)
      bits.ue(); // slice_type
      return bits.ue();
    });
  },
};

const HEVC: ParameterSetSyntax = {
  kinds: ["vps", "sps", "pps"],
  pictureStart: hevcPictureStart,
  kindOf(nalUnit) {
    const header = readHevcHeader(nalUnit);
    if (header?.layerId !== 0) return undefined;
    const { type } = header;
    if (type === HEVC_NAL_UNIT_TYPE.vps) return "vps";
    if (type === HEVC_NAL_UNIT_TYPE.sps) return "sps";
    return type === HEVC_NAL_UNIT_TYPE.pps ? "pps" : undefined;
  },
  read(kind, nalUnit) {
    if (kind === "sps") return readSps(() => parseHevcSps(nalUnit));
    return readHead(
      nalUnit,
      HEVC_HEADER_BYTES,
      (bits) =>
        kind === "vps"
          ? { id: bits.bits(4) } // vps_video_parameter_set_id (7.3.2.1)
          : {
            id: bits.ueUpTo(63, "pps_pic_parameter_set_id"), // 7.4.3.3.1
            spsId: bits.ueUpTo(15, "pps_seq_parameter_set_id"),
          },
    );
  },
  ppsIdOf(slice) {
    if (!isIrap(readHevcHeader(slice)?.type ?? 0)) return undefined;
    return readHead(slice, HEVC_HEADER_BYTES, (bits) => {
      bits.flag(); // first_slice_segment_in_pic_flag (7.3.6.1)
      bits.flag(); // no_output_of_prior_pics_flag
      return bits.ue();
    });
  },
};

/** Of each codec. */
export const PARAMETER_SET_SYNTAX: Readonly<
  Record<NalUnitCodec, ParameterSetSyntax>
> = { h264: H264, hevc: HEVC };

function readSps(parse: () => StreamSps): ParameterSet | undefined {
  try {
    const sps = parse();
    return { id: sps.id, sps };
  } catch (error) {
    if (error instanceof SpsError) return undefined;
    throw error;
  }
}

/** Reads what a NAL unit begins with, behind its header. */
function readHead<T>(
  nalUnit: Uint8Array,
  headerBytes: number,
  read: (bits: BitReader) => T,
): T | undefined {
  const head = nalUnit.subarray(headerBytes, HEAD_BYTES);
  try {
    return read(new BitReader(removeEmulationPrevention(head)));
  } catch (error) {
    if (error instanceof RbspError) return undefined;
    throw error;
  }
}
