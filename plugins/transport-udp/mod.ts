/**
 * H.264 in UDP datagrams, to one receiver or to a multicast group:
 * `udp://192.168.1.7:5004`, `udp://239.1.1.1:5004`. The datagrams are pieces
 * of an Annex B byte stream, as GStreamer, FFmpeg and rpicam-vid send and read
 * it; nothing numbers them.
 *
 * @module
 */

import type { PluginContext, PluginHost } from "../../mod.ts";
import { receiveDatagrams } from "./receive.ts";
import { sendDatagrams } from "./send.ts";

/** Version of the plugin contract this file is written for. */
export const apiVersion = 1;

/** The port that RFC 3551, section 8, has for media, and players try first. */
export const DEFAULT_PORT = 5004;

/** What an address may say. */
export interface Options {
  /** Largest datagram that is sent, without the headers of IP and UDP. */
  readonly payload: number;
  /** How far a group's datagrams get. */
  readonly ttl: number;
  /** Where the group is. */
  readonly interface?: string | undefined;
  /** Whether this machine gets what it sends to a group. */
  readonly loopback: boolean;
  /** Who alone is listened to. */
  readonly source?: string | undefined;
}

/** Senders send to the address, receivers bind it; a group they join. */
export default ({ z, option, media, ConfigError, ...host }: PluginHost) => {
  return host.defineTransport({
    name: "transport-udp",
    schemes: ["udp"],
    description: "H.264 in UDP datagrams, unicast and multicast",
    options: z.strictObject({
      // 1500 of Ethernet less IPv6 and tunnels, as MediaMTX has it.
      payload: option.integer(64, 65_507).default(1452)
        .meta({ description: "most bytes of a datagram that is sent" }),
      ttl: option.integer(0, 255).default(1)
        .meta({ description: "routers that a group's datagrams may pass" }),
      interface: z.string().optional()
        .meta({ description: "where a group is: eth0, or its address" }),
      loopback: option.flag().default(true)
        .meta({ description: "whether this machine gets what it sends" }),
      source: z.string().optional()
        .meta({ description: "the only sender to listen to" }),
    }),

    async send(viewers, context, ready) {
      const { address, options, runtime, signal } = context;
      const { host = "", port = DEFAULT_PORT, redacted } = address;
      const refuse = (why: string) =>
        new ConfigError(`Cannot send to "${redacted}": ${why}`);
      if (options.source !== undefined) {
        throw refuse("?source= is for receivers");
      }
      if (port === 0) throw refuse("it has no port");
      if (host === "" || media.isWildcard(host)) {
        throw refuse(
          "it names no receiver; name one such as udp://192.168.1.7:5004, " +
            "or a group such as udp://239.1.1.1:5004",
        );
      }
      const to = { host: await runtime.resolveHost(host, signal), port };
      await sendDatagrams(viewers, context, to, { media, ready });
    },

    async receive(context) {
      const { address, options, runtime, signal } = context;
      const { host = "0.0.0.0", port = DEFAULT_PORT } = address;
      const at = { host: await runtime.resolveHost(host, signal), port };
      const source = options.source === undefined
        ? undefined
        : await runtime.resolveHost(options.source, signal);
      if (options.interface !== undefined && !media.isMulticast(at.host)) {
        throw new ConfigError(
          `Cannot receive from "${address.redacted}": ?interface= is for ` +
            "groups; bind the interface's address instead",
        );
      }
      return await receiveDatagrams(context, at, source, {
        media,
        ConfigError,
      });
    },
  });
};
