import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { Socket } from "node:net";
import { joinNalUnits, nalUnitsOf } from "../../agent/media/annexb.ts";
import { Random } from "../random.ts";
import { until } from "../faults/deadline.ts";
import { test } from "../harness.ts";
import { Agent } from "./agent.ts";
import { Frames } from "./frames.ts";
import { encode, Peer, type Script } from "./peer.ts";

/** What a peer may cost: memory of the agent and of what it has started. */
const MAX_MIB = 400;

const MIB = 1 << 20;

/** The SPS of a picture of 16000x16000, from x264, and a slice of garbage. */
function bomb(): Uint8Array {
  const [, , ...rest] = nalUnitsOf(encode("64x64", 1));
  const sps = Uint8Array.fromHex(
    "6742c034d900fa03e800fa03e8110000030001000003003c0f162e48",
  );
  return joinNalUnits([sps, ...rest.map((nal) => new Uint8Array(nal))]);
}

const PEERS: Record<string, (random: Random) => Script> = {
  "garbage": (random) => (socket) => {
    socket.write(noise(random, MIB));
  },
  "zeros for ever": () => (socket) => flood(socket, new Uint8Array(MIB)),
  "an endless NAL unit": () => (socket) => {
    socket.write(encode("64x64", 2));
    flood(socket, new Uint8Array(MIB).fill(0x55));
  },
  "start codes for ever": () => (socket) => {
    const codes = Uint8Array.from(
      { length: MIB },
      (_, i) => i % 3 === 2 ? 1 : 0,
    );
    socket.write(encode("64x64", 2));
    flood(socket, codes);
  },
  "pictures of 16000x16000": () => (socket) => {
    socket.write(bomb());
  },
  "a playlist": () => (socket) => {
    socket.write("#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/x.ts\n");
  },
  "a playlist behind a picture": () => (socket) => {
    socket.write(encode("64x64", 2));
    socket.write("#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n");
  },
  "an HTTP server": () => (socket) => {
    socket.write("HTTP/1.1 400 Bad Request\r\n\r\n");
  },
  "nothing": () => () => {},
  "a connection that closes": () => (socket) => socket.destroy(),
  "a stream with flipped bits": (random) => (socket) => {
    const stream = new Uint8Array(encode("320x240", 60));
    for (let i = 0; i < stream.length / 500; i++) {
      stream[random.below(stream.length)]! ^= 1 << random.below(8);
    }
    socket.write(stream);
  },
};

for (const [what, script] of Object.entries(PEERS)) {
  test(`camagent recv survives a peer that sends ${what}`, async () => {
    const random = new Random();
    await using peer = await Peer.listen(script(random));
    await using receiver = Agent.recv(peer.address, "stdout:?size=320x240");
    const frames = new Frames(receiver.stdout, 320 * 240 * 3);
    const since = performance.now();
    await until(
      10_000,
      "second connection or three seconds",
      () => peer.connections > 1 || performance.now() - since > 3000,
    );
    const mib = residentMib(receiver);
    assert.ok(mib < MAX_MIB, `${mib} MiB (seed ${random.seed})`);
    const good = encode("320x240", 30);
    const before = frames.all.length;
    peer.become((socket) => socket.write(good));
    await until(
      15_000,
      "frames of a good sender",
      () => frames.all.length >= before + 10,
    );
  });
}

function noise(random: Random, bytes: number): Uint8Array {
  return Uint8Array.from({ length: bytes }, () => random.below(256));
}

/** Writes for as long as the peer reads. */
function flood(socket: Socket, bytes: Uint8Array): void {
  socket.write(bytes, (error) => {
    if (!error && !socket.destroyed) flood(socket, bytes);
  });
}

/** Of the agent and its decoder together. */
function residentMib(agent: Agent<unknown>): number {
  const pids = [agent.pid, ...agent.children("ffmpeg")];
  return pids.reduce((sum, pid) => {
    const status = readFileSync(`/proc/${pid}/status`, "latin1");
    return sum + Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0) / 1024;
  }, 0);
}
