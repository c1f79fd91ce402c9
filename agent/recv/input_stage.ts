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
import type { Ingest, PacketStatistics } from "../plugin/transport.ts";
import { bootTag } from "../runtime/boot.ts";
import { createStatus } from "../watchdog/status.ts";
import { type Attempt, supervise } from "../watchdog/supervisor.ts";
import { AccessUnitGate, type LossPolicy } from "./access_unit_gate.ts";
import type { DecoderInput } from "./decode_stage.ts";
import { Intake } from "./intake.ts";
import { LossDetector } from "./loss_detector.ts";
import { NO_PACKETS, sumPackets } from "./packet_counts.ts";
import {
  type ArrivedUnit,
  type ReceivedUnit,
  UnitReceiver,
} from "./received_unit.ts";
import type { RecvOptions } from "./recv.ts";
import type { RecvStatus } from "./status.ts";
import type { StreamInfo } from "./stream_info.ts";

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
  readonly #format;
  readonly #supervisor;
  readonly #receiver: UnitReceiver;
  readonly #losses = new LossDetector();
  readonly #gate: AccessUnitGate;
  readonly #rate = new RateMeter();
  #units = 0;
  #damaged = 0;
  #newestAt = 0;
  /** The latest that the log has told of. */
  #stream: StreamInfo | undefined;
  #stallMs = Infinity;
  /** What is open now, and who reads it. */
  #ingest: Ingest | undefined;
  #intake: Intake | undefined;
  /** Of the streams before this one. */
  #packets = NO_PACKETS;

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
    this.#format = reserved.format;
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
    const { peer, format } = this.#intake ?? {};
    return {
      address: input.address.redacted,
      supervisor: this.#supervisor,
      ...(peer && { peer }),
      ...(format && { format }),
      ...(stream && { codec: stream.codec, size: sizeOf(stream) }),
      units: this.#units,
      damaged: this.#damaged,
      missing: this.#losses.missing,
      held: this.#gate.held,
      packets: this.#packetsSoFar(),
      fps: rate.perSecond,
      bitsPerSecond: rate.sizePerSecond * 8,
    };
  }

  async #attempt({ signal, progress }: Attempt): Promise<void> {
    const { runtime, log, input: { plugin, address } } = this.#options;
    const own = log(`recv ${plugin.name}`);
    const startedAt = runtime.now();
    this.#stallMs = Infinity;
    const ingest = await plugin.receive!({
      address,
      options: this.#pluginOptions,
      signal,
      runtime,
      log: own,
    });
    await using open = closeOnce(ingest);
    // What goes wrong with it is thrown where it is closed again.
    const stop = () => void open.close().catch(() => {});
    signal.addEventListener("abort", stop);
    if (signal.aborted) stop();
    // Silence counts from the start of the attempt: without the wait.
    this.#stallMs = runtime.now() - startedAt + STALL_MS;
    const format = this.#format;
    const intake = new Intake(ingest, { runtime, log: own, signal, format }, {
      progress: () => {
        this.#stallMs = STALL_MS;
        progress();
      },
      begin: (lossy) => this.#begin(lossy),
      unit: (unit) => this.#push(unit),
    });
    this.#ingest = ingest;
    this.#intake = intake;
    try {
      await intake.run();
    } finally {
      signal.removeEventListener("abort", stop);
      this.#packets = this.#packetsSoFar();
      this.#ingest = this.#intake = undefined;
      this.hub.interrupt();
    }
    signal.throwIfAborted();
    throw new StreamError("ended", `${ingest.peer} closed the connection`);
  }

  #packetsSoFar(): PacketStatistics {
    const open = sumPackets(this.#ingest?.packets?.(), this.#intake?.packets());
    return sumPackets(this.#packets, open);
  }

  /** Another sender, or another connection: all that is known is void. */
  #begin(lossy: boolean): void {
    this.#receiver.reset(lossy);
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
    if (received.stream !== this.#stream) this.#announce(received.stream);
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

  #announce(stream: StreamInfo): void {
    this.#stream = stream;
    const { peer, format = "" } = this.#intake ?? {};
    const { codec } = stream;
    const container = format === codec || format === "" ? "" : ` in ${format}`;
    this.#options.log("recv input").info(
      `receives ${codec}${container}, ${sizeOf(stream)}, from ${peer}`,
    );
  }
}

function sizeOf({ width, height }: StreamInfo): string {
  return `${width}x${height}`;
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
