/**
 * FFmpeg as far as muxers see it.
 *
 * @module
 */

import type { MuxerJob, WireUnit } from "../../agent/plugin/transport.ts";
import { ACCESS_UNIT_DELIMITER } from "../../agent/media/delimiter.ts";
import { us } from "../../agent/media/time.ts";
import { byteStream, writePps, writeSps } from "../h264_writer.ts";
import type { FakeChild, FakeProgram } from "./process.ts";

/** A packet of IVF. */
export interface IvfPacket {
  readonly pts: number;
  readonly bytes: Uint8Array;
}

/** What the FFmpegs of a test have been given, one after the other. */
export class FakeMuxers {
  /** The arguments that followed those of the input. */
  readonly outputs: string[][] = [];
  /** The header of each file. */
  readonly headers: Uint8Array[] = [];
  /** The packets of each file. */
  readonly files: IvfPacket[][] = [];
  /** The processes, ended ones included. */
  readonly children: FakeChild[] = [];
  /** Whether the output opens at the first packet. */
  opens = true;

  /** The program. */
  readonly program: FakeProgram = async (child) => {
    const packets: IvfPacket[] = [];
    this.children.push(child);
    this.files.push(packets);
    this.outputs.push(child.args.slice(child.args.indexOf("-copyinkf") + 1));
    for await (const chunk of child.stdin) {
      const isFirst = packets.length === 0;
      if (isFirst) this.headers.push(chunk.subarray(0, 32));
      const packet = isFirst ? chunk.subarray(32) : chunk;
      const view = new DataView(packet.buffer, packet.byteOffset);
      packets.push({
        pts: Number(view.getBigInt64(4, true)),
        bytes: packet.subarray(12),
      });
      if (isFirst && this.opens) child.stderr("[info] Output #0, x, to 'y':");
    }
    child.exit(0);
  };
}

/** A unit as it goes over the wire. */
export function wireUnit(
  ms: number,
  { keyframe = false, widthInMbs = 40 } = {},
): WireUnit {
  const head = keyframe ? [writeSps({ widthInMbs }), writePps()] : [];
  const slice = [keyframe ? 0x65 : 0x41, 0x88, 1];
  const bytes = byteStream([...head, slice]);
  const data = new Uint8Array(bytes.length + ACCESS_UNIT_DELIMITER.length);
  data.set(bytes);
  data.set(ACCESS_UNIT_DELIMITER, bytes.length);
  return { data, pts: us(ms * 1000), keyframe, recoveryPoint: false };
}

/** An output that nobody minds. */
export const JOB: MuxerJob = { output: ["-f", "matroska", "file:out.mkv"] };
