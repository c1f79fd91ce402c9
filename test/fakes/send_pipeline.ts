/**
 * A send pipeline out of plugins that the test plays the part of.
 *
 * @module
 */

import type { AccessUnit } from "../../agent/media/access_unit.ts";
import { parseAddress } from "../../agent/media/address.ts";
import { us } from "../../agent/media/time.ts";
import { host } from "../../agent/plugin/host.ts";
import type { SourcePlugin } from "../../agent/plugin/source.ts";
import type {
  TransportPlugin,
  Viewers,
  WireUnit,
} from "../../agent/plugin/transport.ts";
import type { SendOptions } from "../../agent/send/send.ts";
import { byteStream } from "../h264_writer.ts";
import { aborted, surroundings } from "./pipeline.ts";

/** What a test says of its pipeline. */
export interface Parts {
  /** What the source does. */
  run: SourcePlugin["run"];
  /** What each output does; omit for one that only waits. */
  send?: NonNullable<TransportPlugin["send"]>[];
  /** The query of the source's address. */
  query?: string;
}

/** The options of a pipeline, and the machine it runs on. */
export function sendOptions(parts: Parts) {
  const { runtime, stop, lines, log } = surroundings();
  const { run, send = [waits], query = "stamp=false" } = parts;
  const options = host.z.strictObject({});
  const source = host.defineSource({
    name: "source-fake",
    schemes: ["fake"],
    description: "",
    options,
    run,
  });
  const outputs = send.map((send, i) => {
    const plugin = host.defineTransport({
      name: "transport-fake",
      schemes: ["out"],
      description: "",
      options,
      send,
    });
    return { plugin, address: parseAddress(`out://host:${i + 1}`) };
  });
  const all = {
    source: { plugin: source, address: parseAddress(`fake:?${query}`) },
    outputs,
    runtime,
    log,
    signal: stop.signal,
  } satisfies SendOptions;
  return { options: all, runtime, stop, lines };
}

/** An output that nobody watches. */
export const waits: NonNullable<TransportPlugin["send"]> = (
  _viewers,
  { signal },
  ready,
) => {
  ready();
  return aborted(signal);
};

/** An output with one viewer, which leaves when it has everything. */
export function watches(
  take: (unit: WireUnit) => void | Promise<void>,
): NonNullable<TransportPlugin["send"]> {
  return async (viewers: Viewers, { signal }, ready) => {
    ready({ port: 5001 });
    {
      using viewer = viewers.open("viewer");
      for await (const unit of viewer.units) await take(unit);
    }
    await aborted(signal);
  };
}

/** A picture of one slice that carries a number. */
export function picture(number: number, keyframe = false): AccessUnit {
  const header = keyframe ? 0x65 : 0x41;
  return {
    data: byteStream([[header, 0x88, number]]),
    pts: us(number * 1000),
    keyframe,
    recoveryPoint: false,
    damaged: false,
  };
}

/** The number that {@linkcode picture} put into a unit. */
export function numberOf({ data }: Pick<AccessUnit, "data">): number {
  return data[6]!;
}
