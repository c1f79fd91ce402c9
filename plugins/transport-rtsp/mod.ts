/**
 * RTSP: a server of our own, `rtsp://0.0.0.0:8554/cam`, streams of cameras and
 * other servers, `rtsp://camera/stream`, and our own published to these,
 * `rtsp://server/cam?mode=publish`. What stands behind a `?` is the server's;
 * options of ours stand behind a `#`.
 *
 * @module
 */

import type { PluginHost } from "../../mod.ts";
import { ForeignCodecError } from "./client/describe.ts";
import { receive, receiveByFfmpeg } from "./client/mod.ts";
import { credentialsOf } from "./credentials.ts";
import { isPublishing, publishTo } from "./publish.ts";
import type { Way } from "./address.ts";
import { refuseOthers } from "./roles.ts";
import { Servers } from "./server/mod.ts";
import { trustOf } from "./tls.ts";

/** Version of the plugin contract this file is written for. */
export const apiVersion = 1;

/** SHA-256, as OpenSSL writes it, or without its colons. */
const FINGERPRINT = /^([\da-f]{2}:?){31}[\da-f]{2}$/i;

/** Serves, publishes to a server, and receives from one. */
export default (
  { z, option, defineTransport, ...host }: PluginHost,
) => {
  const { udp, ConfigError } = host;
  const servers = new Servers(host);
  return defineTransport({
    name: "transport-rtsp",
    schemes: ["rtsp", "rtsps"],
    description: "RTSP: a server, cameras, and publishing to servers",
    options: z.strictObject({
      client: z.enum(["auto", "ffmpeg"], "expected auto or ffmpeg")
        .default("auto")
        .meta({ description: "ffmpeg has FFmpeg ask; auto, where it must" }),
      transport: z.enum(["auto", "tcp", "udp"], "expected auto, tcp or udp")
        .default("auto")
        .meta({ description: "how packets go: tcp, udp, or what works" }),
      mode: z.literal("publish", "expected publish").optional()
        .meta({ description: "publish, to send to another server" }),
      ca: z.string().min(1, "expected a path").optional()
        .meta({ description: "rtsps: file of the certificates to trust" }),
      fingerprint: z.string()
        .regex(FINGERPRINT, "expected SHA-256 as 64 hexadecimal digits")
        .optional()
        .meta({ description: "rtsps: the one certificate to trust" }),
      user: z.string().min(1, "expected a name").optional()
        .meta({ description: "who alone may watch, or who we are there" }),
      passwordFile: z.string().min(1, "expected a path").optional()
        .meta({ description: "file of the user's password" }),
      cert: z.string().min(1, "expected a path").optional()
        .meta({ description: "server, rtsps: file of its certificate" }),
      key: z.string().min(1, "expected a path").optional()
        .meta({ description: "server, rtsps: file of its private key" }),
      multicast: z.string().optional()
        .meta({ description: "server: group for those who ask for one" }),
      ttl: udp.options.ttl,
      interface: udp.options.interface,
      maxViewers: option.integer(1, 1000).default(16)
        .meta({ description: "server: most viewers at a time" }),
      maxPerAddress: option.integer(1, 1000).default(8)
        .meta({ description: "server: most viewers from one address" }),
      sendBuffer: option.integer(4096, 1 << 20).default(16384)
        .meta({ description: "server: bytes kept for a slow viewer" }),
    }),

    async send(viewers, context, ready) {
      const { address, options } = context;
      if (options.mode === "publish" || isPublishing(address.resource)) {
        refuseOthers(address, "publisher", host);
        await publishTo(viewers, context, host);
      } else {
        refuseOthers(address, "server", host);
        await servers.serve(viewers, context, ready);
      }
    },

    async receive(asked) {
      refuseOthers(asked.address, "receiver", host);
      const { options, log } = asked;
      const credentials = await credentialsOf(asked, host);
      const address = { ...asked.address, ...credentials };
      const context = { ...asked, address };
      if (address.host === undefined) {
        throw new ConfigError(
          `Cannot receive from "${address.redacted}": it names no server`,
        );
      }
      const trust = await trustOf(context, host);
      const ways: Way[] = trust
        ? ["tcp"]
        : options.transport === "auto"
        ? ["tcp", "udp"]
        : [options.transport];
      if (options.client !== "ffmpeg") {
        try {
          return await receive(context, ways, trust, host);
        } catch (error) {
          if (!(error instanceof ForeignCodecError)) throw error;
          log.info(`FFmpeg receives it: ${error.message}`);
          const found = { ...context, address: error.address };
          return await receiveByFfmpeg(found, ways, trust, host);
        }
      }
      return await receiveByFfmpeg(context, ways, trust, host);
    },
  });
};
