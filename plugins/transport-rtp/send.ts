/**
 * Access units as RTP packets, no faster than receivers can take them.
 *
 * @module
 */

import type {
  Announcement,
  PluginContext,
  PluginHost,
  UdpTarget,
  Viewers,
} from "../../mod.ts";
import { Describer } from "./description.ts";
import type { Options } from "./mod.ts";
import { oddPortAdvice, reportPort } from "./port.ts";

/** Sends until the agent stops, and says goodbye. */
export async function sendPackets(
  target: UdpTarget,
  viewers: Viewers,
  context: PluginContext<Options>,
  { udp, media, ConfigError, ready }:
    & Pick<PluginHost, "udp" | "media" | "ConfigError">
    & { ready: (at?: Announcement) => void },
): Promise<void> {
  const { runtime, log, options: { payload } } = context;
  const { socket, port } = target;
  const random = crypto.getRandomValues(new Uint32Array(3));
  const sender = new media.RtpSender(random, payload);
  const host = { media, ConfigError };
  const describer = new Describer(context, target, host, ready);
  await describer.begin();
  const advice = oddPortAdvice(port);
  if (advice !== undefined) log.warn(advice);
  await udp.sendTo(target, viewers, context, {
    write: (unit) => sender.packetize(unit),
    async sent(unit) {
      await describer.describe(unit);
      await report(sender.report(runtime.now(), runtime.wallClock()));
    },
  });
  // A receiver that cannot be reached any more needs no goodbye.
  await report(sender.goodbye(runtime.wallClock())).catch(() => {});

  async function report(
    bytes: Uint8Array<ArrayBuffer> | undefined,
  ): Promise<void> {
    const to = reportPort(port);
    if (bytes === undefined || to === undefined) return;
    await socket.send(bytes, target.host, to);
  }
}
