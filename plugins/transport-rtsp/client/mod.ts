/**
 * Receiving from a server, in the way that works.
 *
 * @module
 */

import type {
  Ingest,
  IngestUnit,
  Milliseconds,
  PacketStatistics,
  PluginContext,
  TlsOptions,
} from "../../../mod.ts";
import { portOf, type Way } from "../address.ts";
import { FfmpegSession } from "./ffmpeg.ts";
import { type ClientHost, PlayingSession } from "./session.ts";
import { WayError } from "./way_error.ts";

/**
 * How long the first way may take, where there is another one. GStreamer's
 * server on this machine takes 0.2 s.
 */
const TRY_MS = 3000;

/** How long the last way may take: whoever waits is told within 5 s. */
const LAST_MS = 4500;

/** A session that has been begun. */
interface Attempt extends AsyncDisposable {
  hasPicture(within: Milliseconds): Promise<boolean>;
  units(): AsyncGenerator<IngestUnit>;
  packets?(): PacketStatistics;
}

/**
 * Asks by ourselves.
 *
 * @throws {ForeignCodecError} If the video is none that we read.
 */
export function receive(
  context: PluginContext<unknown>,
  ways: readonly Way[],
  tls: TlsOptions | undefined,
  host: ClientHost,
): Promise<Ingest> {
  return firstThatWorks(context, ways, host, {
    name: (way) => tls ? "TLS" : way,
    start: (way, deadline) =>
      PlayingSession.start(context, way, tls, host, deadline),
    isLossy: () => false,
  });
}

/**
 * Has FFmpeg ask.
 *
 * @throws {ConfigError} If it would be told a password for datagrams: it might
 * show that to any other server.
 */
export async function receiveByFfmpeg(
  context: PluginContext<unknown>,
  ways: readonly Way[],
  tls: TlsOptions | undefined,
  host: ClientHost,
): Promise<Ingest> {
  const { address } = context;
  const safe = address.username === undefined
    ? ways
    : ways.filter((way) => way === "tcp");
  if (safe.length === 0) {
    throw new host.ConfigError(
      `Cannot receive from "${address.redacted}": FFmpeg is told no password ` +
        "for datagrams; leave transport=udp out",
    );
  }
  return await firstThatWorks(context, safe, host, {
    name: (way) => `${tls ? "TLS" : way}, through FFmpeg`,
    start: (way) => FfmpegSession.start(context, way, tls, host),
    isLossy: (way) => way === "udp",
  });
}

async function firstThatWorks(
  { address, runtime, signal, log }: PluginContext<unknown>,
  ways: readonly Way[],
  { media, StreamError }: ClientHost,
  { name, start, isLossy }: {
    name(way: Way): string;
    start(way: Way, deadline: Milliseconds): Promise<Attempt>;
    isLossy(way: Way): boolean;
  },
): Promise<Ingest> {
  for (const way of ways) {
    const isLast = way === ways.at(-1);
    // What it takes to ask counts as well.
    const deadline = media.ms(runtime.now() + (isLast ? LAST_MS : TRY_MS));
    let session: Attempt | undefined;
    try {
      session = await start(way, deadline);
      const patience = media.ms(Math.max(0, deadline - runtime.now()));
      if (await session.hasPicture(patience)) {
        log.info(`receives over ${name(way)}`);
        const opened = session;
        return {
          type: "units",
          peer: media.hostAndPort(address.host!, portOf(address)),
          ...(isLossy(way) && { lossy: true }),
          units: opened.units(),
          ...(opened.packets && { packets: () => opened.packets!() }),
          [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
        };
      }
      log.warn(`no picture over ${name(way)} so far`);
      await session[Symbol.asyncDispose]();
    } catch (error) {
      await session?.[Symbol.asyncDispose]();
      if (!(error instanceof WayError)) throw error;
      if (isLast || signal.aborted) throw error.cause;
      log.info(`${error.message}; asks for another way`);
    }
    signal.throwIfAborted();
  }
  throw new StreamError(
    "stalled",
    `${address.redacted} sent no picture within ${LAST_MS / 1000} s`,
  );
}
