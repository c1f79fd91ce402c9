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
  WireUnit,
} from "../../mod.ts";
import { Describer } from "./description.ts";
import type { Options } from "./mod.ts";
import { oddPortAdvice, reportPort } from "./port.ts";

/** How often receivers are told the time (RFC 3550, 6.2: 5 s at the least). */
const REPORT_EVERY_MS = 5000;

/** Tells nothing of the machine; the SSRC tells the senders apart. */
const CNAME = "camagent";

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
  const [ssrc = 0, sequence = 0, timestamp = 0] = random;
  const packetizer = new media.RtpH264Packetizer({
    ssrc,
    sequence: sequence & 0xffff,
    timestamp,
    maxPayload: payload,
  });
  const host = { media, ConfigError };
  const describer = new Describer(context, target, host, ready);
  await describer.begin();
  let latest: WireUnit | undefined;
  let reportedAt = -Infinity;
  const advice = oddPortAdvice(port);
  if (advice !== undefined) log.warn(advice);
  await udp.sendTo(target, viewers, context, {
    write: (unit) => packetizer.packetize(unit),
    async sent(unit) {
      latest = unit;
      await describer.describe(unit);
      if (runtime.now() - reportedAt < REPORT_EVERY_MS) return;
      reportedAt = runtime.now();
      await report(unit, false);
    },
  });
  // A receiver that cannot be reached any more needs no goodbye.
  if (latest !== undefined) await report(latest, true).catch(() => {});

  async function report(
    { data, pts }: WireUnit,
    goodbye: boolean,
  ): Promise<void> {
    const to = reportPort(port);
    if (to === undefined) return;
    const bytes = media.writeRtcp({
      ssrc,
      timestamp: packetizer.timestampOf(pts),
      realtime: media.readTiming(data)?.realtime ?? runtime.wallClock(),
      packets: packetizer.packets,
      octets: packetizer.octets,
      cname: CNAME,
      goodbye,
    });
    await socket.send(bytes, target.host, to);
  }
}
