/**
 * The first stage of receiving: a transport, kept running, into the hub.
 *
 * @module
 */

import { ConfigError, StreamError } from "../errors.ts";
import { AccessUnitHub } from "../media/access_unit_hub.ts";
import { RateMeter } from "../media/meter.ts";
import { readTiming } from "../media/timing_sei.ts";
import { checkInput } from "../plugin/reserved.ts";
import type {
  ByteIngest,
  DatagramIngest,
  Ingest,
  PacketStatistics,
  UnitIngest,
} from "../plugin/transport.ts";
import { bootTag } from "../runtime/boot.ts";
import { createStatus } from "../watchdog/status.ts";
import { type Attempt, supervise } from "../watchdog/supervisor.ts";
import { AccessUnitGate, type LossPolicy } from "./access_unit_gate.ts";
import { DatagramStream } from "./datagram_stream.ts";
import type { DecoderInput } from "./decode_stage.ts";
import { ElementaryStream } from "./elementary_stream.ts";
import { LossDetector } from "./loss_detector.ts";
import {
  type ArrivedUnit,
  type ReceivedUnit,
  UnitReceiver,
} from "./received_unit.ts";
import type { RecvOptions } from "./recv.ts";
import type { RecvStatus } from "./status.ts";

/**
 * A sender that was started again wants to be found within three seconds, and
 * may have to load FFmpeg first. Asking costs one packet.
 */
const LONGEST_PAUSE_MS = 1000;

/** Silence on a connection that is a failure. */
const STALL_MS = 2000;

/** One input address and what comes from it. */
export class InputStage implements DecoderInput {
  /** Access units as they arrive. */
  readonly hub: AccessUnitHub<ReceivedUnit>;
  /** What becomes of pictures that are known to be damaged. */
  readonly loss: LossPolicy;
  readonly #options: RecvOptions;
  readonly #pluginOptions: unknown;
  readonly #supervisor;
  readonly #receiver: UnitReceiver;
  readonly #losses = new LossDetector();
  readonly #gate: AccessUnitGate;
  readonly #rate = new RateMeter();
  #units = 0;
  #damaged = 0;
  #newestAt = 0;
  #stallMs = Infinity;
  /** What is open now, and who sends. */
  #ingest: Ingest | undefined;
  #peer: string | undefined;
  #format: string | undefined;
  /** Of the streams before this one. */
  #packets: PacketStatistics = { lost: 0, reordered: 0, dropped: 0 };

  /** @throws {ConfigError} If an option of the address is wrong. */
  constructor(options: RecvOptions) {
    const { plugin, address } = options.input;
    if (plugin.receive === undefined) {
      throw new ConfigError(
        `Cannot receive from "${address.redacted}": ${plugin.name} only sends`,
      );
    }
    this.#options = options;
    this.hub = new AccessUnitHub(() => options.runtime.now());
    const { reserved, options: own } = checkInput(plugin, address);
    this.#pluginOptions = own;
    this.loss = reserved.loss;
    this.#gate = new AccessUnitGate(reserved.loss);
    this.#supervisor = createStatus(options.runtime.now());
    this.#receiver = new UnitReceiver(options.runtime, bootTag);
  }

  /** The origin of the newest access unit there is. */
  get newestAt(): number {
    return this.#newestAt;
  }

  /** How far keyframes are apart. */
  get keyframeDistance(): number {
    return this.#receiver.keyframeDistance;
  }

  /** Runs until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { input, runtime, log, maxRetries } = this.#options;
    await supervise((attempt) => this.#attempt(attempt), {
      subject: input.address.redacted,
      signal,
      clock: runtime,
      log: log("recv input"),
      maxRetries,
      status: this.#supervisor,
      stall: {
        stallMs: () => this.#stallMs,
        restart: () => !this.#ingest?.connectionless,
      },
      longestPauseMs: LONGEST_PAUSE_MS,
    });
  }

  /** How it goes. */
  status(): RecvStatus["input"] {
    const { runtime, input } = this.#options;
    const rate = this.#rate.read(runtime.now());
    const stream = this.#receiver.stream;
    return {
      address: input.address.redacted,
      supervisor: this.#supervisor,
      ...(this.#peer && { peer: this.#peer }),
      ...(this.#format && { format: this.#format }),
      ...(stream && { size: `${stream.width}x${stream.height}` }),
      units: this.#units,
      damaged: this.#damaged,
      missing: this.#losses.missing,
      held: this.#gate.held,
      packets: sumOf(this.#packets, this.#ingest?.packets?.()),
      fps: rate.perSecond,
      bitsPerSecond: rate.sizePerSecond * 8,
    };
  }

  async #attempt({ signal, progress }: Attempt): Promise<void> {
    const { runtime, log, input: { plugin, address } } = this.#options;
    const startedAt = runtime.now();
    this.#stallMs = Infinity;
    const ingest = await plugin.receive!({
      address,
      options: this.#pluginOptions,
      signal,
      runtime,
      log: log(`recv ${plugin.name}`),
    });
    await using open = closeOnce(ingest);
    // What goes wrong with it is thrown where it is closed again.
    const stop = () => void open.close().catch(() => {});
    signal.addEventListener("abort", stop);
    if (signal.aborted) stop();
    // Silence counts from the start of the attempt: without the wait.
    this.#stallMs = runtime.now() - startedAt + STALL_MS;
    this.#ingest = ingest;
    this.#peer = ingest.peer;
    this.#begin();
    try {
      await this.#take(ingest, () => {
        this.#stallMs = STALL_MS;
        progress();
      });
    } finally {
      signal.removeEventListener("abort", stop);
      this.#packets = sumOf(this.#packets, ingest.packets?.());
      this.#ingest = this.#peer = this.#format = undefined;
      this.hub.interrupt();
    }
    signal.throwIfAborted();
    throw new StreamError("ended", `${ingest.peer} closed the connection`);
  }

  async #take(ingest: Ingest, progress: () => void): Promise<void> {
    switch (ingest.type) {
      case "bytes":
        return await this.#takeBytes(ingest, progress);
      case "datagrams":
        return await this.#takeDatagrams(ingest, progress);
      case "units":
        return await this.#takeUnits(ingest, progress);
    }
  }

  async #takeBytes(
    { chunks, peer }: ByteIngest & { peer: string },
    progress: () => void,
  ): Promise<void> {
    const stream = new ElementaryStream(peer);
    for await (const chunk of chunks) {
      const units = stream.push(chunk);
      this.#format = stream.format;
      if (stream.format !== undefined) progress();
      for (const unit of units) this.#push(unit);
    }
    for (const unit of stream.flush()) this.#push(unit);
  }

  async #takeDatagrams(
    { datagrams }: DatagramIngest,
    progress: () => void,
  ): Promise<void> {
    const { runtime, log, input: { plugin } } = this.#options;
    const stream = new DatagramStream(log(`recv ${plugin.name}`).warn);
    for await (const datagram of datagrams) {
      const units = stream.push(datagram, runtime.now());
      if (datagram.peer === stream.peer) progress();
      if (stream.peer !== undefined) this.#peer = stream.peer;
      this.#format = stream.format;
      for (const unit of units) {
        if (unit.restart) this.#begin();
        this.#push(unit);
      }
    }
  }

  async #takeUnits(
    ingest: UnitIngest & Ingest,
    progress: () => void,
  ): Promise<void> {
    for await (const unit of ingest.units) {
      progress();
      this.#format = unit.codec ?? "h264";
      this.#peer = ingest.peer;
      if (unit.restart) this.#begin();
      this.#push({ ...unit, data: unit.data.slice() });
    }
  }

  /** Another sender, or another connection: all that is known is void. */
  #begin(): void {
    this.#receiver.reset(this.#ingest?.type === "datagrams");
    this.#losses.reset();
    this.#gate.close();
    this.hub.interrupt();
  }

  #push(unit: ArrivedUnit): void {
    this.#units++;
    this.#rate.add(this.#options.runtime.now(), unit.data.length);
    const timing = readTiming(unit.data);
    const received = this.#receiver.receive(unit, timing);
    const loss = this.#losses.judge(unit, timing, this.#receiver.sps);
    if (loss.damaged) this.#damaged++;
    if (received === undefined) return;
    // Not the largest there was: clocks of other machines are set.
    this.#newestAt = received.origin.at;
    // What a connection delivers is what was sent: odd perhaps, but all of it.
    const damaged = loss.damaged && this.#ingest?.type !== "bytes";
    const verdict = this.#gate.judge(received, { ...loss, damaged });
    if (verdict === "held") return this.hub.interrupt();
    if (verdict === "skipped") return;
    const [hidden, spoilt] = [verdict === "hidden", verdict === "spoilt"];
    this.hub.push({ ...received, hidden, spoilt });
  }
}

/** Adds up two parts of a count. */
function sumOf(
  a: PacketStatistics,
  b: PacketStatistics = { lost: 0, reordered: 0, dropped: 0 },
): PacketStatistics {
  return {
    lost: a.lost + b.lost,
    reordered: a.reordered + b.reordered,
    dropped: a.dropped + b.dropped,
  };
}

/** A transport closes its stream once, whoever wants it closed. */
function closeOnce(
  ingest: AsyncDisposable,
): AsyncDisposable & { close(): Promise<void> } {
  let closing: Promise<void> | undefined;
  const close = () =>
    closing ??= (async () => await ingest[Symbol.asyncDispose]())();
  return { close, [Symbol.asyncDispose]: close };
}
