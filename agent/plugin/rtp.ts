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

/**
 * Reads the pictures out of a stream of packets. Packets that are missing are
 * waited for no longer than the receiver says, whether or not others come.
 */
export class RtpUnits {
  readonly #receiver: RtpReceiver;
  readonly #clock: Pick<Runtime, "now" | "wallClock" | "sleep">;
  /** Pictures that a report has ended. */
  readonly #ended: RtpUnit[] = [];
  #wake = () => {};
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

  /** Takes a datagram that came by another way, borrowed until it returns. */
  report(data: Uint8Array): void {
    this.#ended.push(...this.#receiver.push(data, this.#clock.now()));
    if (this.#ended.length > 0) this.#wake();
  }

  /** Reads until the packets end. Called once. */
  async *read(
    packets: AsyncIterable<IngestDatagram>,
  ): AsyncGenerator<IngestUnit> {
    const receiver = this.#receiver;
    const iterator = packets[Symbol.asyncIterator]();
    let next = iterator.next();
    while (true) {
      const event = await this.#nextEvent(next);
      if (event?.done) break;
      const now = this.#clock.now();
      if (event === undefined) {
        yield* this.#finish(this.#ended.splice(0));
        yield* this.#finish(receiver.expire(now));
        continue;
      }
      const { data, peer } = event.value;
      const units = receiver.push(data, now);
      if (units.length > 0) this.#peer = peer;
      yield* this.#finish(units);
      next = iterator.next();
    }
    yield* this.#finish(receiver.flush(this.#clock.now()));
  }

  /** @returns `undefined` where something is due before the packet comes. */
  async #nextEvent(
    next: Promise<IteratorResult<IngestDatagram>>,
  ): Promise<IteratorResult<IngestDatagram> | undefined> {
    const due = Promise.withResolvers<undefined>();
    this.#wake = () => due.resolve(undefined);
    if (this.#ended.length > 0) this.#wake();
    const { deadline } = this.#receiver;
    using _timer = deadline === undefined ? undefined : this.#wakeAt(deadline);
    return await Promise.race([next, due.promise]);
  }

  #wakeAt(deadline: Milliseconds): Disposable {
    const over = new AbortController();
    const wait = ms(Math.max(0, deadline - this.#clock.now()));
    this.#clock.sleep(wait, over.signal).then(() => this.#wake(), () => {});
    return { [Symbol.dispose]: () => over.abort() };
  }

  *#finish(units: readonly RtpUnit[]): Generator<IngestUnit> {
    const clock = this.#clock;
    for (const unit of units) {
      const { capturedRealtime, restarted, ...rest } = unit;
      // Clocks that disagree would have pictures taken after they came.
      const ago = capturedRealtime === undefined
        ? undefined
        : Math.max(0, (clock.wallClock() - capturedRealtime) / 1000);
      yield {
        ...rest,
        restart: restarted,
        ...(ago !== undefined && { capturedAt: ms(clock.now() - ago) }),
      };
    }
  }
}
