/**
 * Datagrams that nobody asked for, of every kind that a receiver of video might
 * take for something, as fast as is wanted.
 *
 * @module
 */

import { performance } from "node:perf_hooks";
import { Random } from "../random.ts";
import type { Target } from "./socket_address.ts";
import { UdpSocket } from "./udp_socket.ts";

/** How garbage is sent. */
export interface GarbageOptions {
  /** Who sends it: a numeric IPv4 address of this machine. */
  from: string;
  /** Who gets it. */
  to: Target;
  /** Datagrams a second. */
  rate: number;
  /** Omit for this run's seed. */
  seed?: number;
}

/** The finest that timers do. */
const TICK_MS = 1;

/** A machine that stood still does not have to catch up with all of it. */
const MAX_BURST_MS = 20;

/** Begins of datagrams: what is random behind them may make sense. */
const HEADS: readonly (readonly number[])[] = [
  [],
  // RTP: H.264, a marker, MJPEG; RTCP: a sender report, a goodbye.
  [0x80, 96],
  [0x80, 224],
  [0x80, 26],
  [0x80, 200, 0, 6],
  [0x81, 203, 0, 1],
  // Annex B: SPS, IDR picture, another picture, delimiter.
  [0, 0, 0, 1, 0x67, 0x42, 0xc0, 0x1f],
  [0, 0, 0, 1, 0x65, 0x88],
  [0, 0, 1, 0x41, 0x9a],
  [0, 0, 0, 1, 0x09, 0xf0],
];

/** Sends until it is disposed of. */
export class Garbage implements Disposable {
  /** Datagrams that were sent. */
  sent = 0;
  /** Datagrams that came back. */
  answers = 0;
  readonly #to: Target;
  readonly #random: Random;
  readonly #socket: UdpSocket;
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #perMs: number;
  #due = 0;
  #at = performance.now();

  /** Begins at once. */
  constructor({ from, to, rate, seed }: GarbageOptions) {
    this.#to = to;
    this.#perMs = rate / 1000;
    this.#random = new Random(seed);
    this.#socket = new UdpSocket(from, () => void this.answers++);
    this.#timer = setInterval(() => this.#send(), TICK_MS);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#socket[Symbol.dispose]();
  }

  #send(): void {
    const now = performance.now();
    const passed = Math.min(now - this.#at, MAX_BURST_MS);
    this.#at = now;
    for (this.#due += passed * this.#perMs; this.#due >= 1; this.#due--) {
      if (this.#socket.send(this.#datagram(), this.#to)) this.sent++;
    }
  }

  #datagram(): Uint8Array {
    const random = this.#random;
    const head = random.pick(HEADS);
    const length = random.between(0, random.chance(0.1) ? 1400 : 60);
    const bytes = new Uint8Array(head.length + length);
    crypto.getRandomValues(bytes);
    bytes.set(head);
    return bytes;
  }
}
