/**
 * A sender like rpicam-vid: each picture as the encoder gave it, parameter sets
 * in front of every keyframe, in one datagram for as long as that holds it.
 * rpicam-apps, output/net_output.cpp, has the same limit.
 *
 * @module
 */

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

/** Sends a film in real time, 30 pictures a second, until it is disposed of. */
export class UnitSender implements Disposable {
  readonly #socket = new UdpSocket("127.0.0.1", () => {});
  readonly #timer: ReturnType<typeof setInterval>;

  /** @param sent Told of each picture that it is about to be sent. */
  constructor(
    stream: Uint8Array<ArrayBuffer>,
    to: Target,
    sent: () => void = () => {},
  ) {
    const units = datagramsOf(stream).values();
    this.#timer = setInterval(() => {
      const { value = [] } = units.next();
      if (value.length > 0) sent();
      for (const datagram of value) this.#socket.send(datagram, to);
    }, 1000 / 30);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#socket[Symbol.dispose]();
  }
}
