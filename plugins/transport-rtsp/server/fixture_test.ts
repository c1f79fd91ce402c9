/**
 * What the tests of this folder share: the server in a fake network, and
 * clients that ask it.
 *
 * @module
 */

import assert from "node:assert/strict";
import { concat } from "../../../agent/media/bytes.ts";
import { ACCESS_UNIT_DELIMITER } from "../../../agent/media/delimiter.ts";
import { RtpReceiver } from "../../../agent/media/mod.ts";
import { declare } from "../../../test/contract/declaration.ts";
import { settled } from "../../../test/contract/suite.ts";
import type { RawReader } from "../../../test/contract/transport_contract.ts";
import { Sending } from "../../../test/contract/transport_usage.ts";
import { FakeRuntime } from "../../../test/fakes/runtime.ts";
import type { FakeTcpPeer } from "../../../test/fakes/tcp_peer.ts";
import { RtspReader, type RtspResponse } from "../message.ts";
import * as transportRtsp from "../mod.ts";

/** The plugin under test. */
export const plugin = declare(transportRtsp, "transport");

/** Where the stream is, as a client writes it. */
export const URL = "rtsp://pi:8554/cam";

/** Packets in the connection. */
export const TCP = "RTP/AVP/TCP;unicast;interleaved=0-1";

/** Packets in datagrams. */
export const UDP = "RTP/AVP;unicast;client_port=6000-6001";

/** A client, by hand. */
export class RawClient {
  readonly peer: FakeTcpPeer;
  readonly #runtime: FakeRuntime;
  readonly #reader = new RtspReader();
  readonly #responses: RtspResponse[] = [];
  /** Packets by channel. */
  readonly packets: Uint8Array[][] = [[], []];
  /** What it says that the session is. */
  session: string | undefined;
  #read = 0;
  #sequence = 0;

  private constructor(peer: FakeTcpPeer, runtime: FakeRuntime) {
    this.peer = peer;
    this.#runtime = runtime;
  }

  /** Connects. */
  static async connect(
    runtime: FakeRuntime,
    port: number,
    from = "127.0.0.1",
  ): Promise<RawClient> {
    return new RawClient(await runtime.network.connect(port, from), runtime);
  }

  /** Sends what is not to be answered. */
  async send(text: string): Promise<void> {
    await this.peer.send(new TextEncoder().encode(text));
  }

  /** Asks, and returns the answer. */
  async ask(
    method: string,
    headers: Record<string, string> = {},
    url: string = URL,
    body = "",
  ): Promise<RtspResponse> {
    const lines = Object.entries({
      "CSeq": `${++this.#sequence}`,
      ...(this.session !== undefined && { "Session": this.session }),
      ...headers,
    }).map(([name, value]) => `${name}: ${value}\r\n`);
    await this.send(
      `${method} ${url} RTSP/1.0\r\n${lines.join("")}\r\n${body}`,
    );
    const answer = await this.answer();
    assert.deepEqual(answer.headers.get("cseq"), [`${this.#sequence}`]);
    return answer;
  }

  /** Waits for an answer. */
  async answer(): Promise<RtspResponse> {
    const answered = (async () => {
      while (true) {
        this.take();
        const response = this.#responses.shift();
        if (response) return response;
        await this.#runtime.turn();
      }
    })();
    return await settled(this.#runtime, "answer", answered);
  }

  /** Sets up, and plays. */
  async play(transport = TCP): Promise<void> {
    const { status, headers } = await this.ask(
      "SETUP",
      { "Transport": transport },
      `${URL}/trackID=0`,
    );
    assert.equal(status, 200);
    this.session = headers.get("session")![0]!.split(";")[0]!;
    const playing = await this.ask("PLAY");
    assert.equal(playing.status, 200);
  }

  /** Reads what has come. */
  take(): void {
    const bytes = this.peer.received.subarray(this.#read);
    this.#read += bytes.length;
    for (const message of this.#reader.push(bytes)) {
      if (message.type === "response") this.#responses.push(message);
      else if (message.type === "packet") {
        this.packets[message.channel]!.push(message.data);
      }
    }
  }
}

/** Puts pictures together, and gives them the delimiters that RTP leaves out. */
export function pictureReader(
  runtime: FakeRuntime,
  packets: () => readonly Uint8Array[],
): () => Uint8Array {
  const receiver = new RtpReceiver();
  const pictures: Uint8Array[] = [];
  let read = 0;
  return () => {
    const all = packets();
    for (; read < all.length; read++) {
      for (const { data } of receiver.push(all[read]!, runtime.now())) {
        pictures.push(data, ACCESS_UNIT_DELIMITER);
      }
    }
    return concat(...pictures);
  };
}

/** A client that plays over TCP, as the contract of transports sees it. */
export async function tcpReader(
  runtime: FakeRuntime,
  port: number,
): Promise<RawReader> {
  const client = await RawClient.connect(runtime, port);
  await client.play();
  const read = pictureReader(runtime, () => client.packets[0]!);
  return {
    received() {
      client.take();
      return read();
    },
    ended: client.peer.closed,
    pause: () => client.peer.pause(),
    leave: () => client.peer.leave(),
  };
}

/** Serves in a fake network. */
export function openServing(
  address = "rtsp://0.0.0.0:0/cam",
  runtime: FakeRuntime = new FakeRuntime(),
) {
  const sending = new Sending(plugin, {
    address,
    runtime,
    watch: async (port) => await tcpReader(runtime, port!),
  });
  return {
    runtime,
    sending,
    /** Connects a client. */
    async client(from?: string): Promise<RawClient> {
      return await RawClient.connect(runtime, (await sending.port())!, from);
    },
  };
}
