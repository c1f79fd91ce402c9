/**
 * From what a transport delivers to access units.
 *
 * @module
 */

import { Remuxer } from "../ffmpeg/remuxer.ts";
import { isLoopback } from "../media/ip_address.ts";
import { isRtcp, parseRtp, RtpReceiver } from "../media/rtp/mod.ts";
import type { Milliseconds } from "../media/time.ts";
import type { Logger } from "../plugin/context.ts";
import { RtpUnits } from "../plugin/rtp.ts";
import type { Runtime } from "../plugin/runtime.ts";
import type {
  ByteIngest,
  DatagramIngest,
  Ingest,
  IngestDatagram,
  PacketStatistics,
  UnitIngest,
} from "../plugin/transport.ts";
import { ByteStream, type ForeignStream } from "./byte_stream.ts";
import { DatagramFlow } from "./datagram_flow.ts";
import { DatagramStream } from "./datagram_stream.ts";
import { NO_PACKETS, sumPackets } from "./packet_counts.ts";
import { QuietGap } from "./quiet_gap.ts";
import type { ArrivedUnit } from "./received_unit.ts";
import type { StreamFormat } from "./unit_reader.ts";

/** What an intake works with. */
export interface IntakeContext {
  /** The machine. */
  readonly runtime: Runtime;
  /** Gets what the operator should know. */
  readonly log: Logger;
  /** Ends what was started to take the stream apart. */
  readonly signal: AbortSignal;
  /** What is sent. Absent: to be found out. */
  readonly format: StreamFormat | undefined;
}

/** What an intake tells of a stream. */
export interface IntakeEvents {
  /** Something of it has come. */
  progress(): void;
  /**
   * Another sender, or the same one anew: all that is known is void.
   *
   * @param lossy Whether bytes may be missing, and nothing numbers them.
   */
  begin(lossy: boolean): void;
  /** An access unit, owned by the receiver. */
  unit(unit: ArrivedUnit): void;
}

/** Takes what one open transport delivers. */
export class Intake {
  readonly #ingest: Ingest;
  readonly #context: IntakeContext;
  readonly #events: IntakeEvents;
  #peer: string;
  #format: string | undefined;
  /** Reads RTP that came to a port of anything. */
  #rtp: RtpUnits | undefined;
  /** Of those before it. */
  #packets = NO_PACKETS;

  /** @param ingest Stays with the caller, who closes it. */
  constructor(ingest: Ingest, context: IntakeContext, events: IntakeEvents) {
    this.#ingest = ingest;
    this.#context = context;
    this.#events = events;
    this.#peer = ingest.peer;
  }

  /** Who sends; empty while that is not known. */
  get peer(): string {
    return this.#peer;
  }

  /** What is sent, once that is clear. */
  get format(): string | undefined {
    return this.#format;
  }

  /** How packets fare that the transport itself does not look into. */
  packets(): PacketStatistics {
    return sumPackets(this.#packets, this.#rtp?.packets());
  }

  /**
   * Takes everything. Called once.
   *
   * @throws {StreamError} "undecodable" if it is no video.
   */
  async run(): Promise<void> {
    const ingest = this.#ingest;
    switch (ingest.type) {
      case "bytes":
        this.#events.begin(false);
        return await this.#takeBytes(ingest);
      case "datagrams":
        this.#events.begin(true);
        return await this.#takeDatagrams(ingest);
      case "units":
        this.#events.begin(ingest.lossy ?? false);
        return await this.#takeUnits(ingest, () => ingest.peer);
    }
  }

  async #takeBytes({ chunks }: ByteIngest): Promise<void> {
    const { runtime, format } = this.#context;
    const stream = new ByteStream(this.#peer, { format, mayProbe: true });
    const gap = isOfThisMachine(this.#peer) ? new QuietGap() : undefined;
    const iterator = chunks[Symbol.asyncIterator]();
    while (stream.foreign === undefined) {
      const next = iterator.next();
      const isOpen = stream.isInPicture;
      if (gap && isOpen && await this.#isQuiet(next, gap.wait)) {
        gap.end();
        this.#push(stream.flush());
      }
      const { value, done } = await next;
      if (done) return this.#push(stream.flush());
      gap?.take(stream.isBorder(value), isOpen, runtime.now());
      const units = stream.push(value);
      this.#format = stream.format;
      if (stream.format !== undefined) this.#events.progress();
      this.#push(units);
    }
    const rest = { [Symbol.asyncIterator]: () => iterator };
    await this.#takeForeign(stream.foreign, rest);
  }

  /**
   * Tells whether nothing comes for a while. Asked at every turn of the event
   * loop: a timer of 1 ms takes 2.1 in Deno 2.9.6, which every picture would.
   */
  async #isQuiet(next: Promise<unknown>, wait: Milliseconds): Promise<boolean> {
    if (wait === Infinity) return false;
    const { runtime, signal } = this.#context;
    let hasCome = false;
    const come = () => void (hasCome = true);
    next.then(come, come);
    const end = runtime.now() + wait;
    while (!hasCome && !signal.aborted && runtime.now() < end) {
      await runtime.turn();
    }
    return !hasCome;
  }

  async #takeDatagrams({ datagrams }: DatagramIngest): Promise<void> {
    const { runtime, log, format } = this.#context;
    const flow = new DatagramFlow(datagrams, runtime);
    let stream = new DatagramStream(log.warn, format);
    for (let next; (next = await flow.next()) !== undefined;) {
      const units = stream.push(next, runtime.now());
      const { peer, packets, foreign } = stream;
      if (peer !== undefined) this.#peer = peer;
      if (next.peer === peer) this.#events.progress();
      this.#format = stream.format;
      for (const unit of units) {
        if (unit.restart) this.#events.begin(true);
        this.#events.unit(unit);
      }
      if (packets) await this.#takeRtp(packets, flow);
      else if (foreign) {
        const rest = bytesOf(flow.whileFrom((one) => one.peer === peer));
        await this.#takeForeign(foreign, rest);
      } else continue;
      stream = new DatagramStream(log.warn, format);
    }
  }

  async #takeRtp(
    first: readonly Uint8Array[],
    flow: DatagramFlow,
  ): Promise<void> {
    const reader = new RtpUnits(new RtpReceiver(), this.#context.runtime);
    this.#packets = this.packets();
    this.#rtp = reader;
    this.#events.begin(false);
    for (const packet of first) reader.report(packet);
    const packets = flow.whileFrom(({ data }) => isRtpOrRtcp(data));
    const units = reader.readAll(packets);
    await this.#takeUnits({ units }, () => reader.peer, "rtp");
  }

  async #takeUnits(
    { units, lossy = false }: Pick<UnitIngest, "units" | "lossy">,
    peer: () => string,
    format?: StreamFormat,
  ): Promise<void> {
    for await (const unit of units) {
      this.#events.progress();
      this.#peer = peer();
      this.#format = format ?? unit.codec ?? "h264";
      if (unit.restart) this.#events.begin(lossy);
      this.#events.unit({ ...unit, data: unit.data.slice() });
    }
  }

  /** Has FFmpeg take a stream apart, to its end. */
  async #takeForeign(
    { format, head }: ForeignStream,
    rest: AsyncIterable<Uint8Array<ArrayBuffer>>,
  ): Promise<void> {
    const { runtime, signal } = this.#context;
    await using remuxer = await Remuxer.start({ format }, { runtime, signal });
    await Promise.race([
      remuxer.failed,
      Promise.all([this.#feed(remuxer, head, rest), this.#drain(remuxer)]),
    ]);
  }

  async #feed(
    remuxer: Remuxer,
    head: Uint8Array<ArrayBuffer>,
    rest: AsyncIterable<Uint8Array<ArrayBuffer>>,
  ): Promise<void> {
    if (head.length > 0) await remuxer.write(head);
    for await (const chunk of rest) {
      this.#events.progress();
      await remuxer.write(chunk);
    }
    remuxer.endInput();
  }

  async #drain({ units }: Remuxer): Promise<void> {
    for await (const unit of units) {
      this.#events.unit({ ...unit, damaged: false, discontinuity: false });
    }
  }

  #push(units: readonly ArrivedUnit[]): void {
    for (const unit of units) this.#events.unit(unit);
  }
}

/** A network pauses where it likes; here only the sender does. */
function isOfThisMachine(peer: string): boolean {
  return isLoopback(peer.replace(/:\d+$/, "").replace(/^\[|\]$/g, ""));
}

function isRtpOrRtcp(datagram: Uint8Array): boolean {
  return isRtcp(datagram) || parseRtp(datagram) !== undefined;
}

async function* bytesOf(
  datagrams: AsyncIterable<IngestDatagram>,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for await (const { data } of datagrams) yield data;
}
