/**
 * The order of RTP packets, which networks change now and then.
 *
 * @module
 */

import { type Milliseconds, ms } from "../time.ts";
import { noRtpPackets, type RtpCounters } from "./counters.ts";
import { copyOf, type RtpPacket } from "./packet.ts";
import { MAX_REORDER_WINDOW, ReorderWindow } from "./reorder_window.ts";
import { distance16 } from "./serial.ts";

/** A packet in its place. */
export interface OrderedPacket {
  /**
   * The packet. Its payload is borrowed from the datagram that was pushed, or
   * is a copy if the packet had to wait.
   */
  readonly packet: RtpPacket;
  /** Packets that are missing right before it. */
  readonly lost: number;
  /** The sender numbers its packets anew: how many are missing is unknown. */
  readonly restarted: boolean;
}

/**
 * Most packets that wait: a keyframe of 300 kB is 210 packets, and comes
 * within 3 ms on a gigabit link.
 */
const MAX_HELD = 256;

/**
 * A larger step is believed when a second packet confirms it: a loss of so many
 * is rare, and the second packet is close behind. Where the order changes it may
 * be far behind; as many as can wait are believed then.
 */
const MAX_STEP = 16;

/** MAX_DROPOUT: a larger step is no loss (RFC 3550, appendix A.1). */
const MAX_DROPOUT = 3000;

/** MAX_MISORDER: further back is no disorder (RFC 3550, appendix A.1). */
const MAX_MISORDER = 100;

/** Timers are no finer: who is later than that has stood still. */
const LATE_MS = 2;

/** Whoever stands still again and again for so long is too slow. */
const MAX_STANDSTILL_MS = 100;

/** Numbers of which it is known whether they came: more than MAX_MISORDER. */
const HISTORY = 128;

interface Held {
  packet: RtpPacket;
  readonly index: number;
  readonly at: Milliseconds;
}

/**
 * Puts the packets of one source in order. As long as they come in order it
 * waits for nothing, and a gap is a loss at once. Once a packet has come that
 * was given up on, gaps are waited for, {@linkcode MAX_REORDER_WINDOW} long.
 */
export class RtpReorderer {
  /** What came so far. */
  readonly counters: RtpCounters;
  /** Number of the first packet, without wrapping; as all `index`. */
  #first = 0;
  /** The packet that is to be handed on next; 0 before the first. */
  #next = 0;
  /** Latest packet that came. */
  #highest = 0;
  /** Packets behind a gap, in order. */
  #held: Held[] = [];
  /** How long the gap since then is waited for beyond the window. */
  #grace = { since: NaN, until: 0 };
  /** One that is far off, until the next one tells. */
  #suspect: { packet: RtpPacket; step: number } | undefined;
  /** When each of the last numbers was first missed; NaN: it came. */
  readonly #missedAt = new Float64Array(HISTORY);
  readonly #window = new ReorderWindow();

  /**
   * Waits for the first packet.
   *
   * @param counters Counted on, if given.
   */
  constructor(counters: RtpCounters = noRtpPackets()) {
    this.counters = counters;
  }

  /** How long a missing packet is waited for now. */
  get window(): Milliseconds {
    return this.#window.length;
  }

  /** When {@linkcode expire} has to be called; `undefined`: nothing waits. */
  get deadline(): Milliseconds | undefined {
    return this.#held.length === 0 ? undefined : this.#dueAt(this.#heldSince());
  }

  /**
   * Takes a packet, borrowed until it returns.
   *
   * @returns The packets whose turn it is, often none or one.
   */
  push(packet: RtpPacket, now: Milliseconds): OrderedPacket[] {
    this.counters.received++;
    this.#window.turn(now);
    this.#pardon(now);
    const ready: OrderedPacket[] = [];
    if (this.#next === 0) this.#begin(packet.sequence);
    const step = distance16(this.#highest & 0xffff, packet.sequence);
    const index = this.#highest + step;
    const maxStep = this.window > 0 ? MAX_HELD : MAX_STEP;
    if (step > maxStep || index < this.#next - MAX_MISORDER) {
      this.#doubt(packet, step, now, ready);
    } else if (index < this.#next) this.#passOver(index, now);
    else this.#accept(packet, index, now, ready);
    this.#release(now, ready);
    return ready;
  }

  /** Gives up on what was waited for too long. */
  expire(now: Milliseconds): OrderedPacket[] {
    const ready: OrderedPacket[] = [];
    this.#window.turn(now);
    this.#pardon(now);
    this.#release(now, ready);
    return ready;
  }

  /** Gives up on everything: nothing more comes. */
  flush(): OrderedPacket[] {
    const ready: OrderedPacket[] = [];
    this.#release(ms(Infinity), ready);
    return ready;
  }

  /** Begins to count at a number, and hands nothing on before it. */
  #begin(sequence: number): void {
    // Beyond all before it, and never 0.
    const round = Math.floor(this.#highest / 0x10000) + 2;
    this.#first = round * 0x10000 + sequence;
    this.#next = this.#first;
    this.#highest = this.#first - 1;
  }

  #accept(
    packet: RtpPacket,
    index: number,
    now: Milliseconds,
    ready: OrderedPacket[],
  ): void {
    const after = this.#held.findIndex((held) => held.index >= index);
    if (this.#held[after]?.index === index) {
      this.counters.duplicates++;
      return;
    }
    this.#forgetSuspect();
    if (index < this.#highest) {
      this.counters.reordered++;
      const later = this.#held.slice(after).map(({ at }) => at);
      this.#window.need(now - Math.min(...later));
    } else this.#highest = index;
    const inOrder = index === this.#next || this.window === 0;
    if (inOrder && (this.#held.length === 0 || after === 0)) {
      this.#deliver(packet, index, now, ready);
      return;
    }
    const held = { packet: copyOf(packet), index, at: now };
    this.#held.splice(after < 0 ? this.#held.length : after, 0, held);
  }

  /** Takes a packet that was given up on, or came before. */
  #passOver(index: number, now: Milliseconds): void {
    const missedAt = this.#missedAt[index % HISTORY]!;
    if (index < this.#first) this.counters.late++;
    else if (Number.isNaN(missedAt)) this.counters.duplicates++;
    else {
      this.counters.late++;
      this.#missedAt[index % HISTORY] = NaN;
      this.#window.need(now - missedAt);
    }
  }

  /** Takes a packet that is too far off to be believed alone. */
  #doubt(
    packet: RtpPacket,
    step: number,
    now: Milliseconds,
    ready: OrderedPacket[],
  ): void {
    const suspect = this.#suspect;
    const distance = suspect &&
      distance16(suspect.packet.sequence, packet.sequence);
    if (distance === 0) this.counters.duplicates++;
    else if (suspect && distance === 1) {
      this.#suspect = undefined;
      this.#jump(suspect, now, ready);
      this.#highest++;
      this.#deliver(packet, this.#next, now, ready);
    } else {
      this.#forgetSuspect();
      this.#suspect = { packet: copyOf(packet), step };
    }
  }

  /** Goes on at a packet that the next one has confirmed. */
  #jump(
    { packet, step }: { packet: RtpPacket; step: number },
    now: Milliseconds,
    ready: OrderedPacket[],
  ): void {
    ready.push(...this.flush());
    const restarted = step < 0 || step > MAX_DROPOUT;
    if (restarted) {
      this.#begin(packet.sequence);
      this.#highest++;
    } else this.#highest += step;
    this.#deliver(packet, this.#highest, now, ready, restarted);
  }

  #forgetSuspect(): void {
    if (this.#suspect) this.counters.strays++;
    this.#suspect = undefined;
  }

  #deliver(
    packet: RtpPacket,
    index: number,
    missedAt: Milliseconds,
    ready: OrderedPacket[],
    restarted = false,
  ): void {
    const lost = index - this.#next;
    for (let i = Math.max(this.#next, index - HISTORY); i < index; i++) {
      this.#missedAt[i % HISTORY] = missedAt;
    }
    this.#missedAt[index % HISTORY] = NaN;
    this.#next = index + 1;
    this.counters.lost += lost;
    ready.push({ packet, lost, restarted });
  }

  /** Hands on what is in order, and what is behind gaps given up on. */
  #release(now: Milliseconds, ready: OrderedPacket[]): void {
    let first = this.#held[0];
    while (first) {
      const since = this.#heldSince();
      const isDue = first.index === this.#next ||
        this.#dueAt(since) <= now || this.#held.length > MAX_HELD;
      if (!isDue) return;
      this.#held.shift();
      this.#deliver(first.packet, first.index, since, ready);
      first = this.#held[0];
    }
  }

  /**
   * Waits longer if the deadline has gone by: the missing packet may be there,
   * unread. What came while this process stood still is read in less time than
   * that, unless it stands still again.
   */
  #pardon(now: Milliseconds): void {
    if (this.#held.length === 0) return;
    const since = this.#heldSince();
    const late = now - this.#dueAt(since);
    const isFirst = since !== this.#grace.since;
    const stoodStill = late > LATE_MS && now - since < MAX_STANDSTILL_MS;
    if (late <= 0 || !isFirst && !stoodStill) return;
    this.#grace = { since, until: now + Math.min(late, MAX_REORDER_WINDOW) };
  }

  /** When a gap that is known since then is given up on. */
  #dueAt(since: Milliseconds): Milliseconds {
    const { since: pardoned, until } = this.#grace;
    return since === pardoned ? ms(until) : ms(since + this.window);
  }

  /** Since when the first gap is known. */
  #heldSince(): Milliseconds {
    return ms(Math.min(...this.#held.map(({ at }) => at)));
  }
}
