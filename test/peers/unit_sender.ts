/**
 * A sender like rpicam-vid: each picture as the encoder gave it, parameter sets
 * in front of every keyframe, in one datagram for as long as that holds it.
 * rpicam-apps, output/net_output.cpp, has the same limit.
 *
 * @module
 */

import { performance } from "node:perf_hooks";
import { AccessUnitSplitter } from "../../agent/media/access_unit_splitter.ts";
import type { Target } from "../faults/socket_address.ts";
import { UdpSocket } from "../faults/udp_socket.ts";

/** The largest UDP payload over IPv4: 65,535 less 20 and 8 of headers. */
export const MAX_DATAGRAM_BYTES = 65_507;

/** Cuts a film into what such a sender sends with one call, or several. */
export function datagramsOf(
  stream: Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer>[][] {
  const splitter = new AccessUnitSplitter();
  const units = [...splitter.push(stream), ...splitter.flush()];
  return units.map(({ data }) =>
    Array.from(
      { length: Math.ceil(data.length / MAX_DATAGRAM_BYTES) },
      (_, i) =>
        data.subarray(i * MAX_DATAGRAM_BYTES, (i + 1) * MAX_DATAGRAM_BYTES),
    )
  );
}

/** Sends a film in real time from when it is made, once. */
export class UnitSender implements Disposable {
  /** When each picture was sent, in milliseconds of `performance.now()`. */
  readonly sentAt: number[] = [];
  /** Settles when all is sent. */
  readonly done: Promise<void>;
  readonly #socket = new UdpSocket("127.0.0.1", () => {});
  readonly #timer: ReturnType<typeof setInterval>;

  /** @param fps Pictures a second. */
  constructor(stream: Uint8Array<ArrayBuffer>, to: Target, fps = 30) {
    const units = datagramsOf(stream);
    const done = Promise.withResolvers<void>();
    this.done = done.promise;
    this.#timer = setInterval(() => {
      const unit = units[this.sentAt.length];
      if (unit === undefined) return done.resolve();
      this.sentAt.push(performance.now());
      for (const datagram of unit) this.#socket.send(datagram, to);
    }, 1000 / fps);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#socket[Symbol.dispose]();
  }
}
