import assert from "node:assert/strict";
import process from "node:process";
import { clock } from "../../agent/runtime/clock.ts";
import type { SinkStatus } from "../../agent/recv/status.ts";
import { until } from "../faults/deadline.ts";
import { quantile } from "../faults/statistics.ts";
import { TcpProxy } from "../faults/tcp_proxy.ts";
import { test } from "../harness.ts";
import { Agent } from "./agent.ts";
import { Frames } from "./frames.ts";
import { isTestPicture } from "./test_picture.ts";

const [WIDTH, HEIGHT] = [640, 480];
const BYTES = WIDTH * HEIGHT * 3;

/** Half of 2 Mbit/s, the bitrate of a 640x480 stream. */
const HALF_BYTES_PER_SECOND = 125_000;

/** Sixty are a measurement. */
const SECONDS = Number(process.env.CAMAGENT_SECONDS ?? 17);

/** From the beginning of the slow time until it is adapted to. */
const ADAPTED_MS = 5000;

/** A status tells of the last 300 frames: 10 s. */
const STATUS_MS = 10_000;

/** What is sustained from then on. */
const MIN_FPS = 15;
const MAX_AGE_MS = 300;

for (const scheme of ["tcp", "rtsp"]) {
  test(`camagent send ${scheme}: makes fewer bits for a link that is too slow`, async () => {
    await using sender = Agent.send("test:", `${scheme}://127.0.0.1:0`);
    const target = { host: "127.0.0.1", port: await sender.port() };
    await using proxy = await TcpProxy.start({ target });
    await using receiver = Agent.recv(
      `${scheme}://127.0.0.1:${proxy.port}`,
      "-",
    );
    const frames = new Frames(receiver.stdout, BYTES);
    await frames.reach(90);
    proxy.rate(HALF_BYTES_PER_SECOND);
    const since = clock.now();
    const ages: number[] = [];
    let seen: SinkStatus | undefined;
    await until(1000 * SECONDS + 5000, "end of the slow time", () => {
      const passed = clock.now() - since;
      const [sink] = receiver.status!.sinks;
      const isNew = sink !== seen && passed > ADAPTED_MS + STATUS_MS;
      if (isNew && sink?.age) ages.push(sink.age.p95);
      seen = sink;
      return passed > 1000 * SECONDS;
    });
    const times = frames.all.map(({ at }) => at - since)
      .filter((at) => at > ADAPTED_MS);
    const seconds = Array.from(
      { length: SECONDS - ADAPTED_MS / 1000 },
      (_, i) =>
        times.filter((at) => Math.floor((at - ADAPTED_MS) / 1000) === i).length,
    );
    const age = quantile(ages, 0.95);
    process.stdout.write(
      `${scheme} at half the bitrate: ${Math.min(...seconds)} frames in the ` +
        `worst second from the sixth on, age p95 ${age.toFixed(0)} ms\n`,
    );
    const { source } = await sender.says(({ source }) =>
      source.bitrateShare < 1
    );
    await sender.logs(
      /a viewer's link is too slow; [\d.]+ Mbit\/s from here on/,
    );
    assert.equal(source.supervisor.restarts, 0);
    assert.ok(Math.min(...seconds) >= MIN_FPS, `${seconds}`);
    assert.ok(age <= MAX_AGE_MS, `${ages}`);
    assert.ok(
      frames.all.every(({ data }) => isTestPicture(data, WIDTH, HEIGHT)),
    );
    assert.equal(receiver.status!.input.supervisor.restarts, 0);
  });
}

test("camagent send leaves the bitrate alone where it is told to", async () => {
  await using sender = Agent.send(
    "test:?adapt=none",
    "tcp://127.0.0.1:0",
  );
  const target = { host: "127.0.0.1", port: await sender.port() };
  await using proxy = await TcpProxy.start({ target });
  await using receiver = Agent.recv(`tcp://127.0.0.1:${proxy.port}`, "-");
  const frames = new Frames(receiver.stdout, BYTES);
  await frames.reach(30);
  proxy.rate(HALF_BYTES_PER_SECOND);
  await sender.says(({ outputs: [output] }) => output!.dropped > 100, 30_000);
  assert.equal(sender.status!.source.bitrateShare, 1);
});
