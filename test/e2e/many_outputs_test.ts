import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import type { RecvStatus } from "../../agent/recv/status.ts";
import { until } from "../faults/deadline.ts";
import { test } from "../harness.ts";
import { Agent } from "./agent.ts";
import { temporaryFolder } from "./folder.ts";
import { Camera, Reader } from "./stamped.ts";

/** Pictures that everybody is to get. */
const PICTURES = 90;

const DEADLINE_MS = 20_000;

/** A port at which nobody listens. */
async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  return address !== null && typeof address === "object" ? address.port : 0;
}

async function listening(address: string) {
  const receiver = Agent.recv(address, "-");
  receiver.stdout.resume();
  const [, port] = await receiver.logs(/waits on \S+:(\d+)/);
  return { receiver, port: Number(port) };
}

/** Waits for so many more pictures; nothing may be missing before or after. */
async function more(receiver: Agent<RecvStatus>, count: number): Promise<void> {
  const before = receiver.status?.input.units ?? 0;
  const { input } = await receiver.says(
    ({ input }) => input.units >= before + count,
    DEADLINE_MS,
  );
  const { missing, damaged, packets: { lost } } = input;
  assert.deepEqual([missing, damaged, lost], [0, 0, 0]);
}

test("camagent sends to everybody at once, and nobody costs others a picture", async () => {
  const udp = await listening("udp://127.0.0.1:0");
  await using _udp = udp.receiver;
  const rtp = await listening("rtp://127.0.0.1:0");
  await using _rtp = rtp.receiver;
  await using sender = Agent.send(
    "test:",
    "tcp://127.0.0.1:0",
    `udp://127.0.0.1:${udp.port}`,
    `rtp://127.0.0.1:${rtp.port}`,
    `tcp://127.0.0.1:${await closedPort()}?mode=dial`,
  );
  const input = `tcp://127.0.0.1:${await sender.port()}`;
  await using tcp = Agent.recv(input, "-");
  tcp.stdout.resume();
  const all = [tcp, udp.receiver, rtp.receiver];
  await Promise.all(all.map((receiver) => more(receiver, PICTURES)));
  // One encoder for all of them.
  assert.equal(sender.children("ffmpeg").length, 1);

  udp.receiver.kill("SIGKILL");
  tcp.kill("SIGSTOP");
  await more(rtp.receiver, PICTURES);
  tcp.kill("SIGCONT");
  await more(rtp.receiver, PICTURES);

  const { outputs } = await sender.says(({ outputs }) =>
    outputs[3]!.supervisor.attempts > 1
  );
  const states = outputs.map(({ supervisor }) => supervisor.state);
  assert.deepEqual([states[0], states[2]], ["running", "running"]);
  assert.notEqual(states[3], "running");
});

test("camagent writes several kinds of frames of one stream", async () => {
  using folder = temporaryFolder();
  await using camera = new Camera(folder.path);
  await using sender = Agent.send(camera.address, "tcp://127.0.0.1:0");
  const input = `tcp://127.0.0.1:${await sender.port()}`;
  const [colour, gray, same] = ["colour", "gray", "same"].map((name) =>
    join(folder.path, name)
  );
  await using receiver = Agent.recv(
    input,
    `pipe:${colour}`,
    `pipe:${gray}?pixelFormat=gray&size=320x240&fps=10`,
    `pipe:${same}`,
    "--spare=off",
  );
  const paths = [colour!, gray!, same!];
  await until(
    DEADLINE_MS,
    "FIFOs",
    () => paths.every((one) => existsSync(one)),
  );
  await using first = new Reader(colour!);
  await using third = new Reader(same!);
  await Promise.all([first, third].map((reader) => reader.reach(PICTURES)));
  const { decoders, sinks } = await receiver.says(({ sinks }) =>
    sinks[1]!.written + sinks[1]!.dropped > 0
  );
  // Sinks that want the same share a decoder.
  assert.equal(receiver.children("ffmpeg").length, 2);
  assert.deepEqual(
    decoders.map(({ pixelFormat, size }) => [pixelFormat, size]),
    [["rgb24", "640x480"], ["gray", "320x240"]],
  );
  assert.equal(sinks.length, 3);
  const sidecar = JSON.parse(readFileSync(`${gray}.json`, "utf8"));
  assert.equal(sidecar.frameBytes, 320 * 240);
  assert.equal(sidecar.pixelFormat, "gray");
  assert.deepEqual([first.damaged, third.damaged], [0, 0]);
});
