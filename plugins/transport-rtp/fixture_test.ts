/**
 * What the tests of this folder share: the plugin in a fake network, and who
 * it talks to there.
 *
 * @module
 */

import assert from "node:assert/strict";
import { concat } from "../../agent/media/bytes.ts";
import { ACCESS_UNIT_DELIMITER } from "../../agent/media/delimiter.ts";
import {
  DEFAULT_MAX_PAYLOAD,
  RtpH264Packetizer,
  RtpReceiver,
  us,
} from "../../agent/media/mod.ts";
import type { Ingest, IngestUnit, UnitIngest } from "../../mod.ts";
import { declare } from "../../test/contract/declaration.ts";
import type { RawReader } from "../../test/contract/transport_contract.ts";
import { contextOf, Sending } from "../../test/contract/transport_usage.ts";
import { FakeRuntime } from "../../test/fakes/runtime.ts";
import * as transportRtp from "./mod.ts";

/** A receiver. */
export const HOST = "192.168.1.7";

/** Any number of receivers. */
export const GROUP = "239.1.1.1";

/** The plugin under test. */
export const plugin = declare(transportRtp, "transport");

/**
 * Puts pictures together from whatever was sent, reports included, and gives
 * them back the delimiters that RTP leaves out.
 */
export function rtpReader(
  { udp, now }: Pick<FakeRuntime, "udp" | "now">,
): RawReader {
  const receiver = new RtpReceiver();
  const pictures: Uint8Array[] = [];
  let read = 0;
  return {
    received() {
      for (; read < udp.sent.length; read++) {
        const units = receiver.push(udp.sent[read]!.data, now());
        for (const { data } of units) {
          pictures.push(data, ACCESS_UNIT_DELIMITER);
        }
      }
      return concat(...pictures);
    },
    ended: Promise.resolve(),
    pause() {},
    leave() {},
  };
}

/** Sends into a fake network. */
export function openSending(address: string, runtime = new FakeRuntime()) {
  const reader = rtpReader({ udp: runtime.udp, now: () => runtime.now() });
  const sending = new Sending(plugin, {
    address,
    runtime,
    dials: true,
    watch: () => Promise.resolve(reader),
  });
  return { runtime, sending };
}

/** A foreign sender: packets of pictures, 30 a second. */
export class Packets {
  readonly #packetizer;
  #count = 0;

  /** Numbers its packets from 1 on. */
  constructor({ ssrc = 7, maxPayload = DEFAULT_MAX_PAYLOAD } = {}) {
    this.#packetizer = new RtpH264Packetizer({
      ssrc,
      sequence: 1,
      timestamp: 0,
      maxPayload,
    });
  }

  /** The packets of the next picture. */
  of(data: Uint8Array): Uint8Array<ArrayBuffer>[] {
    const pts = us(this.#count++ * 33_333);
    return this.#packetizer.packetize({ data, pts });
  }
}

/** Receives from a fake network. */
export async function openReceiving(
  address: string,
  runtime = new FakeRuntime(),
) {
  const { signal } = new AbortController();
  const log: string[] = [];
  const context = contextOf(plugin, address, runtime, signal, log);
  const ingest = await plugin.receive!(context) as Ingest & UnitIngest;
  const reading = ingest.units[Symbol.asyncIterator]();
  const units: IngestUnit[] = [];
  const read = (async () => {
    for (;;) {
      const { value, done } = await reading.next();
      if (done) return;
      units.push({ ...value, data: value.data.slice() });
    }
  })();
  read.catch(() => {});
  return {
    runtime,
    ingest,
    log,
    /** Every picture so far. */
    units,
    /** Settles when there are no more. */
    read,
    /** Sends datagrams to a port, and lets them be read. */
    async deliver(
      datagrams: readonly Uint8Array<ArrayBuffer>[],
      to = 5004,
      from: { host?: string; port?: number } = {},
    ) {
      for (const datagram of datagrams) {
        runtime.udp.deliver(datagram, to, from);
      }
      await runtime.advance(0);
    },
    async [Symbol.asyncDispose]() {
      await ingest[Symbol.asyncDispose]();
      await read.catch(() => {});
      assert.deepEqual(runtime.open, []);
    },
  };
}
