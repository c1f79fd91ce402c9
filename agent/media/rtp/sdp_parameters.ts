/**
 * Parameter sets in session descriptions.
 *
 * @module
 */

import { joinNalUnits, nalUnitsOf, START_CODE } from "../annexb.ts";
import { concat } from "../bytes.ts";
import type { StreamCodec } from "../codec.ts";
import { MAX_PARAMETER_SET_BYTES } from "../parameter_sets.ts";
import { H264_FORMAT, HEVC_FORMAT } from "./nal_unit_format.ts";
import { SdpError } from "./sdp_error.ts";

/** Where they stand, in the order in which decoders want them. */
const SPROP = {
  h264: ["sprop-parameter-sets"],
  hevc: ["sprop-vps", "sprop-sps", "sprop-pps"],
} as const;

/** Most sets that are read: 32 SPS and some PPS. */
const MAX_SETS = 64;

/**
 * Reads the parameter sets of H.264 (RFC 6184, section 8.1) and H.265 (RFC
 * 7798, section 7.1). What is none is left out: they may come in the stream.
 *
 * @param text Value of "a=fmtp:", behind the payload type.
 * @returns An Annex B byte stream; `undefined` without any.
 * @throws {SdpError} If packets come in another order than pictures.
 */
export function parameterSetsOf(
  codec: StreamCodec,
  text: string,
): Uint8Array<ArrayBuffer> | undefined {
  if (codec === "mjpeg") return undefined;
  const parameters = parse(text);
  refuseInterleaving(parameters);
  const format = codec === "h264" ? H264_FORMAT : HEVC_FORMAT;
  const sets = SPROP[codec]
    .flatMap((name) => parameters.get(name)?.split(",", MAX_SETS) ?? [])
    .slice(0, MAX_SETS)
    .flatMap((set) => nalUnitsIn(set.trim()))
    .filter((nalUnit) =>
      nalUnit.length > format.headerBytes &&
      format.parameterSets.includes(format.typeOf(nalUnit[0]!))
    );
  const data = joinNalUnits(sets);
  const isUsable = data.length > 0 && data.length <= MAX_PARAMETER_SET_BYTES;
  return isUsable ? data : undefined;
}

/** Reads `name=value; name=value`; the first one of a name counts. */
function parse(text: string): Map<string, string> {
  const parameters = new Map<string, string>();
  for (const parameter of text.split(";")) {
    const [name = "", ...value] = parameter.split("=");
    const key = name.trim().toLowerCase();
    if (!parameters.has(key)) parameters.set(key, value.join("=").trim());
  }
  return parameters;
}

function refuseInterleaving(parameters: ReadonlyMap<string, string>): void {
  const mode = parameters.get("packetization-mode") ?? "0";
  const distance = parameters.get("sprop-max-don-diff") ?? "0";
  if (mode !== "2" && !/^0*[1-9]/.test(distance)) return;
  const which = mode === "2" ? "packetization-mode=2" : "sprop-max-don-diff";
  throw new SdpError(`Cannot read SDP: interleaved video, "${which}"`);
}

/** Decodes one set. Some senders put start codes in front. */
function nalUnitsIn(text: string): Uint8Array[] {
  try {
    const bytes = Uint8Array.fromBase64(text);
    const stream = bytes[0] === 0 ? bytes : concat(START_CODE, bytes);
    return [...nalUnitsOf(stream)];
  } catch (error) {
    if (error instanceof SyntaxError) return [];
    throw error;
  }
}
