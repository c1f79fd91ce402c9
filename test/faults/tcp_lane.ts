/**
 * One direction of a proxied connection. It reads no more than it may write,
 * so that whatever it holds back piles up in the sender.
 *
 * @module
 */

import { performance } from "node:perf_hooks";
import type { Duplex } from "node:stream";
import { Bell } from "./bell.ts";
import type { Pacer } from "./pacer.ts";

/** Bytes a socket may read ahead, and a lane takes up at a time. */
export const CHUNK_BYTES = 2048;

/** Bytes on their way while a delay is set: 1 s at 8 Mbit/s. */
const DELAY_LINE_BYTES = 1_048_576;

/** A capped lane forwards what this time is worth, so that it flows evenly. */
const QUANTUM_MS = 10;

const NOTHING = new Uint8Array();

/** What a lane does to the bytes; may change at any time, then `wake()`. */
export interface LaneFaults {
  /** Neither reads nor writes, and passes on no end. */
  stalled: boolean;
  /** Writes so many bytes at a time; omit for as they come. */
  dribble?: number | undefined;
  /** Draws how late the next chunk is to be, in ms; order is kept. */
  delay?: (() => number) | undefined;
  /** The rate cap. */
  readonly pacer: Pacer;
}

/** How a lane ended: FIN passed on, cut on purpose, or a socket gone. */
export type LaneEnd = "ended" | "cut" | "closed";

/** Forwards `from` to `to`; owns neither. */
export class Lane {
  readonly #from: Duplex;
  readonly #to: Duplex;
  readonly #faults: LaneFaults;
  readonly #forwarded: (bytes: number) => void;
  readonly #bell = new Bell();
  /** Read and not yet written, each with the time it is due. */
  readonly #line: { bytes: Uint8Array; dueAt: number }[] = [];
  /** Read, and not let through yet. */
  #ahead: Uint8Array = NOTHING;
  #held = 0;
  #writing = false;
  #sourceEnded = false;
  #discarding = false;
  #closed = false;
  #left = Infinity;

  /** Attaches to both; `forwarded` hears of every write. */
  constructor(
    from: Duplex,
    to: Duplex,
    faults: LaneFaults,
    forwarded: (bytes: number) => void,
  ) {
    this.#from = from;
    this.#to = to;
    this.#faults = faults;
    this.#forwarded = forwarded;
    from.on("readable", () => this.wake());
    from.on("end", () => {
      this.#sourceEnded = true;
      this.wake();
    });
    for (const socket of [from, to]) {
      socket.on("close", () => {
        this.#closed = true;
        this.wake();
      });
    }
  }

  /** Forwards until one of the sockets ends. Never rejects. */
  async run(): Promise<LaneEnd> {
    for (;;) {
      const turn = this.#turn(performance.now());
      if (typeof turn === "string") return turn;
      await this.#bell.wait(turn);
    }
  }

  /** Has it look at its faults again. */
  wake(): void {
    this.#bell.ring();
  }

  /** Ends the lane after exactly so many more bytes. */
  cutAfter(bytes: number): void {
    this.#left = bytes;
    this.wake();
  }

  /** Sends FIN now; what still comes is read and thrown away. */
  halfClose(): void {
    this.#discarding = true;
    this.#to.end();
    this.wake();
  }

  /** Does what can be done now, and tells how long to wait; or how it ended. */
  #turn(now: number): LaneEnd | number | undefined {
    if (this.#closed) return "closed";
    if (this.#faults.stalled) return undefined;
    const waits = [this.#take(now), this.#give(now)];
    if (this.#left === 0 && !this.#writing) return "cut";
    const done = this.#ahead.length === 0 && this.#held === 0;
    if (this.#sourceEnded && done && !this.#writing) {
      this.#to.end();
      return "ended";
    }
    const known = waits.filter((wait) => wait !== undefined);
    return known.length > 0 ? Math.min(...known) : undefined;
  }

  #take(now: number): number | undefined {
    const { pacer, delay } = this.#faults;
    const room = () => delay ? this.#held < DELAY_LINE_BYTES : this.#held === 0;
    while (room()) {
      const backlog = pacer.backlogMs(now);
      if (backlog > 0) return backlog;
      // All at once, and not again before that is gone: in Bun 1.4.5 every
      // read, however small, lets the socket read on.
      if (this.#ahead.length === 0) this.#ahead = this.#from.read() ?? NOTHING;
      if (this.#ahead.length === 0) return undefined;
      const limit = Math.min(CHUNK_BYTES, pacer.bytesIn(QUANTUM_MS));
      const bytes = this.#ahead.subarray(0, limit);
      this.#ahead = this.#ahead.subarray(limit);
      pacer.pass(bytes.length, now);
      if (this.#discarding) continue;
      const lastDueAt = this.#line.at(-1)?.dueAt ?? 0;
      const dueAt = Math.max(lastDueAt, now + (delay?.() ?? 0));
      this.#line.push({ bytes, dueAt });
      this.#held += bytes.length;
    }
    return undefined;
  }

  #give(now: number): number | undefined {
    const head = this.#line[0];
    if (!head || this.#writing || this.#left === 0) return undefined;
    if (this.#discarding) {
      this.#line.length = this.#held = 0;
      return 0;
    }
    if (head.dueAt > now) return head.dueAt - now;
    const limit = Math.min(this.#faults.dribble ?? Infinity, this.#left);
    const bytes = head.bytes.subarray(0, limit);
    if (bytes.length === head.bytes.length) this.#line.shift();
    else head.bytes = head.bytes.subarray(limit);
    this.#writing = true;
    this.#to.write(bytes, (error) => {
      this.#writing = false;
      this.#held -= bytes.length;
      this.#left -= bytes.length;
      if (!error) this.#forwarded(bytes.length);
      this.wake();
    });
    return undefined;
  }
}
