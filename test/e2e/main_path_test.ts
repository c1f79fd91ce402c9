import assert from "node:assert/strict";
import { isAlive } from "../faults/process_tree.ts";
import { test } from "../harness.ts";
import { Agent } from "./agent.ts";
import { Frames } from "./frames.ts";
import { isTestPicture } from "./test_picture.ts";

const [WIDTH, HEIGHT] = [640, 480];
const BYTES = WIDTH * HEIGHT * 3;

test("camagent receives the test picture that camagent sends", async () => {
  await using sender = Agent.send("test:", "tcp://127.0.0.1:0");
  const port = await sender.port();
  await using receiver = Agent.recv(`tcp://127.0.0.1:${port}`, "-");
  const frames = new Frames(receiver.stdout, BYTES);
  for (const { data } of await frames.reach(60)) {
    assert.ok(isTestPicture(data, WIDTH, HEIGHT));
  }
  const { sinks: [sink], decoders: [decoder], input } = await receiver.says(
    ({ sinks }) => (sinks[0]?.written ?? 0) >= 60,
  );
  assert.equal(input.size, "640x480");
  assert.equal(input.damaged, 0);
  assert.equal(decoder?.dropped, 0);
  assert.equal(sink?.age?.since, "capture");
});

test("camagent stops within two seconds of SIGTERM", async () => {
  await using sender = Agent.send("test:", "tcp://127.0.0.1:0");
  const port = await sender.port();
  await using receiver = Agent.recv(`tcp://127.0.0.1:${port}`, "-");
  await new Frames(receiver.stdout, BYTES).reach(1);
  for (const agent of [receiver, sender]) {
    const children = agent.children("ffmpeg");
    assert.equal(children.length, 1);
    const since = performance.now();
    agent.kill("SIGTERM");
    assert.deepEqual(await agent.exit, { code: 0, signal: null });
    assert.ok(performance.now() - since < 2000);
    assert.deepEqual(children.filter(isAlive), []);
  }
});

test("camagent ends when the reader of its stdout leaves", async () => {
  await using sender = Agent.send("test:", "tcp://127.0.0.1:0");
  const port = await sender.port();
  await using receiver = Agent.recv(`tcp://127.0.0.1:${port}`, "-");
  await new Frames(receiver.stdout, BYTES).reach(1);
  receiver.closeStdout();
  assert.deepEqual(await receiver.exit, { code: 0, signal: null });
});
