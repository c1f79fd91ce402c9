/**
 * RTP packets of a port that stays bound, as access units.
 *
 * @module
 */

import type {
  Datagram,
  Ingest,
  IngestUnit,
  Milliseconds,
  PluginContext,
  PluginHost,
  RtpUnit,
  UdpSocket,
  UdpTransportOptions,
} from "../../mod.ts";
import type { Description } from "./description.ts";

/** What the module needs of the host. */
type Host = Pick<PluginHost, "udp" | "media"> & {
  /** What is known of the stream beforehand. */
  readonly sdp: Description | undefined;
};

/**
 * Takes packets, and reports from the next port where that is free.
 *
 * @param socket Belongs to the ingest from here on.
 */
export async function receivePackets(
  context: PluginContext<UdpTransportOptions>,
  socket: UdpSocket,
  host: string,
  { udp, media, sdp }: Host,
): Promise<Ingest> {
  const { runtime } = context;
  const receiver = new media.RtpReceiver(sdp);
  const reports = await openReports();
  const reading = readReports();
  const closed = new AbortController();
  let peer = "";

  return {
    type: "units",
    connectionless: true,
    get peer() {
      return peer;
    },
    units: readUnits(),
    packets() {
      const { lost, reordered, late, duplicates, invalid, foreign } =
        receiver.statistics;
      const dropped = late + duplicates + invalid + foreign + socket.dropped();
      return { lost, reordered, dropped };
    },
    async [Symbol.asyncDispose]() {
      closed.abort();
      await socket[Symbol.asyncDispose]();
      await reports?.[Symbol.asyncDispose]();
      await reading;
    },
  };

  async function* readUnits(): AsyncGenerator<IngestUnit> {
    const packets = socket.datagrams[Symbol.asyncIterator]();
    let next = packets.next();
    while (true) {
      const { value, done } = await nextEvent(next, receiver.deadline);
      if (done) break;
      const now = runtime.now();
      if (value === undefined) {
        yield* finished(receiver.expire(now));
        continue;
      }
      const units = receiver.push(value.data, now);
      if (units.length > 0) peer = media.hostAndPort(value.host, value.port);
      yield* finished(units);
      next = packets.next();
    }
    yield* finished(receiver.flush(runtime.now()));
  }

  /** @returns No value where the deadline came first. */
  async function nextEvent(
    next: Promise<IteratorResult<Datagram>>,
    deadline: Milliseconds | undefined,
  ): Promise<{ value?: Datagram | undefined; done?: boolean | undefined }> {
    if (deadline === undefined) return await next;
    const over = new AbortController();
    const wait = Math.max(0, deadline - runtime.now()) as Milliseconds;
    const signal = AbortSignal.any([over.signal, closed.signal]);
    const late = runtime.sleep(wait, signal).then(() => ({}), () => next);
    try {
      return await Promise.race([next, late]);
    } finally {
      over.abort();
    }
  }

  function* finished(units: readonly RtpUnit[]): Generator<IngestUnit> {
    for (const unit of units) {
      const { capturedRealtime, restarted, ...rest } = unit;
      const ago = capturedRealtime === undefined
        ? undefined
        : (runtime.wallClock() - capturedRealtime) / 1000;
      yield {
        ...rest,
        restart: restarted,
        ...(ago !== undefined &&
          { capturedAt: runtime.now() - ago as Milliseconds }),
      };
    }
  }

  /** What a sender's clock says is welcome, and no condition. */
  async function openReports(): Promise<UdpSocket | undefined> {
    const port = socket.port + 1;
    const quiet = { ...context, log: { info() {}, warn() {} } };
    try {
      return await udp.openPort(quiet, { host, port });
    } catch (error) {
      context.signal.throwIfAborted();
      const why = error instanceof Error ? error.message : error;
      context.log.warn(`does without the sender's clock: ${why}`);
      return undefined;
    }
  }

  async function readReports(): Promise<void> {
    if (reports === undefined) return;
    for await (const { data } of reports.datagrams) {
      // The last picture of a sender that says goodbye has been delivered.
      receiver.push(data, runtime.now());
    }
  }
}
