/**
 * H.264 in MPEG-TS, published to an SRT server:
 * `srt://server:8890?streamid=publish:cam`.
 *
 * @module
 */

import type { PluginHost } from "../../mod.ts";

/** Version of the plugin contract this file is written for. */
export const apiVersion = 1;

/** Seven packets of MPEG-TS: what SRT sends in one of its own. */
const PACKET_BYTES = 7 * 188;

/** Calls a server, and publishes. */
export default ({ z, option, media, ...host }: PluginHost) => {
  const { defineTransport, ConfigError } = host;
  return defineTransport({
    name: "transport-srt",
    schemes: ["srt"],
    description: "publishes to an SRT server, through FFmpeg",
    options: z.strictObject({
      streamid: z.string().max(512, "expected 512 characters at most")
        .default("")
        .meta({ description: "what the server is to call the stream" }),
      passphrase: z.string()
        .regex(/^.{10,79}$/, "expected 10 to 79 characters")
        .optional()
        .meta({ description: "encrypts the stream" }),
      latency: option.duration().default(120)
        .meta({ description: "how long losses are repaired, as 200ms" }),
    }),

    async send(viewers, context) {
      const { address, options } = context;
      media.refusePath(address);
      const { host, port, redacted } = address;
      if (host === undefined || port === undefined) {
        throw new ConfigError(
          `Cannot publish to "${redacted}": it names no server and port`,
        );
      }
      const { streamid, passphrase, latency } = options;
      await context.publish(
        {
          output: [
            ...[
              "-latency",
              `${latency * 1000}`,
              "-pkt_size",
              `${PACKET_BYTES}`,
            ],
            ...["-muxdelay", "0", "-muxpreload", "0", "-flush_packets", "1"],
            ...["-f", "mpegts", `srt://${media.hostAndPort(host, port)}`],
          ],
          secrets: {
            ...(streamid !== "" && { streamid }),
            ...(passphrase !== undefined && { passphrase }),
          },
        },
        viewers,
        media.hostAndPort(host, port),
      );
    },
  });
};
