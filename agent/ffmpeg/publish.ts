/**
 * FFmpeg as one viewer, which passes everything on to a server.
 *
 * @module
 */

import { ConfigError, ProcessError, StreamError } from "../errors.ts";
import type { MuxerJob, Viewers } from "../plugin/transport.ts";
import { type MuxerSurroundings, openMuxer } from "./muxer.ts";

/** What FFmpeg says where a password is wrong, or is missing. */
const LOCKED = /\b401\b|Unauthorized|authorization failed|authentication fail/i;

/** What it says where there is nobody. */
const ABSENT = /refused|timed out|unreachable|No route|resolve hostname/i;

/**
 * Publishes until `signal` aborts.
 *
 * @param server Names the server, without secrets.
 * @throws {ConfigError} If the server wants other credentials.
 * @throws {StreamError} "refused" if it does not answer, "ended" if the stream
 * has ended.
 * @throws {ProcessError} If FFmpeg failed otherwise.
 */
export async function publish(
  job: MuxerJob,
  viewers: Viewers,
  server: string,
  around: MuxerSurroundings,
): Promise<never> {
  around.signal.throwIfAborted();
  try {
    await using muxer = await openMuxer(job, around);
    using viewer = viewers.open(server);
    // Between two pictures as well.
    muxer.failed.catch(() => viewer[Symbol.dispose]());
    for await (const unit of viewer.units) await muxer.write(unit);
    await muxer.end();
  } catch (error) {
    throw explained(error, server);
  }
  around.signal.throwIfAborted();
  throw new StreamError("ended", `${server} has everything`);
}

function explained(cause: unknown, server: string): unknown {
  if (!(cause instanceof ProcessError)) return cause;
  const said = cause.stderrTail.join("\n");
  if (LOCKED.test(said)) {
    return new ConfigError(
      `Cannot publish to ${server}: it wants another user or password`,
      { cause },
    );
  }
  if (!ABSENT.test(said)) return cause;
  return new StreamError("refused", `${server} does not answer`, { cause });
}
