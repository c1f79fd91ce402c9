/**
 * H.264 published to an RTMP server: `rtmp://server/live/key`. What stands
 * behind a `?` is the server's.
 *
 * @module
 */

import type { PluginHost } from "../../mod.ts";
import { streamOf } from "./stream.ts";

/** Version of the plugin contract this file is written for. */
export const apiVersion = 1;

/** Adobe's RTMP specification 1.0, section 5. */
const DEFAULT_PORT = 1935;

/** Calls a server, and publishes. */
export default ({ z, media, defineTransport, ConfigError }: PluginHost) =>
  defineTransport({
    name: "transport-rtmp",
    schemes: ["rtmp"],
    description: "publishes to an RTMP server, through FFmpeg",
    options: z.strictObject({}),

    async send(viewers, context) {
      const { host, port, username, resource, redacted } = context.address;
      const refusal = (why: string) =>
        new ConfigError(`Cannot publish to "${redacted}": ${why}`);
      if (host === undefined) throw refusal("it names no server");
      if (username !== undefined) {
        throw refusal(
          "servers of RTMP take a user and a password behind the stream, as " +
            "in ?user=me&pass=secret",
        );
      }
      const stream = streamOf(resource ?? "");
      if (stream === undefined) {
        throw refusal("it names no stream, such as rtmp://server/live/key");
      }
      const server = media.hostAndPort(host, port ?? DEFAULT_PORT);
      await context.publish(
        {
          output: [
            ...["-flvflags", "no_duration_filesize", "-flush_packets", "1"],
            ...["-f", "flv", `rtmp://${server}`],
          ],
          // Whoever has the key may publish.
          secrets: {
            "rtmp_app": stream.application,
            "rtmp_playpath": stream.key,
          },
        },
        viewers,
        server,
      );
    },
  });
