/**
 * What inputs of RTP have in common: from datagrams to access units, in time.
 *
 * @module
 */

import type { RtpReceiver, RtpUnit } from "../media/rtp/mod.ts";
import { type Milliseconds, ms } from "../media/time.ts";
import type { Runtime } from "./runtime.ts";
import type {
  IngestDatagram,
  IngestUnit,
  PacketStatistics,
} from "./transport.ts";

/** What waits to be read at the most: two seconds of 20 Mbit/s. */
const MAX_WAITING_BYTES = 5_000_000;

/**
 * Reads the pictures out of a stream of packets. Packets that are missing are
 * waited for no longer than the receiver says, whether or not others come.
 */
export class RtpUnits {
  readonly #receiver: RtpReceiver;
  readonly #clock: Pick<Runtime, "now" | "wallClock" | "sleep">;
  /** Pictures that nobody has read. */
  #waiting: IngestUnit[] = [];
  #waitingBytes = 0;
  /** A picture had no room there, and none has come since. */
  #isIncomplete = false;
  /** The same of the first one of a sender. */
  #isRestarted = false;
  #ending: { readonly failure?: unknown } | undefined;
  #wake = () => {};
  /** Runs while packets are waited for. */
  #timer: { readonly deadline: Milliseconds; stop(): void } | undefined;
  #peer = "";

  /**
   * Has read nothing yet.
   *
   * @param receiver Belongs to the reader from here on.
   */
  constructor(
    receiver: RtpReceiver,
    clock: Pick<Runtime, "now" | "wallClock" | "sleep">,
  ) {
    this.#receiver = receiver;
    this.#clock = clock;
  }

  /** Who sent the latest picture; empty before the first. */
  get peer(): string {
    return this.#peer;
  }

  /** How packets have fared so far. */
  packets(): PacketStatistics {
    const { lost, reordered, ...counters } = this.#receiver.statistics;
    const { late, duplicates, strays, invalid, foreign } = counters;
    const dropped = late + duplicates + strays + invalid + foreign;
    return { lost, reordered, dropped };
  }

  /** Takes a packet or a report, borrowed until it returns. */
  push({ data, peer }: IngestDatagram): void {
    if (this.#take(data)) this.#peer = peer;
  }

  /** The same of a report that came by another way than the packets. */
  report(data: Uint8Array): void {
    this.#take(data);
  }

  /**
   * Nothing more will come; of several calls the first one counts.
   *
   * @param ending With a failure, that is thrown behind what came before.
   */
  end(ending: { readonly failure?: unknown } = {}): void {
    if (this.#ending !== undefined) return;
    if (!("failure" in ending)) {
      this.#add(this.#receiver.flush(this.#clock.now()));
    }
    this.#ending = ending;
    this.#timer?.stop();
    this.#wake();
  }

  /** The pictures, until the end. Called once. */
  async *read(): AsyncGenerator<IngestUnit> {
    while (true) {
      const units = this.#waiting;
      this.#waiting = [];
      this.#waitingBytes = 0;
      yield* units;
      if (this.#waiting.length > 0) continue;
      if (this.#ending !== undefined) break;
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    if ("failure" in this.#ending) throw this.#ending.failure;
  }

  /**
   * The pictures of all packets of an iterable. Called once, and instead of
   * {@linkcode push} and {@linkcode end}.
   */
  async *readAll(
    packets: AsyncIterable<IngestDatagram>,
  ): AsyncGenerator<IngestUnit> {
    void this.#pushAll(packets);
    yield* this.read();
  }

  async #pushAll(packets: AsyncIterable<IngestDatagram>): Promise<void> {
    try {
      for await (const packet of packets) this.push(packet);
      this.end();
    } catch (failure) {
      this.end({ failure });
    }
  }

  /** @returns Whether a picture is complete now. */
  #take(data: Uint8Array): boolean {
    if (this.#ending !== undefined) return false;
    const units = this.#receiver.push(data, this.#clock.now());
    this.#add(units);
    this.#setTimer();
    return units.length > 0;
  }

  /** Has the receiver give up on packets in time. */
  #setTimer(): void {
    const { deadline } = this.#receiver;
    if (deadline === this.#timer?.deadline) return;
    this.#timer?.stop();
    this.#timer = undefined;
    if (deadline === undefined) return;
    const over = new AbortController();
    this.#timer = { deadline, stop: () => over.abort() };
    const wait = ms(Math.max(0, deadline - this.#clock.now()));
    this.#clock.sleep(wait, over.signal).then(() => {
      this.#timer = undefined;
      this.#add(this.#receiver.expire(this.#clock.now()));
      this.#setTimer();
    }, () => {});
  }

  #add(units: readonly RtpUnit[]): void {
    for (const unit of units) {
      if (this.#waitingBytes >= MAX_WAITING_BYTES) {
        this.#isIncomplete = true;
        this.#isRestarted ||= unit.restarted;
        continue;
      }
      this.#waiting.push(this.#finish(unit));
      this.#waitingBytes += unit.data.length;
      this.#isIncomplete = this.#isRestarted = false;
    }
    if (units.length > 0) this.#wake();
  }

  #finish({ capturedRealtime, restarted, ...rest }: RtpUnit): IngestUnit {
    const clock = this.#clock;
    // Clocks that disagree would have pictures taken after they came.
    const ago = capturedRealtime === undefined
      ? undefined
      : Math.max(0, (clock.wallClock() - capturedRealtime) / 1000);
    return {
      ...rest,
      restart: restarted || this.#isRestarted,
      discontinuity: rest.discontinuity || this.#isIncomplete,
      ...(ago !== undefined && { capturedAt: ms(clock.now() - ago) }),
    };
  }
}
