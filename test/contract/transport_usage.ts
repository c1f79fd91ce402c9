/**
 * A transport in use, as the agent uses it.
 *
 * @module
 */

import assert from "node:assert/strict";
import { openMuxer } from "../../agent/ffmpeg/muxer.ts";
import { publish } from "../../agent/ffmpeg/publish.ts";
import { AccessUnitHub } from "../../agent/media/access_unit_hub.ts";
import { parseAddress } from "../../agent/media/address.ts";
import { ms } from "../../agent/media/time.ts";
import { checkOptions } from "../../agent/plugin/options.ts";
import type {
  Announcement,
  Ingest,
  SendContext,
  TransportPlugin,
  WireUnit,
} from "../../agent/plugin/transport.ts";
import {
  assertBytes,
  assertReason,
  type CaseRuntime,
  settled,
  untilTrue,
} from "./suite.ts";
import type { RawReader, SendCase } from "./transport_case.ts";

/** No viewer of a test is ever too late. */
const BUDGET = ms(Infinity);

/** Makes what a transport is handed. */
export function contextOf(
  plugin: TransportPlugin,
  text: string,
  runtime: CaseRuntime,
  signal: AbortSignal,
  lines: string[] = [],
): SendContext<unknown> {
  const address = parseAddress(text);
  const options = checkOptions(plugin.options, address.query, address);
  const add = (line: string) => void lines.push(line);
  const log = { info: add, warn: add };
  const around = { runtime, signal };
  return {
    ...{ address, options, signal, log, runtime },
    openMuxer: (job) => openMuxer(job, around),
    publish: (job, viewers, server) => publish(job, viewers, server, around),
  };
}

/** A transport that sends; disposing ends it and checks that nothing is left. */
export class Sending implements AsyncDisposable {
  /** What viewers are given. */
  readonly hub: AccessUnitHub<WireUnit>;
  /** Settles as the transport's send() does. */
  readonly done: Promise<void>;
  /** Labels of the viewers, in the order they came. */
  readonly labels: string[] = [];
  /** What the transport logged. */
  readonly log: string[] = [];
  readonly #case: SendCase;
  readonly #controller = new AbortController();
  #port: number | undefined;
  #ready = 0;

  /** Starts to send. */
  constructor(plugin: TransportPlugin, c: SendCase) {
    const { runtime } = c;
    const { signal } = this.#controller;
    this.#case = c;
    this.hub = new AccessUnitHub(() => runtime.now());
    const open = (label: string) => {
      const calls = c.dials ? 0 : 1;
      assert.equal(this.#ready, calls, "viewers come once it is ready");
      this.labels.push(label);
      const queue = this.hub.join(BUDGET);
      const close = () => queue[Symbol.dispose]();
      return { units: queue, [Symbol.dispose]: close };
    };
    const ready = (at?: Announcement) => {
      this.#ready++;
      this.#port = at?.port;
    };
    const context = contextOf(plugin, c.address, runtime, signal, this.log);
    const { hub } = this;
    const viewers = {
      open,
      get entry() {
        return hub.entry;
      },
    };
    this.done = (async () => await plugin.send!(viewers, context, ready))();
    this.done.catch(() => {});
  }

  /** Brings a reader, and waits until it is a viewer. */
  async watch(): Promise<RawReader> {
    const before = this.hub.size;
    const watching = this.#case.watch(await this.port());
    const reader = await settled(this.#case.runtime, "connection", watching);
    await this.viewers(before + 1);
    return reader;
  }

  /** Waits until receivers can come. */
  async port(): Promise<number | undefined> {
    const { dials, runtime } = this.#case;
    const ready = () => dials || this.#ready > 0;
    await untilTrue(runtime, "call of ready()", ready);
    return this.#port;
  }

  /** Waits until there are so many viewers. */
  async viewers(count: number): Promise<void> {
    const { runtime } = this.#case;
    await untilTrue(runtime, `${count} viewers`, () => this.hub.size === count);
  }

  /** Waits until so many bytes have arrived, and a moment for more of them. */
  async arrival(reader: RawReader, bytes: Uint8Array): Promise<void> {
    const { runtime } = this.#case;
    const enough = () => reader.received().length >= bytes.length;
    await untilTrue(runtime, `arrival of ${bytes.length} bytes`, enough);
    await runtime.turn();
    assertBytes(reader.received(), bytes, "what arrived");
  }

  /** Aborts; the transport is to end, and to complain of nothing else. */
  async abort(): Promise<void> {
    this.#controller.abort();
    const { signal } = this.#controller;
    const end = this.done.catch((error) => assertReason(error, signal));
    await settled(this.#case.runtime, "end of send()", end);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#controller.abort();
    const end = this.done.catch(() => {});
    await settled(this.#case.runtime, "end of send()", end);
    assert.equal(this.hub.size, 0, "every viewer is disposed of");
    await this.#case[Symbol.asyncDispose]?.();
    assert.deepEqual(this.#case.runtime.open ?? [], []);
  }
}

/** Reads an open stream to its end; chunks are copied, as they are borrowed. */
export async function* bytesOf(
  ingest: Ingest,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  if (ingest.type === "bytes") {
    for await (const chunk of ingest.chunks) yield chunk.slice();
  } else if (ingest.type === "datagrams") {
    for await (const { data } of ingest.datagrams) yield data.slice();
  } else {
    for await (const { data } of ingest.units) yield data.slice();
  }
}
