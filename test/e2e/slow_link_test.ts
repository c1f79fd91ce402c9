import assert from "node:assert/strict";
import { join } from "node:path";
import { until } from "../faults/deadline.ts";
import { TcpProxy } from "../faults/tcp_proxy.ts";
import { test } from "../harness.ts";
import { Agent } from "./agent.ts";
import { temporaryFolder } from "./folder.ts";
import { receiveInto } from "./pipeline.ts";
import { Camera, Reader, type Seen } from "./stamped.ts";

/** Half of 2 Mbit/s, the bitrate of a 640x480 stream. */
const HALF_BYTES_PER_SECOND = 125_000;

const SLOW_MS = 12_000;

/** Every second's mean age, and the 95th percentile of each. */
const SLOW_AGE_MS = 500;

/** One GOP and 100 ms after, everything is as before. */
const BACK_AFTER_MS = 1100;
const NORMAL_AGE_MS = 50;

for (const dials of ["receiver", "sender"]) {
  test(`camagent does not fall behind on a slow link that the ${dials} opened`, async () => {
    using folder = temporaryFolder();
    await using camera = new Camera(folder.path);
    const path = join(folder.path, "frames");
    const start = dials === "sender" ? dialled : listening;
    await using link = await start(`${camera.address}&gop=30`, path);
    await using reader = new Reader(path);
    await reader.reach(60);
    await assertFollows(link.proxy, reader);
  });
}

/** A sender that waits, and a receiver that connects to it. */
async function listening(source: string, path: string) {
  await using stack = new AsyncDisposableStack();
  const sender = stack.use(Agent.send(source, "tcp://127.0.0.1:0"));
  const proxy = stack.use(await proxyTo(await sender.port()));
  stack.use(await receiveInto(path, `tcp://127.0.0.1:${proxy.port}`));
  return ended(stack.move(), proxy);
}

/** A receiver that waits, and a sender that connects to it. */
async function dialled(source: string, path: string) {
  await using stack = new AsyncDisposableStack();
  const input = "tcp://127.0.0.1:0?mode=listen";
  const receiver = stack.use(await receiveInto(path, input));
  const [, port] = await receiver.logs(/waits on 127\.0\.0\.1:(\d+)/);
  const proxy = stack.use(await proxyTo(Number(port)));
  stack.use(Agent.send(source, `tcp://127.0.0.1:${proxy.port}?mode=dial`));
  return ended(stack.move(), proxy);
}

function proxyTo(port: number): Promise<TcpProxy> {
  return TcpProxy.start({ target: { host: "127.0.0.1", port } });
}

function ended(stack: AsyncDisposableStack, proxy: TcpProxy) {
  return { proxy, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

/** Slows the link down for a while, and looks at the age of the frames. */
async function assertFollows(proxy: TcpProxy, reader: Reader): Promise<void> {
  const from = reader.seen.at(-1)!.at;
  proxy.rate(HALF_BYTES_PER_SECOND);
  const last = () => (reader.seen.at(-1)!.at - from) / 1000;
  await until(SLOW_MS + 3000, "end of the slow time", () => last() > SLOW_MS);
  proxy.rate();
  const freeAt = reader.seen.at(-1)!.at;
  const after = () => (reader.seen.at(-1)!.at - freeAt) / 1000;
  await until(5000, "recovery", () => after() > BACK_AFTER_MS + 1000);

  const slow = reader.seen.filter(({ at }) => at > from && at <= freeAt);
  const seconds = Array.from(
    { length: SLOW_MS / 1000 },
    (_, second) =>
      slow.filter(({ at }) => Math.floor((at - from) / 1e6) === second)
        .map(({ age }) => age)
        .sort((a, b) => a - b),
  );
  const means = seconds.map((ages) =>
    ages.reduce((sum, age) => sum + age, 0) / ages.length
  );
  const p95 = seconds.map((ages) => ages[Math.floor(ages.length * 0.95)]!);
  report(slow, means, p95);
  assert.ok(
    seconds.every((ages) => ages.length > 0),
    "a second without frames",
  );
  assert.ok(Math.max(...means) <= SLOW_AGE_MS, `means ${means}`);
  assert.ok(Math.max(...p95) <= SLOW_AGE_MS, `p95 ${p95}`);
  const back = reader.seen.filter(({ at }) =>
    at > freeAt + BACK_AFTER_MS * 1000
  );
  const ages = back.map(({ age }) => age).sort((a, b) => a - b);
  assert.ok(ages[Math.floor(ages.length / 2)]! <= NORMAL_AGE_MS, `${ages}`);
  assert.equal(reader.damaged, 0);
}

/** The figures themselves are of interest, not only that they hold. */
function report(slow: Seen[], means: number[], p95: number[]): void {
  const gaps = slow.slice(1).map(({ at }, i) => (at - slow[i]!.at) / 1000);
  const text = [
    `worst second: mean ${Math.max(...means).toFixed(0)} ms`,
    `p95 ${Math.max(...p95).toFixed(0)} ms`,
    `${(slow.length / (SLOW_MS / 1000)).toFixed(1)} frames a second`,
    `worst gap ${Math.max(...gaps).toFixed(0)} ms`,
  ];
  // deno-lint-ignore no-console
  console.log(`half the bitrate, ${text.join(", ")}`);
}
