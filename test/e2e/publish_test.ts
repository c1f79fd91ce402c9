import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import type { AddressInfo } from "node:net";
import type { SendStatus } from "../../agent/send/status.ts";
import { until } from "../faults/deadline.ts";
import { UdpSocket } from "../faults/udp_socket.ts";
import { test } from "../harness.ts";
import { Agent } from "./agent.ts";

const DEADLINE_MS = 20_000;

/** Pictures that have to come. */
const PICTURES = 60;

const SECRET = "s3cr3t-s3cr3t";

/** FFmpeg, as a server that takes one stream. */
class MediaServer implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;
  #text = "";

  constructor(input: readonly string[]) {
    const output = ["-c", "copy", "-copyts", "-f", "framecrc", "-"];
    this.#child = spawn("ffmpeg", ["-v", "error", ...input, ...output], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    this.#child.stdout!.on("data", (chunk) => this.#text += chunk);
    this.#closed = new Promise((resolve) => this.#child.once("close", resolve));
  }

  /** Pictures that have come. */
  get pictures(): number {
    return this.#text.split("\n").filter((line) => /^0,/.test(line)).length;
  }

  async shows(count: number): Promise<void> {
    await until(DEADLINE_MS, "pictures", () => this.pictures >= count);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#closed;
  }
}

/** A port at which nobody listens. */
async function closedPort(): Promise<number> {
  const server = await listen(() => {});
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}

function listen(take: (text: string) => void): Promise<Server> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", (chunk) => take(String(chunk)));
  });
  return new Promise((resolve) =>
    server.listen(0, "127.0.0.1", () => resolve(server))
  );
}

interface Protocol {
  readonly input: (port: number) => readonly string[];
  readonly address: (port: number) => string;
}

const PROTOCOLS: Record<string, Protocol> = {
  rtsp: {
    input: (port) => [
      ...["-rtsp_flags", "listen", "-rtsp_transport", "tcp"],
      ...["-i", `rtsp://127.0.0.1:${port}/cam`],
    ],
    address: (port) => `rtsp://127.0.0.1:${port}/cam?mode=publish`,
  },
  rtmp: {
    input: (port) => [
      ...["-listen", "1", "-f", "flv"],
      ...["-i", `rtmp://127.0.0.1:${port}/live/${SECRET}`],
    ],
    address: (port) => `rtmp://127.0.0.1:${port}/live/${SECRET}`,
  },
  srt: {
    input: (port) => [
      "-i",
      `srt://127.0.0.1:${port}?mode=listener&passphrase=${SECRET}`,
    ],
    address: (port) =>
      `srt://127.0.0.1:${port}?passphrase=${SECRET}&streamid=publish:${SECRET}`,
  },
};

/** Nothing that anybody may read names what is secret. */
function assertNothingTold(agent: Agent<SendStatus>): void {
  for (const pid of agent.children("ffmpeg")) {
    const command = readFileSync(`/proc/${pid}/cmdline`, "utf8");
    assert.ok(!command.includes(SECRET), command);
  }
  const told = agent.log.join("\n") + JSON.stringify(agent.status);
  assert.ok(!told.includes(SECRET), told);
}

for (const [name, { input, address }] of Object.entries(PROTOCOLS)) {
  test(`camagent send publishes over ${name}, and comes back when the server does`, async () => {
    const port = name === "srt" ? freeUdpPort() : await closedPort();
    await using agent = Agent.send("test:", "file:/dev/null", address(port));
    await agent.says(
      ({ outputs: [, publishing] }) => publishing!.supervisor.attempts > 0,
      DEADLINE_MS,
    );
    for (let round = 0; round < 2; round++) {
      await using server = new MediaServer(input(port));
      await server.shows(PICTURES);
      assertNothingTold(agent);
    }
    const { outputs: [recording] } = agent.status!;
    assert.deepEqual([recording!.dropped, recording!.viewers.length], [0, 1]);
  });
}

function freeUdpPort(): number {
  using socket = new UdpSocket("127.0.0.1", () => {});
  return socket.port;
}

test("camagent send names a server that does not answer, and one that is silent", async () => {
  const silent = await listen(() => {});
  const { port } = silent.address() as AddressInfo;
  const absent = await closedPort();
  await using agent = Agent.send(
    "test:",
    `rtsp://me:${SECRET}@127.0.0.1:${port}/cam?mode=publish`,
    `rtsp://me:${SECRET}@127.0.0.1:${absent}/cam?mode=publish`,
  );
  await agent.logs(/refused: .* connection refused/, DEADLINE_MS);
  await agent.logs(/stalled .* does not answer/, DEADLINE_MS);
  const told = agent.log.join("\n") + JSON.stringify(agent.status);
  assert.ok(!told.includes(SECRET), told);
  silent.close();
});
