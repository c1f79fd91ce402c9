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
import { reportPort } from "./port.ts";

/** What the module needs of the host. */
type Host = Pick<PluginHost, "udp" | "media"> & {
  /** What is known of the stream beforehand. */
  readonly sdp: Description | undefined;
};

/**
 * Takes packets, and reports from the next port where that is free.
 *
 * @param socket Belongs to the ingest, or is closed.
 */
export async function receivePackets(
  context: PluginContext<UdpTransportOptions>,
  socket: UdpSocket,
  host: string,
  { udp, media, sdp }: Host,
): Promise<Ingest> {
  const { runtime, log } = context;
  const receiver = new media.RtpReceiver(sdp);
  const reports = await openReports(context, { host, socket, udp });
  const closed = new AbortController();
  /** Pictures that were complete when their sender said goodbye. */
  const leftOver: RtpUnit[] = [];
  let wake = () => {};
  let peer = "";
  const reading = readReports();

  return {
    type: "units",
    connectionless: true,
    get peer() {
      return peer;
    },
    units: readUnits(),
    packets() {
      const { lost, reordered, ...counters } = receiver.statistics;
      const { late, duplicates, strays, invalid, foreign } = counters;
      const unread = late + duplicates + strays + invalid + foreign;
      return { lost, reordered, dropped: unread + socket.dropped() };
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
      const event = await nextEvent(next);
      if (event?.done) break;
      const now = runtime.now();
      if (event === undefined) {
        yield* finished([...leftOver.splice(0), ...receiver.expire(now)]);
        continue;
      }
      const { data, host, port } = event.value;
      const units = receiver.push(data, now);
      if (units.length > 0) peer = media.hostAndPort(host, port);
      yield* finished(units);
      next = packets.next();
    }
    yield* finished(receiver.flush(runtime.now()));
  }

  /** @returns `undefined` where something is due before the packet comes. */
  async function nextEvent(
    next: Promise<IteratorResult<Datagram>>,
  ): Promise<IteratorResult<Datagram> | undefined> {
    const due = Promise.withResolvers<undefined>();
    wake = () => due.resolve(undefined);
    if (leftOver.length > 0) wake();
    const { deadline } = receiver;
    using _timer = deadline === undefined ? undefined : wakeAt(deadline);
    return await Promise.race([next, due.promise]);
  }

  function wakeAt(deadline: Milliseconds): Disposable {
    const over = new AbortController();
    const wait = Math.max(0, deadline - runtime.now()) as Milliseconds;
    runtime.sleep(wait, over.signal).then(wake, () => {});
    return { [Symbol.dispose]: () => over.abort() };
  }

  function* finished(units: readonly RtpUnit[]): Generator<IngestUnit> {
    for (const unit of units) {
      const { capturedRealtime, restarted, ...rest } = unit;
      // Clocks that disagree would have pictures taken after they came.
      const ago = capturedRealtime === undefined
        ? undefined
        : Math.max(0, (runtime.wallClock() - capturedRealtime) / 1000);
      yield {
        ...rest,
        restart: restarted,
        ...(ago !== undefined &&
          { capturedAt: runtime.now() - ago as Milliseconds }),
      };
    }
  }

  async function readReports(): Promise<void> {
    try {
      for await (const { data } of reports?.datagrams ?? []) {
        // An odd port may be that of another stream, of a careless sender.
        if (!isReport(data)) continue;
        // Packets from before it may still wait to be read. A sender is not to
        // be forgotten at once either (RFC 3550, section 6.2.1).
        if (saysGoodbye(data)) {
          await runtime.sleep(media.MAX_REORDER_WINDOW, closed.signal);
        }
        leftOver.push(...receiver.push(data, runtime.now()));
        if (leftOver.length > 0) wake();
      }
    } catch (error) {
      if (!closed.signal.aborted) log.warn(withoutReports(error));
    }
  }

  function isReport(data: Uint8Array): boolean {
    const { senderReports, goodbyes } = media.parseRtcp(data);
    return senderReports.length + goodbyes.length > 0;
  }

  function saysGoodbye(data: Uint8Array): boolean {
    const { goodbyes } = media.parseRtcp(data);
    const { ssrc } = receiver.statistics;
    return ssrc !== undefined && goodbyes.includes(ssrc);
  }
}

/**
 * Opens the next port (RFC 3550, section 11). What a sender's clock says is
 * welcome, and no condition.
 */
async function openReports(
  context: PluginContext<UdpTransportOptions>,
  { host, socket, udp }:
    & Pick<PluginHost, "udp">
    & { readonly host: string; readonly socket: UdpSocket },
): Promise<UdpSocket | undefined> {
  const port = reportPort(socket.port);
  if (port === undefined) return undefined;
  const quiet = { ...context, log: { info() {}, warn() {} } };
  try {
    return await udp.openPort(quiet, { host, port });
  } catch (error) {
    if (context.signal.aborted) {
      await socket[Symbol.asyncDispose]();
      throw error;
    }
    context.log.warn(withoutReports(error));
    return undefined;
  }
}

function withoutReports(error: unknown): string {
  const why = error instanceof Error ? error.message : error;
  return `does without the sender's clock: ${why}`;
}
