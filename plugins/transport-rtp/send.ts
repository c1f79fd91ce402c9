/**
 * Access units as RTP packets, no faster than receivers can take them.
 *
 * @module
 */

import type {
  PluginContext,
  PluginHost,
  UdpTarget,
  UdpTransportOptions,
  Viewers,
} from "../../mod.ts";

/** How often receivers are told the time (RFC 3550, 6.2: 5 s at the least). */
const REPORT_EVERY_MS = 5000;

/** Sends until the agent stops, and says goodbye. */
export async function sendPackets(
  viewers: Viewers,
  { runtime, options, signal }: PluginContext<UdpTransportOptions>,
  { socket, host, port }: UdpTarget,
  media: PluginHost["media"],
): Promise<void> {
  using viewer = viewers.open(media.hostAndPort(host, port));
  const pacer = new media.Pacer();
  const [ssrc, sequence, timestamp] = crypto.getRandomValues(
    new Uint32Array(3),
  ) as unknown as [number, number, number];
  const packetizer = new media.RtpH264Packetizer({
    ssrc,
    sequence: sequence & 0xffff,
    timestamp,
    maxPayload: options.payload,
  });
  let latest: Parameters<typeof report>[0] | undefined;
  let reportedAt = -Infinity;
  for await (const unit of viewer.units) {
    const packets = packetizer.packetize(unit);
    pacer.begin(unit.data.length, unit.pts);
    for (const packet of packets) {
      const wait = pacer.take(packet.length, runtime.now());
      if (wait > 0) await runtime.sleep(wait, signal);
      await socket.send(packet, host, port);
    }
    latest = unit;
    if (runtime.now() - reportedAt < REPORT_EVERY_MS) continue;
    reportedAt = runtime.now();
    await report(unit, false);
  }
  if (latest !== undefined) await report(latest, true).catch(() => {});

  /** RTCP goes to the next port (RFC 3550, section 11). */
  async function report(
    { data, pts }: Parameters<typeof packetizer.packetize>[0],
    goodbye: boolean,
  ): Promise<void> {
    const bytes = media.writeRtcp({
      ssrc,
      timestamp: packetizer.timestampOf(pts),
      realtime: media.readTiming(data)?.realtime ?? runtime.wallClock(),
      packets: packetizer.packets,
      octets: packetizer.octets,
      cname: CNAME,
      goodbye,
    });
    await socket.send(bytes, host, port + 1);
  }
}

/** Tells nothing of the machine; the SSRC tells the senders apart. */
const CNAME = "camagent";
