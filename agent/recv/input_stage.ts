/**
 * The first stage of receiving: a transport, kept running, into the hub.
 *
 * @module
 */

import { ConfigError, StreamError } from "../errors.ts";
import { AccessUnitHub } from "../media/access_unit_hub.ts";
import type { AccessUnit } from "../media/access_unit.ts";
import type { SplitUnit } from "../media/access_unit_splitter.ts";
import { RateMeter } from "../media/meter.ts";
import { checkOptions } from "../plugin/options.ts";
import type { ByteIngest, Ingest } from "../plugin/transport.ts";
import { bootTag } from "../runtime/boot.ts";
import { createStatus } from "../watchdog/status.ts";
import { type Attempt, supervise } from "../watchdog/supervisor.ts";
import type { DecoderInput } from "./decode_stage.ts";
import { ElementaryStream } from "./elementary_stream.ts";
import { type ReceivedUnit, UnitReceiver } from "./received_unit.ts";
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
  readonly #options: RecvOptions;
  readonly #pluginOptions: unknown;
  readonly #supervisor;
  readonly #receiver: UnitReceiver;
  readonly #rate = new RateMeter();
  #units = 0;
  #newestAt = 0;
  #stallMs = Infinity;
  #peer: string | undefined;
  #format: string | undefined;

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
    this.#pluginOptions = checkOptions(plugin.options, address.query, address);
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
      stall: { stallMs: () => this.#stallMs },
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
      damaged: this.#receiver.damaged,
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
    this.#peer = ingest.peer;
    this.#receiver.reset();
    try {
      await this.#take(ingest, () => {
        this.#stallMs = STALL_MS;
        progress();
      });
    } finally {
      signal.removeEventListener("abort", stop);
      this.#peer = undefined;
      this.#format = undefined;
      this.hub.interrupt();
    }
    signal.throwIfAborted();
    throw new StreamError("ended", `${ingest.peer} closed the connection`);
  }

  async #take(ingest: Ingest, progress: () => void): Promise<void> {
    if (ingest.type === "bytes") return await this.#split(ingest, progress);
    this.#format = "h264";
    for await (const unit of ingest.units) {
      progress();
      const hasParameterSets = unit.keyframe;
      const data = unit.data.slice();
      this.#push({ ...unit, data, hasParameterSets, discontinuity: false });
    }
  }

  async #split(
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

  #push(unit: SplitUnit & Pick<AccessUnit, "capturedAt">): void {
    this.#units++;
    this.#rate.add(this.#options.runtime.now(), unit.data.length);
    if (unit.discontinuity) this.hub.interrupt();
    const received = this.#receiver.receive(unit);
    if (received === undefined) return;
    // Not the largest there was: clocks of other machines are set.
    this.#newestAt = received.origin.at;
    this.hub.push(received);
  }
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
