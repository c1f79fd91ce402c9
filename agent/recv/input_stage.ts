/**
 * The first stage of receiving: a transport, kept running, into the hub.
 *
 * @module
 */

import { ConfigError, StreamError } from "../errors.ts";
import type { AccessUnitHub } from "../media/access_unit_hub.ts";
import {
  AccessUnitSplitter,
  MAX_ACCESS_UNIT_BYTES,
  type SplitUnit,
} from "../media/access_unit_splitter.ts";
import { concat } from "../media/bytes.ts";
import { RateMeter } from "../media/meter.ts";
import { sniff } from "../media/sniff.ts";
import { checkOptions } from "../plugin/options.ts";
import type { ByteIngest, Ingest } from "../plugin/transport.ts";
import { bootTag } from "../runtime/boot.ts";
import { createStatus } from "../watchdog/status.ts";
import { type Attempt, supervise } from "../watchdog/supervisor.ts";
import { type ReceivedUnit, UnitReceiver } from "./received_unit.ts";
import type { RecvOptions } from "./recv.ts";
import type { RecvStatus } from "./status.ts";

/** Bytes without the end of an access unit: two of the largest there may be. */
const MAX_BARREN_BYTES = 2 * MAX_ACCESS_UNIT_BYTES;

/** Silence on a connection that is a failure. */
const STALL_MS = 2000;

/** One input address and what comes from it. */
export class InputStage {
  readonly #options: RecvOptions;
  readonly #hub: AccessUnitHub<ReceivedUnit>;
  readonly #pluginOptions: unknown;
  readonly #supervisor;
  readonly #receiver: UnitReceiver;
  readonly #rate = new RateMeter();
  #units = 0;
  #newestAt = -Infinity;
  #stallMs = Infinity;
  #peer: string | undefined;
  #format: string | undefined;
  /** Bytes that are to be there before the next look at what they are. */
  #lookAt = 0;

  /** @throws {ConfigError} If an option of the address is wrong. */
  constructor(options: RecvOptions, hub: AccessUnitHub<ReceivedUnit>) {
    const { plugin, address } = options.input;
    if (plugin.receive === undefined) {
      throw new ConfigError(
        `Cannot receive from "${address.redacted}": ${plugin.name} only sends`,
      );
    }
    this.#options = options;
    this.#hub = hub;
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
    this.#stallMs = Infinity;
    await using ingest = await plugin.receive!({
      address,
      options: this.#pluginOptions,
      signal,
      runtime,
      log: log(`recv ${plugin.name}`),
    });
    const stop = () => void ingest[Symbol.asyncDispose]();
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) stop();
    this.#stallMs = STALL_MS;
    this.#peer = ingest.peer;
    this.#receiver.reset();
    try {
      await this.#take(ingest, progress);
    } finally {
      signal.removeEventListener("abort", stop);
      this.#peer = undefined;
      this.#format = undefined;
      this.#hub.interrupt();
    }
    signal.throwIfAborted();
    throw new StreamError("ended", `${ingest.peer} closed the connection`);
  }

  async #take(ingest: Ingest, progress: () => void): Promise<void> {
    if (ingest.type === "bytes") return await this.#split(ingest, progress);
    for await (const unit of ingest.units) {
      progress();
      const hasParameterSets = unit.keyframe;
      const data = unit.data.slice();
      this.#push({ ...unit, data, hasParameterSets, discontinuity: false });
    }
  }

  async #split(
    { chunks }: ByteIngest,
    progress: () => void,
  ): Promise<void> {
    const splitter = new AccessUnitSplitter();
    let head = new Uint8Array();
    this.#lookAt = 0;
    let barren = 0;
    const take = (bytes: Uint8Array) => {
      const units = splitter.push(bytes);
      barren = units.length > 0 ? 0 : barren + bytes.length;
      if (barren > MAX_BARREN_BYTES) throw this.#undecodable("no picture ends");
      for (const unit of units) this.#push(unit);
    };
    for await (const chunk of chunks) {
      if (this.#format === undefined) {
        head = concat(head, chunk);
        this.#format = this.#recognise(head);
        if (this.#format === undefined) continue;
        progress();
        take(head);
      } else {
        progress();
        take(chunk);
      }
    }
    for (const unit of splitter.flush()) this.#push(unit);
  }

  /** Says what the bytes are, once enough of them are there. */
  #recognise(head: Uint8Array): "h264" | undefined {
    // A peer that sends single bytes must not make us look at all of them
    // every time.
    if (head.length < this.#lookAt) return undefined;
    this.#lookAt = head.length * 1.1;
    const format = sniff(head);
    if (format === "h264" || format === undefined) return format;
    throw this.#undecodable(
      `it is ${format === "unknown" ? "something else" : format}, not H.264`,
    );
  }

  #undecodable(why: string): StreamError {
    const message = `Cannot decode what ${this.#peer} sends: ${why}`;
    return new StreamError("undecodable", message);
  }

  #push(unit: SplitUnit): void {
    this.#units++;
    this.#rate.add(this.#options.runtime.now(), unit.data.length);
    if (unit.discontinuity) this.#hub.interrupt();
    const received = this.#receiver.receive(unit);
    if (received === undefined) return;
    this.#newestAt = Math.max(this.#newestAt, received.origin.at);
    this.#hub.push(received);
  }
}
