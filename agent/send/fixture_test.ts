/**
 * What the tests of this folder share: a send pipeline out of plugins that the
 * test plays the part of.
 *
 * @module
 */

import { FakeRuntime } from "../../test/fakes/runtime.ts";
import { byteStream } from "../../test/h264_writer.ts";
import type { AccessUnit } from "../media/access_unit.ts";
import { parseAddress } from "../media/address.ts";
import { us } from "../media/time.ts";
import { host } from "../plugin/host.ts";
import type { SourcePlugin } from "../plugin/source.ts";
import type {
  TransportPlugin,
  Viewers,
  WireUnit,
} from "../plugin/transport.ts";
import type { SendOptions } from "./send.ts";

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
  const runtime = new FakeRuntime();
  const stop = new AbortController();
  const lines: string[] = [];
  const say = (component: string) => (message: string) =>
    void lines.push(`${component}: ${message}`);
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
    log: (name: string) => ({ info: say(name), warn: say(name) }),
    signal: stop.signal,
  } satisfies SendOptions;
  return { options: all, runtime, stop, lines };
}

/** Waits for the end, as every plugin does that has nothing to do. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
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
