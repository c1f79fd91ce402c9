import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { join } from "node:path";
import process from "node:process";
import { until } from "../faults/deadline.ts";
import { clock } from "../../agent/runtime/clock.ts";
import { test } from "../harness.ts";
import { Agent } from "./agent.ts";
import { Frames } from "./frames.ts";
import { temporaryFolder } from "./folder.ts";
import { isTestPicture } from "./test_picture.ts";

const [WIDTH, HEIGHT] = [640, 480];
const BYTES = WIDTH * HEIGHT * 3;

const DEADLINE_MS = 20_000;

/** From the return of a server to frames again. */
const BACK_MS = 3000;

for (const transport of ["tcp", "udp"]) {
  test(`camagent receives over RTSP in ${transport} what camagent serves`, async () => {
    await using sender = Agent.send("test:", "rtsp://127.0.0.1:0/cam");
    const address = `rtsp://127.0.0.1:${await sender.port()}/cam`;
    const receiver = Agent.recv(`${address}#transport=${transport}`, "-");
    await using _ = receiver;
    const frames = new Frames(receiver.stdout, BYTES);
    for (const { data } of await frames.reach(60)) {
      assert.ok(isTestPicture(data, WIDTH, HEIGHT));
    }
    const { sinks: [sink], input } = await receiver.says(
      ({ sinks }) => (sinks[0]?.written ?? 0) >= 60,
    );
    assert.deepEqual([input.damaged, input.packets.lost], [0, 0]);
    assert.equal(sink?.age?.since, "capture");
    receiver.kill("SIGTERM");
    assert.equal((await receiver.exit).code, 0);
    await sender.logs(/watches no more/);
    await sender.says(({ outputs: [output] }) => output!.viewers.length === 0);
  });
}

test("camagent send serves two outputs on one port, each at its path", async () => {
  using folder = temporaryFolder();
  const password = join(folder.path, "password");
  writeFileSync(password, "p@ss'word");
  // The first one takes a port that is free; the second one shares it.
  const port = await freeTcpPort();
  const at = `127.0.0.1:${port}`;
  await using sender = Agent.send(
    ...["test:", `rtsp://${at}/open`],
    `rtsp://${at}/locked#user=me&passwordFile=${password}`,
  );
  await sender.says(({ outputs }) => outputs.every((it) => it.port === port));
  const addresses = [
    `rtsp://${at}/open`,
    `rtsp://me:${encodeURIComponent("p@ss'word")}@${at}/locked`,
  ];
  for (const address of addresses) {
    await using receiver = Agent.recv(address, "-");
    await new Frames(receiver.stdout, BYTES).reach(5);
  }
  await using intruder = Agent.recv(`rtsp://me:wr0ng@${at}/locked`, "-");
  assert.equal((await intruder.exit).code, 64);
  const told = sender.log.join("\n") + JSON.stringify(sender.status);
  assert.ok(!told.includes("p@ss") && !told.includes("wr0ng"), told);
});

test("camagent recv rtsp: is back when the server is, and again", async () => {
  let sender = Agent.send("test:", "rtsp://127.0.0.1:0/cam");
  const address = `rtsp://127.0.0.1:${await sender.port()}/cam`;
  await using receiver = Agent.recv(address, "-");
  const frames = new Frames(receiver.stdout, BYTES);
  try {
    await frames.reach(30, DEADLINE_MS);
    for (let round = 0; round < 3; round++) {
      sender.kill("SIGKILL");
      await sender.exit;
      await sender[Symbol.asyncDispose]();
      sender = Agent.send("test:", address);
      await sender.port();
      const since = clock.now();
      const gap = await frames.gapAfter(since);
      // deno-lint-ignore no-console
      console.log(`frames again ${gap.toFixed(0)} ms after the server`);
      assert.ok(gap <= BACK_MS, `${gap} ms`);
    }
  } finally {
    await sender[Symbol.asyncDispose]();
  }
});

test("camagent send rtsp: a viewer that stands still harms nobody, and goes", async () => {
  await using sender = Agent.send("test:", "rtsp://127.0.0.1:0/cam");
  const address = `rtsp://127.0.0.1:${await sender.port()}/cam`;
  await using stuck = Agent.recv(address, "-");
  stuck.stdout.resume();
  await using viewer = Agent.recv(address, "-");
  viewer.stdout.resume();
  await sender.says(({ outputs: [output] }) => output!.viewers.length === 2);
  await viewer.says(({ input }) => input.units > 30);
  process.kill(stuck.pid, "SIGSTOP");
  try {
    await sender.logs(/does not read/, DEADLINE_MS);
    await sender.says(({ outputs: [output] }) => output!.viewers.length === 1);
  } finally {
    process.kill(stuck.pid, "SIGCONT");
  }
  const { input: { damaged, missing, supervisor } } = viewer.status!;
  assert.deepEqual([damaged, missing, supervisor.attempts], [0, 0, 0]);
  const { outputs: [output] } = sender.status!;
  assert.equal(output!.viewers[0]!.dropped, 0);
});

/** A port at which nobody listens. */
function freeTcpPort(): Promise<number> {
  const server = createServer();
  return new Promise((resolve) =>
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    })
  );
}

/** Says something to a port, and leaves. */
function say(port: number, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.write(text, () => socket.destroy());
    });
    socket.on("error", reject);
    socket.on("close", () => resolve());
  });
}

test("camagent send rtsp: survives what is no RTSP, a thousand times", async () => {
  await using sender = Agent.send("test:", "rtsp://127.0.0.1:0/cam");
  const port = await sender.port();
  const nonsense = ["GET / HTTP/1.1\r\n\r\n", "\0".repeat(5000), "$\0\xff\xff"];
  for (let i = 0; i < 1000; i++) {
    await say(port, nonsense[i % 3]!);
  }
  await using viewer = Agent.recv(`rtsp://127.0.0.1:${port}/cam`, "-");
  viewer.stdout.resume();
  await viewer.says(({ input }) => input.units > 30, DEADLINE_MS);
  const refusals = sender.log.filter((line) => /refused 127/.test(line));
  assert.ok(refusals.length < 10, `${refusals.length} lines`);
  await until(
    1000,
    "viewer",
    () => sender.status!.outputs[0]!.viewers.length === 1,
  );
});
