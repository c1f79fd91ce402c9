import assert from "node:assert/strict";
import { connect } from "node:net";
import process from "node:process";
import { until } from "../faults/deadline.ts";
import { clock } from "../../agent/runtime/clock.ts";
import { test } from "../harness.ts";
import { Agent } from "./agent.ts";
import { Frames } from "./frames.ts";
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
