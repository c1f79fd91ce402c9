/**
 * What a proxy saw of a stream of RTP packets, and what that makes possible.
 *
 * @module
 */

import { parseRtp } from "../../agent/media/rtp/packet.ts";
import { clock } from "../../agent/runtime/clock.ts";
import type { Fate } from "../faults/udp_fate.ts";

/** A packet that was sent, in the order of the sender. */
export interface SeenPacket {
  /** Of its picture, in ticks since the first one. */
  readonly ticks: number;
  /** The packet itself. */
  readonly datagram: Uint8Array;
  /** Whether it never arrives. */
  readonly lost: boolean;
  /** When it went on, in milliseconds of CLOCK_MONOTONIC. */
  sentAt?: number;
}

/** What became of a picture. */
export interface SeenPicture {
  /** In ticks since the first one. */
  readonly ticks: number;
  /** Whether all of its packets arrive. */
  readonly whole: boolean;
  /** When the last packet that arrives went on. */
  readonly sentAt: number;
}

/** Remembers the packets of one sender that a `UdpProxy` gets. */
export class RtpRecord {
  /** Every packet so far. */
  readonly packets: SeenPacket[] = [];
  readonly #byFate = new Map<number, SeenPacket>();
  #first: number | undefined;

  /** Takes notice of a packet that came. */
  readonly onReceived = (datagram: Uint8Array, { index, lost }: Fate): void => {
    const timestamp = parseRtp(datagram)!.timestamp;
    this.#first ??= timestamp;
    const ticks = timestamp - this.#first >>> 0;
    const packet = { ticks, datagram, lost: lost !== undefined };
    this.packets.push(packet);
    this.#byFate.set(index, packet);
  };

  /** Takes notice that one went on. */
  readonly onSent = ({ index }: Fate): void => {
    this.#byFate.get(index)!.sentAt = clock.now();
  };

  /** Packets that never arrive. */
  get lost(): number {
    return this.packets.filter(({ lost }) => lost).length;
  }

  /** The pictures so far, in order. */
  pictures(): SeenPicture[] {
    return [...Map.groupBy(this.packets, ({ ticks }) => ticks)].map(
      ([ticks, packets]) => ({
        ticks,
        whole: packets.every(({ lost }) => !lost),
        sentAt: Math.max(...packets.map(({ sentAt }) => sentAt ?? -Infinity)),
      }),
    );
  }

  /**
   * How much later than the first packet that overtook it each packet went on,
   * in milliseconds; 0 for most. In the order of the sender.
   */
  lateness(): number[] {
    let earliest = Infinity;
    return this.packets.toReversed().map(({ sentAt = -Infinity }) => {
      const late = Math.max(0, sentAt - earliest);
      if (Number.isFinite(sentAt)) earliest = Math.min(earliest, sentAt);
      return late;
    }).reverse();
  }
}
