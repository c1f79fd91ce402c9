/**
 * Reads what {@linkcode TsWriter} writes, and tells in short what came out.
 *
 * @module
 */

import { type MpegTsUnit, nalUnitsOf } from "../agent/media/mod.ts";
import { readTsPacket } from "../agent/media/mpegts/packet.ts";
import { PictureStream } from "../agent/media/mpegts/picture_stream.ts";
import { type TsWriter, VIDEO_PID } from "./ts_writer.ts";

/** A stream of H.264 that nothing has come of. */
export function stream(): PictureStream {
  const entry = { program: 1, pid: VIDEO_PID, codec: "h264" } as const;
  return new PictureStream(entry, false);
}

/**
 * Describes units of H.264: types of their NAL units, timestamp in
 * milliseconds, what is wrong.
 */
export function describe(units: readonly MpegTsUnit[]): string {
  return units.map((unit) => {
    const types = [...nalUnitsOf(unit.data)].map(([header]) => header! & 0x1f);
    const time = unit.pts === undefined ? [] : [`@${unit.pts / 1000}`];
    const flags = (["damaged", "discontinuity"] as const)
      .filter((flag) => unit[flag]);
    return [...types, ...time, ...flags].join(" ");
  }).join(", ");
}

/**
 * Reads packets, and takes them from the writer.
 *
 * @returns What came out with each of them, and in the end; `""` is nothing.
 */
export function read(writer: TsWriter, reader = stream()): string[] {
  const units = writer.packets.splice(0).map((packet) =>
    describe(reader.push(readTsPacket(packet)))
  );
  return [...units, describe(reader.flush())];
}
