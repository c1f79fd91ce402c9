/**
 * Streams of RTSP servers and cameras: `rtsp://camera/stream`, and our own to
 * others: `rtsp://server/cam?mode=publish`. FFmpeg speaks the protocol. What
 * stands behind a `?` is the server's; options of ours stand behind a `#`.
 *
 * @module
 */

import type { PluginHost } from "../../mod.ts";
import { publishTo } from "./publish.ts";
import { DEFAULT_PORT, type Way } from "./request.ts";
import { RtspSession } from "./session.ts";

/** Version of the plugin contract this file is written for. */
export const apiVersion = 1;

/**
 * How long the first way may take, where there is another one. GStreamer's
 * server on this machine takes 0.2 s.
 */
const TRY_MS = 3000;

/** How long the last way may take: whoever waits is told within 5 s. */
const LAST_MS = 4500;

/** Receives from a server that is asked, and publishes to one. */
export default (
  { z, media, defineTransport, ConfigError, StreamError }: PluginHost,
) =>
  defineTransport({
    name: "transport-rtsp",
    schemes: ["rtsp"],
    description: "cameras and RTSP servers, through FFmpeg",
    options: z.strictObject({
      transport: z.enum(["auto", "tcp", "udp"], "expected auto, tcp or udp")
        .default("auto")
        .meta({ description: "how packets go: tcp, udp, or what works" }),
      mode: z.literal("publish", "expected publish").optional()
        .meta({ description: "publish, to send to a server" }),
    }),

    async send(viewers, context) {
      await publishTo(viewers, context, { media, ConfigError, StreamError });
    },

    async receive(context) {
      const { address, options: { transport }, signal, log } = context;
      if (address.host === undefined) {
        throw new ConfigError(
          `Cannot receive from "${address.redacted}": it names no server`,
        );
      }
      const host = { media, ConfigError, StreamError };
      const ways: Way[] = transport === "auto" ? ["tcp", "udp"] : [transport];
      for (const way of ways) {
        const isLast = way === ways.at(-1);
        const session = await RtspSession.start(context, way, host);
        try {
          if (await session.hasPicture(media.ms(isLast ? LAST_MS : TRY_MS))) {
            log.info(`receives over ${way}`);
            const { host: name, port = DEFAULT_PORT } = address;
            const peer = media.hostAndPort(name, port);
            return open(session, peer, way === "udp");
          }
          log.warn(`no picture over ${way} so far`);
        } catch (error) {
          await session[Symbol.asyncDispose]();
          const isWayOut = error instanceof StreamError &&
            error.failure === "undecodable";
          if (isLast || !isWayOut) throw error;
        }
        await session[Symbol.asyncDispose]();
        signal.throwIfAborted();
      }
      throw new StreamError(
        "stalled",
        `${address.redacted} sent no picture within ${LAST_MS / 1000} s`,
      );
    },
  });

function open(session: RtspSession, peer: string, lossy: boolean) {
  return {
    type: "units" as const,
    peer,
    lossy,
    units: session.units(),
    [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
  };
}
