/**
 * What the tests of this folder share: the client in a fake network, and a
 * server that answers as it is told.
 *
 * @module
 */

import assert from "node:assert/strict";
import { RtpH264Packetizer, us } from "../../../agent/media/mod.ts";
import type { Ingest, IngestUnit, UnitIngest } from "../../../mod.ts";
import { declare } from "../../../test/contract/declaration.ts";
import { stream } from "../../../test/contract/stream.ts";
import { contextOf } from "../../../test/contract/transport_usage.ts";
import { FakeRuntime } from "../../../test/fakes/runtime.ts";
import type { FakeTcpPeer } from "../../../test/fakes/tcp_peer.ts";
import {
  RtspReader,
  type RtspRequest,
  writePackets,
  writeRtsp,
} from "../message.ts";
import * as transportRtsp from "../mod.ts";

/** The plugin under test. */
export const plugin = declare(transportRtsp, "transport");

/** What it is told of the stream. */
export const SDP = [
  ...["v=0", "o=- 0 0 IN IP4 127.0.0.1", "s=x", "t=0 0", "a=control:*"],
  ...["m=video 0 RTP/AVP 96", "a=rtpmap:96 H264/90000", "a=control:track1", ""],
].join("\r\n");

/** What a server says to one request. */
export interface Reply {
  readonly status?: string;
  readonly headers?: Record<string, string>;
  readonly further?: readonly [string, string][];
  readonly body?: string;
}

/** Says something else than usual, or `undefined`; "silent" says nothing. */
export type Script = (
  request: RtspRequest,
  server: FakeServer,
) => Reply | "silent" | undefined;

const PICTURES = stream().map(({ data }) => data);

/** A server in memory; its pictures begin with PLAY. */
export class FakeServer {
  readonly port: number;
  /** Everything it was asked, and on which connection. */
  readonly requests: (RtspRequest & { readonly on: number })[] = [];
  readonly peers: FakeTcpPeer[] = [];
  /** Packets of reports that came in the connection. */
  readonly reports: Uint8Array[] = [];
  readonly #runtime: FakeRuntime;
  readonly #script: Script;
  readonly #packetizer = new RtpH264Packetizer({
    ...{ ssrc: 7, sequence: 65_530, timestamp: 1000 },
  });
  #count = 0;
  /** Where datagrams go, once somebody has asked for them. */
  clientPort: number | undefined;

  /** Listens. */
  constructor(runtime: FakeRuntime, script: Script = () => undefined) {
    const target = runtime.network.target();
    this.port = target.port;
    this.#runtime = runtime;
    this.#script = script;
    void (async () => {
      for await (const peer of target.peers) {
        this.peers.push(peer);
        void this.#serve(peer, this.peers.length - 1);
      }
    })();
  }

  /** The packets of the next picture. */
  packets(): Uint8Array<ArrayBuffer>[] {
    const data = PICTURES[this.#count % 2]!;
    return this.#packetizer.packetize({
      ...{ data, pts: us(this.#count++ * 33_333) },
    });
  }

  /** Sends pictures in the latest connection, or in datagrams. */
  async show(count = 1): Promise<void> {
    for (let i = 0; i < count; i++) {
      for (const packet of this.packets()) {
        if (this.clientPort === undefined) {
          await this.peers.at(-1)!.send(writePackets(0, [packet]));
        } else {
          this.#runtime.udp.deliver(packet, this.clientPort, {
            ...{ host: "127.0.0.1", port: 9000 },
          });
        }
      }
    }
    await this.#runtime.turn();
  }

  async #serve(peer: FakeTcpPeer, on: number): Promise<void> {
    const reader = new RtspReader();
    let read = 0;
    let isOpen = true;
    void peer.closed.then(() => isOpen = false);
    for (let isLast = false; !isLast;) {
      isLast = !isOpen;
      const bytes = peer.received.subarray(read);
      read += bytes.length;
      for (const message of reader.push(bytes)) {
        if (message.type === "packet") this.reports.push(message.data);
        if (message.type !== "request") continue;
        this.requests.push({ ...message, on });
        await this.#answer(peer, message);
      }
      await this.#runtime.turn();
    }
  }

  async #answer(peer: FakeTcpPeer, request: RtspRequest): Promise<void> {
    const reply = this.#script(request, this) ?? this.#usual(request);
    if (reply === "silent") return;
    await peer.send(writeRtsp({
      start: `RTSP/1.0 ${reply.status ?? "200 OK"}`,
      headers: { "CSeq": request.headers.get("cseq")![0], ...reply.headers },
      ...(reply.further && { further: reply.further }),
      ...(reply.body !== undefined && { body: reply.body }),
    }));
    if (request.method === "PLAY" && reply.status === undefined) {
      await this.show();
    }
  }

  #usual({ method, headers }: RtspRequest): Reply {
    const session = { "Session": "abc;timeout=60" };
    switch (method) {
      case "OPTIONS":
        return { headers: { "Public": "OPTIONS, DESCRIBE, GET_PARAMETER" } };
      case "DESCRIBE":
        return { body: SDP };
      case "SETUP": {
        const [wanted = ""] = headers.get("transport") ?? [];
        const [, port] = /client_port=(\d+)/.exec(wanted) ?? [];
        this.clientPort = port === undefined ? undefined : Number(port);
        const ports = port === undefined ? "" : ";server_port=9000-9001";
        return { headers: { ...session, "Transport": `${wanted}${ports}` } };
      }
      default:
        return { headers: session };
    }
  }
}

/** Receives from a server. */
export function open(
  script?: Script,
  { options = "", user = "", scheme = "rtsp", runtime = new FakeRuntime() } =
    {},
) {
  const server = new FakeServer(runtime, script);
  const controller = new AbortController();
  const log: string[] = [];
  const address = `${scheme}://${user}127.0.0.1:${server.port}/cam${options}`;
  const { signal } = controller;
  const context = contextOf(plugin, address, runtime, signal, log);
  const receiving = plugin.receive!(context) as Promise<Ingest & UnitIngest>;
  receiving.catch(() => {});
  return {
    ...{ server, runtime, log, receiving, controller },
    /** Waits for the first picture, then reads on. */
    async ingest() {
      const ingest = await during(runtime, receiving);
      const units: IngestUnit[] = [];
      const read = (async () => {
        for await (const unit of ingest.units) {
          units.push({ ...unit, data: unit.data.slice() });
        }
      })();
      read.catch(() => {});
      return {
        ...{ ingest, units, read },
        async [Symbol.asyncDispose]() {
          const closing = Promise.resolve(ingest[Symbol.asyncDispose]());
          await during(runtime, closing);
          await read.catch(() => {});
          assert.deepEqual(runtime.open, []);
        },
      };
    },
    /** What receiving fails with. */
    async failure(): Promise<Error> {
      const failing = receiving.then(
        () => assert.fail("It has not failed"),
        (error) => error,
      );
      const error = await during(runtime, failing);
      assert.deepEqual(runtime.open, []);
      return error;
    },
  };
}

/** Moves the time on until something has settled. */
export async function during<T>(
  runtime: FakeRuntime,
  promise: Promise<T>,
  limitMs = 20_000,
): Promise<T> {
  let pending = true;
  const done = () => void (pending = false);
  promise.then(done, done);
  for (let passed = 0; pending && passed < limitMs; passed += 10) {
    await runtime.advance(passed < 50 ? 0 : 10);
  }
  if (pending) throw new Error(`Nothing came of it within ${limitMs} ms`);
  return await promise;
}
