import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import type { AddressInfo, Socket } from "node:net";
import { createServer } from "node:net";
import { join } from "node:path";
import process from "node:process";
import { findProgram } from "../../agent/runtime/programs.ts";
import type { RecvStatus } from "../../agent/recv/status.ts";
import { Agent } from "../e2e/agent.ts";
import { temporaryFolder } from "../e2e/folder.ts";
import { encode, Peer } from "../e2e/peer.ts";
import { until } from "../faults/deadline.ts";
import { killTree, orphansOf } from "../faults/process_tree.ts";
import { UdpSocket } from "../faults/udp_socket.ts";
import { test } from "../harness.ts";

const DEADLINE_MS = 60_000;

/** A sender that was silent for so long has lost its place. */
const GONE_MS = 500;

/** Valid video in front of a trap. */
const VIDEO_BYTES = 4096;

/** What would make a player open another address, or a file. */
function trapsFor(url: string, file: string): Record<string, string> {
  return {
    "HLS": `#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n${url}a.ts\n`,
    "HLS of a file": `#EXTM3U\n#EXTINF:1,\nfile://${file}\n`,
    "DASH": `<?xml version="1.0"?>\n<MPD><BaseURL>${url}</BaseURL><Period>` +
      `<AdaptationSet><Representation><SegmentList><SegmentURL media="${url}b"/>` +
      "</SegmentList></Representation></AdaptationSet></Period></MPD>\n",
    "ffconcat": `ffconcat version 1.0\nfile '${file}'\nfile '${url}c'\n`,
    "SDP": `v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nc=IN IP4 127.0.0.1\r\n` +
      `m=video 5004 RTP/AVP 96\r\na=control:${url}d\r\n`,
    "a list of addresses": `${url}e\n${file}\n`,
  };
}

/** Counts who comes. */
class TrapServer implements AsyncDisposable {
  visits = 0;
  readonly #server = createServer((socket: Socket) => {
    this.visits++;
    socket.destroy();
  });

  async open(): Promise<number> {
    await new Promise<void>((done) =>
      this.#server.listen(0, "127.0.0.1", done)
    );
    return (this.#server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise((done) => this.#server.close(done));
  }
}

for (const scheme of ["tcp", "udp"] as const) {
  test(`camagent recv ${scheme}: walks into no trap`, async () => {
    assert.ok(findProgram("strace"), "strace is not installed");
    using folder = temporaryFolder();
    const canary = join(folder.path, "canary");
    mkdirSync(canary);
    writeFileSync(join(canary, "secret.ts"), "");
    await using server = new TrapServer();
    const port = await server.open();
    const url = `http://127.0.0.1:${port}/`;
    const texts = Object.values(trapsFor(url, join(canary, "secret.ts")));
    const video = encode("320x240", 30).subarray(0, VIDEO_BYTES);
    const traps = texts.map((text) => new TextEncoder().encode(text))
      .flatMap((trap) => [trap, Buffer.concat([video, trap])]);
    const log = join(folder.path, "strace");
    const mark = `traps-${scheme}-${process.pid}`;
    const traced = (address: string) =>
      Agent.start<RecvStatus>(["recv", address, "-", "--json=stderr"], {
        env: { CAMAGENT_TEST: mark },
        through: [
          ...["strace", "-f", "-qq", "-e", "openat,open,connect"],
          ...["-o", log],
        ],
      });
    try {
      await (scheme === "tcp" ? byTcp : byUdp)(traced, traps);
    } finally {
      // What is traced outlives whoever traces it.
      for (const { pid } of orphansOf(mark)) await killTree(pid);
    }
    const calls = readFileSync(log, "latin1");
    // It has seen something.
    assert.match(calls, /openat\(/);
    assert.doesNotMatch(calls, new RegExp(canary));
    assert.doesNotMatch(calls, new RegExp(`htons\\(${port}\\)`));
    assert.equal(server.visits, 0);
  });
}

type Start = (address: string) => Agent<RecvStatus>;

async function byTcp(start: Start, traps: Uint8Array[]): Promise<void> {
  let sprung = 0;
  await using peer = await Peer.listen((socket) => {
    const trap = traps[sprung++];
    socket.end(trap ?? encode("320x240", 60));
  });
  await using receiver = start(peer.address);
  receiver.stdout.resume();
  await until(DEADLINE_MS, "traps", () => sprung > traps.length);
  await lives(receiver);
}

async function byUdp(start: Start, traps: Uint8Array[]): Promise<void> {
  await using receiver = start("udp://127.0.0.1:0");
  receiver.stdout.resume();
  const [, port] = await receiver.logs(/waits on \S+:(\d+)/, DEADLINE_MS);
  const to = { host: "127.0.0.1", port: Number(port) };
  for (const trap of [...traps, encode("320x240", 60)]) {
    using socket = new UdpSocket("127.0.0.1", () => {});
    for (let at = 0; at < trap.length; at += 1400) {
      socket.send(trap.subarray(at, at + 1400), to);
    }
    const since = performance.now();
    await until(
      2 * GONE_MS,
      "silence",
      () => performance.now() - since > GONE_MS + 20,
    );
  }
  await lives(receiver);
}

/** What comes behind all the traps is shown. */
async function lives(receiver: Agent<RecvStatus>): Promise<void> {
  await receiver.says(
    ({ decoders: [decoder] }) => decoder!.decoded > 0,
    DEADLINE_MS,
  );
}
