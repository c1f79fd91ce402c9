/**
 * What a bad network does to each datagram, drawn from a seed: the same seed,
 * faults and arrival times give the same fates.
 *
 * @module
 */

import { Pacer } from "./pacer.ts";
import type { Random } from "../random.ts";

/** What a network does. Probabilities are per datagram, from 0 to 1. */
export interface UdpFaults {
  /** Lost each by itself. */
  loss: number;
  /**
   * Lost in bursts (Gilbert–Elliott): how likely a good datagram begins a bad
   * spell, a bad one ends it, and one within is lost. The mean spell is
   * `1 / leave` datagrams.
   */
  burst: { enter: number; leave: number; loss: number } | undefined;
  /** Sent twice. */
  duplicate: number;
  /** One bit flipped. */
  corrupt: number;
  /** Cut to a random shorter length, 0 included. */
  truncate: number;
  /** Overtaken by the `reorderDepth` datagrams after it. */
  reorder: number;
  /** How many overtake; fewer if they do not come within 100 ms. */
  reorderDepth: number;
  /** How late every datagram is. */
  delayMs: number;
  /** Spread of that delay, ± evenly. */
  jitterMs: number;
  /** Whether jitter keeps the order; otherwise datagrams overtake. */
  ordered: boolean;
  /** Bytes per second that pass; what does not fit queues. */
  rate: number | undefined;
  /** Bytes that may queue for the rate; more is lost. */
  queueBytes: number;
  /** Times when everything is lost, in ms since the proxy was started. */
  blackouts: readonly { fromMs: number; forMs: number }[];
}

/** A network without a fault; the queue is 0.25 s at 2 Mbit/s. */
export const NO_UDP_FAULTS: Readonly<UdpFaults> = {
  loss: 0,
  burst: undefined,
  duplicate: 0,
  corrupt: 0,
  truncate: 0,
  reorder: 0,
  reorderDepth: 3,
  delayMs: 0,
  jitterMs: 0,
  ordered: false,
  rate: undefined,
  queueBytes: 65_536,
  blackouts: [],
};

/** Why a datagram never arrived. */
export type UdpLoss = "loss" | "burst" | "blackout" | "overrun";

/** What became of one datagram. */
export interface Fate {
  /** Counts datagrams from 0, in order of arrival. */
  readonly index: number;
  /** When it arrived, in ms since the proxy was started. */
  readonly atMs: number;
  /** Its size as it came. */
  readonly bytes: number;
  /** Why it was lost; absent if it was sent on. */
  readonly lost?: UdpLoss;
  /** How long it was held, queue and delay together. */
  readonly delayMs: number;
  /** How many later ones were to go first. */
  readonly behind: number;
  /** How often it was sent. */
  readonly copies: number;
  /** Which bit was flipped, counted from the first byte's lowest. */
  readonly flippedBit?: number;
  /** Its size as it was sent. */
  readonly truncatedTo?: number;
}

/** Deals out fates. */
export class FateDealer {
  readonly #random: Random;
  readonly #pacer = new Pacer();
  #faults: UdpFaults = { ...NO_UDP_FAULTS };
  #badSpell = false;
  #lastDueAt = 0;
  #index = 0;

  /** Draws from `random`, which nobody else may draw from. */
  constructor(random: Random) {
    this.#random = random;
  }

  /** Changes the named faults from `atMs` on; the others stay. */
  change(faults: Partial<UdpFaults>, atMs: number): void {
    this.#faults = { ...this.#faults, ...faults };
    if ("rate" in faults) this.#pacer.setRate(faults.rate, atMs);
  }

  /** Decides on a datagram. Times never go back. */
  deal(bytes: number, atMs: number): Fate {
    const faults = this.#faults;
    // Every draw is made for every datagram, so that one fault more or less
    // leaves the others where they were.
    const random = this.#random;
    const lost = this.#lossOf(bytes, atMs);
    const duplicated = random.chance(faults.duplicate);
    const corrupted = random.chance(faults.corrupt);
    const truncated = random.chance(faults.truncate);
    const behind = random.chance(faults.reorder) ? faults.reorderDepth : 0;
    const flippedBit = random.between(0, Math.max(0, 8 * bytes - 1));
    const truncatedTo = random.between(0, Math.max(0, bytes - 1));
    const jitterMs = faults.jitterMs * (2 * random.next() - 1);
    const fate = { index: this.#index++, atMs, bytes };
    if (lost) return { ...fate, lost, delayMs: 0, behind: 0, copies: 0 };
    const copies = duplicated ? 2 : 1;
    return {
      ...fate,
      delayMs: this.#delayOf(bytes * copies, atMs, jitterMs),
      behind,
      copies,
      ...corrupted && bytes > 0 && { flippedBit },
      ...truncated && bytes > 0 && { truncatedTo },
    };
  }

  #lossOf(bytes: number, atMs: number): UdpLoss | undefined {
    const { loss, burst, blackouts, rate, queueBytes } = this.#faults;
    const random = this.#random;
    const lostAlone = random.chance(loss);
    const turned = random.next();
    const lostWithin = random.chance(burst?.loss ?? 0);
    const turns = this.#badSpell ? burst?.leave : burst?.enter;
    if (turned < (turns ?? 0)) this.#badSpell = !this.#badSpell;
    const dark = blackouts.some(({ fromMs, forMs }) =>
      atMs >= fromMs && atMs < fromMs + forMs
    );
    if (dark) return "blackout";
    if (lostAlone) return "loss";
    if (burst && this.#badSpell && lostWithin) return "burst";
    const queued = this.#pacer.backlogMs(atMs) * (rate ?? 0) / 1000;
    return queued + bytes > queueBytes ? "overrun" : undefined;
  }

  #delayOf(bytes: number, atMs: number, jitterMs: number): number {
    const { delayMs, ordered } = this.#faults;
    this.#pacer.pass(bytes, atMs);
    const delay = this.#pacer.backlogMs(atMs) + delayMs + jitterMs;
    const earliest = ordered ? this.#lastDueAt : atMs;
    this.#lastDueAt = Math.max(earliest, atMs, atMs + delay);
    return this.#lastDueAt - atMs;
  }
}
