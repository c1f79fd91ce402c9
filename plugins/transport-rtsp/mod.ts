/**
 * Streams of RTSP servers and cameras: `rtsp://camera/stream`, and our own to
 * others: `rtsp://server/cam?mode=publish`. FFmpeg speaks the protocol. What
 * stands behind a `?` is the server's; options of ours stand behind a `#`.
 *
 * @module
 */

import type { PluginHost } from "../../mod.ts";
import { publishTo } from "./publish.ts";
import { portOf, type Way } from "./request.ts";
import { RtspSession } from "./session.ts";
import { trustOf, Tunnel } from "./tls.ts";

/** Version of the plugin contract this file is written for. */
export const apiVersion = 1;

/**
 * How long the first way may take, where there is another one. GStreamer's
 * server on this machine takes 0.2 s.
 */
const TRY_MS = 3000;

/** How long the last way may take: whoever waits is told within 5 s. */
const LAST_MS = 4500;

/** SHA-256, as OpenSSL writes it, or without its colons. */
const FINGERPRINT = /^([\da-f]{2}:?){31}[\da-f]{2}$/i;

/** Receives from a server that is asked, and publishes to one. */
export default (
  { z, media, defineTransport, ConfigError, StreamError }: PluginHost,
) =>
  defineTransport({
    name: "transport-rtsp",
    schemes: ["rtsp", "rtsps"],
    description: "cameras and RTSP servers, through FFmpeg",
    options: z.strictObject({
      transport: z.enum(["auto", "tcp", "udp"], "expected auto, tcp or udp")
        .default("auto")
        .meta({ description: "how packets go: tcp, udp, or what works" }),
      mode: z.literal("publish", "expected publish").optional()
        .meta({ description: "publish, to send to a server" }),
      ca: z.string().min(1, "expected a path").optional()
        .meta({ description: "rtsps: file of the certificates to trust" }),
      fingerprint: z.string()
        .regex(FINGERPRINT, "expected SHA-256 as 64 hexadecimal digits")
        .optional()
        .meta({ description: "rtsps: the one certificate to trust" }),
    }),

    async send(viewers, context) {
      await publishTo(viewers, context, { media, ConfigError, StreamError });
    },

    async receive(context) {
      const { address, options: { transport }, runtime, log } = context;
      if (address.host === undefined) {
        throw new ConfigError(
          `Cannot receive from "${address.redacted}": it names no server`,
        );
      }
      const host = { media, ConfigError, StreamError };
      const startedAt = runtime.now();
      const trust = await trustOf(context, host);
      await using stack = new AsyncDisposableStack();
      const tunnel = trust &&
        stack.use(await Tunnel.open(context, trust, host));
      const ways: Way[] = tunnel
        ? ["tcp"]
        : transport === "auto"
        ? ["tcp", "udp"]
        : [transport];
      for (const way of ways) {
        const isLast = way === ways.at(-1);
        // What it took to connect to the server counts as well.
        const patience = tunnel
          ? LAST_MS - (runtime.now() - startedAt)
          : isLast
          ? LAST_MS
          : TRY_MS;
        const at = tunnel?.addressOf(address) ?? address;
        const session = await RtspSession.start(context, at, way, host);
        try {
          if (await session.hasPicture(media.ms(patience))) {
            log.info(`receives over ${tunnel ? "TLS" : way}`);
            stack.use(session);
            return open(session, {
              peer: media.hostAndPort(address.host, portOf(address)),
              lossy: way === "udp",
              dispose: stack.move(),
            });
          }
          log.warn(`no picture over ${way} so far`);
        } catch (error) {
          await session[Symbol.asyncDispose]();
          const isWayOut = error instanceof StreamError &&
            error.failure === "undecodable";
          if (isLast || !isWayOut) throw error;
        }
        await session[Symbol.asyncDispose]();
        context.signal.throwIfAborted();
      }
      throw new StreamError(
        "stalled",
        `${address.redacted} sent no picture within ${LAST_MS / 1000} s`,
      );
    },
  });

function open(
  session: RtspSession,
  { peer, lossy, dispose }: {
    readonly peer: string;
    readonly lossy: boolean;
    readonly dispose: AsyncDisposableStack;
  },
) {
  return {
    type: "units" as const,
    peer,
    lossy,
    units: session.units(),
    [Symbol.asyncDispose]: () => dispose.disposeAsync(),
  };
}
