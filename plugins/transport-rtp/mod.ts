/**
 * Video in RTP packets over UDP, to one receiver or to a multicast group:
 * `rtp://192.168.1.7:5004`, `rtp://239.1.1.1:5004`. Sends H.264 (RFC 6184);
 * receives H.264, H.265 (RFC 7798) and MJPEG (RFC 2435). Packets are numbered:
 * losses show, and what comes out of order is put right.
 *
 * @module
 */

import type { PluginHost, UdpTransportOptions } from "../../mod.ts";
import { readDescription } from "./description.ts";
import { receivePackets } from "./receive.ts";
import { sendPackets } from "./send.ts";

/** Version of the plugin contract this file is written for. */
export const apiVersion = 1;

/** RFC 3551, section 8; an even port, RTCP has the next (RFC 3550, 11). */
const DEFAULT_PORT = 5004;

/** What an address may say. */
export interface Options extends UdpTransportOptions {
  /** A session description to write, or to go by. */
  readonly sdp?: string | undefined;
}

/** Senders send to the address, receivers bind it; a group they join. */
export default (
  { z, udp, RtpUnits, media, defineTransport, ConfigError }: PluginHost,
) =>
  defineTransport({
    name: "transport-rtp",
    schemes: ["rtp"],
    description: "H.264 in RTP packets, unicast and multicast",
    options: z.strictObject({
      ...udp.options,
      sdp: z.string().min(1, "expected a path").optional()
        .meta({ description: "SDP file: senders write it, receivers read it" }),
    }),

    async send(viewers, context, ready) {
      const target = await udp.openTarget(context, DEFAULT_PORT);
      await using _ = target.socket;
      const host = { udp, media, ConfigError };
      await sendPackets(target, viewers, context, { ...host, ready });
    },

    async receive(context) {
      const { address, options } = context;
      const sdp = await readDescription(context, { media, ConfigError });
      const host = address.host ?? sdp?.host ?? "0.0.0.0";
      const port = address.port ?? sdp?.port ?? DEFAULT_PORT;
      const source = options.source ?? sdp?.sources?.[0];
      const filtered = { ...context, options: { ...options, source } };
      const socket = await udp.openPort(filtered, { host, port });
      const used = { udp, RtpUnits, media, sdp };
      return receivePackets(filtered, socket, host, used);
    },
  });
