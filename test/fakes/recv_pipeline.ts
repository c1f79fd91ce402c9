/**
 * A receive pipeline out of plugins, and an FFmpeg, that the test plays the
 * part of.
 *
 * @module
 */

import { closeSync, openSync, writeSync } from "node:fs";
import { parseAddress } from "../../agent/media/address.ts";
import { concat } from "../../agent/media/bytes.ts";
import { ACCESS_UNIT_DELIMITER } from "../../agent/media/delimiter.ts";
import type { Frame, FrameFormat } from "../../agent/media/frame.ts";
import { host } from "../../agent/plugin/host.ts";
import type { SinkPlugin } from "../../agent/plugin/sink.ts";
import type { Ingest, TransportPlugin } from "../../agent/plugin/transport.ts";
import { Decoders } from "../../agent/ffmpeg/decoders.ts";
import type { RecvOptions } from "../../agent/recv/recv.ts";
import { Queue } from "../../agent/runtime/queue.ts";
import { byteStream, writePps, writeSlice, writeSps } from "../h264_writer.ts";
import { fakeMachine } from "./machine.ts";
import { surroundings } from "./pipeline.ts";
import type { FakeProgram } from "./process.ts";

/** One sink of a pipeline. */
export interface SinkPart extends Partial<SinkPlugin> {
  /** The query of its address. */
  query?: string;
}

/** The options of a pipeline, and the machine it runs on. */
export function recvOptions(
  receive: NonNullable<TransportPlugin["receive"]>,
  sinks: readonly SinkPart[] = [{}],
) {
  const { runtime, stop, lines, log } = surroundings();
  const options = host.z.strictObject({});
  const about = { description: "", options };
  const plugin = host.defineTransport({
    name: "transport-fake",
    schemes: ["in"],
    ...about,
    receive,
  });
  const all = {
    input: { plugin, address: parseAddress("in://host:1") },
    sinks: sinks.map(({ query = "", ...part }, i) => ({
      address: parseAddress(`sink:${i}?${query}`),
      plugin: {
        ...host.defineSink({
          name: "sink-fake",
          schemes: ["sink"],
          ...about,
          accepts: ["rgb24", "gray"],
          open: () => new FakeSink(),
        }),
        ...part,
      },
    })),
    runtime,
    decoders: new Decoders({ runtime, ...fakeMachine() }),
    log,
    signal: stop.signal,
  } satisfies RecvOptions;
  return { options: all, runtime, stop, lines };
}

/** Keeps what it gets. */
export class FakeSink {
  readonly frames: Frame[] = [];
  disposed = 0;

  write(frame: Frame): Promise<void> | void {
    this.frames.push({ ...frame, data: frame.data.slice() });
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.disposed++;
    return Promise.resolve();
  }
}

/** A sink that keeps every {@linkcode FakeSink} it opened. */
export function keeps(opened: [FrameFormat, FakeSink][]): SinkPart {
  return {
    open(format) {
      const sink = new FakeSink();
      opened.push([format, sink]);
      return sink;
    },
  };
}

/** A connection that the test feeds. */
export class FakeIngest {
  readonly type = "bytes" as const;
  readonly peer = "192.168.1.7:5001";
  readonly chunks = new Queue<Uint8Array<ArrayBuffer>>();
  disposed = 0;

  /** Sends bytes. */
  send(...parts: Uint8Array[]): void {
    this.chunks.push(concat(...parts));
  }

  /** As a plugin has it. */
  open(): Promise<Ingest> {
    return Promise.resolve(this);
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.disposed++;
    this.chunks.end();
    return Promise.resolve();
  }
}

/** A keyframe of so many macroblocks, and the next delimiter. */
export function keyframe(width = 1, height = 1): Uint8Array<ArrayBuffer> {
  const size = { widthInMbs: width, heightInMapUnits: height };
  const nalUnits = [writeSps(size), writePps(), writeSlice(0x65)];
  return concat(byteStream(nalUnits), ACCESS_UNIT_DELIMITER);
}

/** Another picture, and the next delimiter. */
export function picture(): Uint8Array<ArrayBuffer> {
  return concat(byteStream([writeSlice(0x41)]), ACCESS_UNIT_DELIMITER);
}

/** An FFmpeg that makes a frame of every access unit, full of its number. */
export const decodes: FakeProgram = async (child) => {
  const path = child.args.at(-1)!;
  const scale = /w=(\d+):h=(\d+)/.exec(child.args.join(" "));
  const bytes = child.args.includes("rgb24") ? 3 : 1;
  let size = 0;
  for await (const chunk of child.stdin) {
    const view = new DataView(chunk.buffer);
    if (size === 0) {
      // The header of the file: width and height.
      const [width, height] = scale?.slice(1).map(Number) ??
        [view.getUint16(12, true), view.getUint16(14, true)];
      size = width! * height! * bytes;
      continue;
    }
    // The header of a frame: the timestamp.
    const number = view.getUint32(4, true);
    child.stderr(`frame:0 pts:${number} pts_time:0`);
    const file = openSync(path, "w");
    writeSync(file, new Uint8Array(size).fill(number));
    closeSync(file);
  }
};
