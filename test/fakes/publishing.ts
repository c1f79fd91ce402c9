/**
 * A transport that publishes, up to what it would tell FFmpeg.
 *
 * @module
 */

import type { PluginModule } from "../../agent/plugin/host.ts";
import type { MuxerJob } from "../../agent/plugin/transport.ts";
import { declare } from "../contract/declaration.ts";
import { contextOf } from "../contract/transport_usage.ts";
import { FakeRuntime } from "./runtime.ts";

/** What was to be published, under which name, and what was logged. */
export interface Published {
  readonly job: MuxerJob;
  readonly server: string;
  readonly lines: readonly string[];
}

/** Returns what a transport hands over; throws what it throws before. */
export async function published(
  module: PluginModule,
  address: string,
): Promise<Published> {
  const plugin = declare(module, "transport");
  const { signal } = new AbortController();
  const lines: string[] = [];
  const runtime = new FakeRuntime();
  const context = contextOf(plugin, address, runtime, signal, lines);
  const handedOver = Promise.withResolvers<Published>();
  const viewers = { open: fail };
  const publish = (job: MuxerJob, _: unknown, server: string) => {
    handedOver.resolve({ job, server, lines });
    return new Promise<never>(() => {});
  };
  const sending = plugin.send!(viewers, { ...context, publish }, () => {});
  return await Promise.race([handedOver.promise, sending.then(fail)]);
}

function fail(): never {
  throw new Error("It ended");
}
