import assert from "node:assert/strict";
import { performance } from "node:perf_hooks";
import { test } from "../harness.ts";
import { until } from "./deadline.ts";
import type { Target } from "./socket_address.ts";
import type { UdpFaults } from "./udp_fate.ts";
import { UdpProxy, type UdpProxyOptions } from "./udp_proxy.ts";
import { UdpSocket } from "./udp_socket.ts";

const SEED = 1;
const HOST = "127.0.0.1";

test("UdpProxy passes datagrams on and replies back", async () => {
  await using c = await chain({});
  await c.send(3);
  assert.deepEqual(c.got(), [0, 1, 2]);
  c.receiver.socket.send(datagram(42), c.receiver.from.at(-1)!);
  await until(1000, "reply", () => c.sender.messages.length > 0);
  assert.deepEqual(c.sender.messages, [datagram(42)]);
  assert.equal(c.sender.from[0]!.port, c.proxy.port);
  assert.deepEqual(c.proxy.counts, { received: 3, sent: 3, replies: 1 });
  assert.equal(c.proxy.kernelDrops(), 0);
});

test("UdpProxy loses exactly those whose fate says so", async () => {
  await using c = await chain({ loss: 0.3 });
  await c.send(100);
  const { fates } = c.proxy;
  const kept = fates.filter(({ lost }) => !lost).map(({ index }) => index);
  assert.ok(kept.length > 50 && kept.length < 90);
  assert.deepEqual(c.got(), kept);
});

test("UdpProxy sends duplicates one after the other", async () => {
  await using c = await chain({ duplicate: 1 });
  await c.send(3);
  assert.deepEqual(c.got(), [0, 0, 1, 1, 2, 2]);
});

test("UdpProxy flips one bit, the same one in both copies", async () => {
  await using c = await chain({ corrupt: 1, duplicate: 1 });
  await c.send(1);
  const [first, second] = c.receiver.messages;
  assert.deepEqual(first, second);
  const sent = datagram(0);
  const different = [...sent].map((byte, i) => byte ^ first![i]!);
  const bits = different.map((byte) => byte.toString(2)).join("");
  assert.equal(bits.replaceAll("0", ""), "1");
  const { flippedBit } = c.proxy.fates[0]!;
  assert.equal(different[flippedBit! >> 3], 1 << (flippedBit! & 7));
});

test("UdpProxy cuts datagrams short", async () => {
  await using c = await chain({ truncate: 1 });
  await c.send(20);
  const sizes = c.receiver.messages.map((message) => message.length);
  assert.deepEqual(sizes, c.proxy.fates.map((fate) => fate.truncatedTo));
  assert.ok(sizes.every((size) => size < datagram(0).length));
});

test("UdpProxy has later datagrams overtake a reordered one", async () => {
  await using c = await chain({});
  c.proxy.faults({ reorder: 1, reorderDepth: 2 });
  await c.send(1, { settle: false });
  c.proxy.faults({ reorder: 0 });
  await c.send(4);
  assert.deepEqual(c.got(), [1, 2, 0, 3, 4]);
});

test("UdpProxy sends a reordered one that nobody overtakes", async () => {
  await using c = await chain({ reorder: 1, reorderDepth: 9 });
  await c.send(2);
  assert.deepEqual(c.got(), [0, 1]);
});

test("UdpProxy holds datagrams back for the delay and no more", async () => {
  await using c = await chain({ delayMs: 60, jitterMs: 20 });
  const startedAt = performance.now();
  await c.send(10);
  const took = performance.now() - startedAt;
  assert.ok(took >= 40 && took < 1000, `${took} ms`);
  const byTime = c.proxy.fates
    .toSorted((a, b) => a.atMs + a.delayMs - b.atMs - b.delayMs)
    .map(({ index }) => index);
  assert.deepEqual(c.got(), byTime);
});

test("UdpProxy spreads a burst to its rate", async () => {
  await using c = await chain({ rate: 50_000 });
  const startedAt = performance.now();
  await c.send(100);
  // 10 kB at 50 kB/s are 200 ms; an idle 40 ms may be caught up with.
  const took = performance.now() - startedAt;
  assert.ok(took > 140 && took < 1000, `${took} ms`);
  assert.equal(c.got().length, 100);
});

test("UdpProxy.blackout() loses everything until it is over", async () => {
  await using c = await chain({});
  c.proxy.blackout(3_600_000);
  await c.send(5);
  assert.deepEqual(c.got(), []);
  c.proxy.faults({ blackouts: [] });
  await c.send(1);
  assert.deepEqual(c.got(), [5]);
});

test("UdpProxy.newSourcePort() sends on from another port", async () => {
  await using c = await chain({});
  await c.send(1);
  c.proxy.newSourcePort();
  await c.send(1);
  const ports = c.receiver.from.map(({ port }) => port);
  assert.equal(new Set(ports).size, 2);
  c.receiver.socket.send(datagram(42), c.receiver.from[1]!);
  await until(1000, "reply", () => c.sender.messages.length > 0);
});

test("UdpProxy.retarget() sends on elsewhere", async () => {
  await using c = await chain({});
  using other = end();
  c.proxy.retarget({ host: HOST, port: other.socket.port });
  await c.send(1, { to: other });
  assert.deepEqual(c.got(), []);
});

test("UdpProxy sends mirrors what it sends the target", async () => {
  using mirror = end();
  const to = { host: HOST, port: mirror.socket.port };
  await using c = await chain({ loss: 0.3 }, { mirrors: [to] });
  await c.send(50);
  await until(1000, "copies", () => mirror.messages.length >= c.got().length);
  assert.ok(c.got().length < 50);
  assert.deepEqual(mirror.messages, c.receiver.messages);
});

test("UdpProxy tells what came and what went on", async () => {
  const received: [number, string | undefined][] = [];
  const sent: number[] = [];
  await using c = await chain({ loss: 0.3 }, {
    onReceived: ([number], { lost }) => received.push([number!, lost]),
    onSent: ({ index }) => sent.push(index),
  });
  await c.send(50);
  const fates = c.proxy.fates.map(({ index, lost }) => [index, lost]);
  assert.deepEqual(received, fates);
  assert.deepEqual(sent, c.got());
});

test("UdpProxy ends with datagrams still on their way", async () => {
  const c = await chain({ delayMs: 3_600_000 });
  await c.send(1, { settle: false });
  await c[Symbol.asyncDispose]();
  assert.equal(c.proxy.counts.sent, 0);
});

/** A socket that keeps what it got. */
function end() {
  const messages: Uint8Array[] = [];
  const from: Target[] = [];
  const socket = new UdpSocket(HOST, (message, sender) => {
    messages.push(message);
    from.push(sender);
  });
  return { socket, messages, from, [Symbol.dispose]: () => close(socket) };
}

function close(socket: UdpSocket): void {
  socket[Symbol.dispose]();
}

/** A sender, a proxy and a receiver. */
async function chain(
  faults: Partial<UdpFaults>,
  watched: Partial<UdpProxyOptions> = {},
) {
  const stack = new AsyncDisposableStack();
  const receiver = stack.use(end());
  const sender = stack.use(end());
  const target = { host: HOST, port: receiver.socket.port };
  const options = { target, seed: SEED, faults, ...watched };
  const proxy = stack.use(await UdpProxy.start(options));
  let sent = 0;
  /** Sends numbered datagrams, and waits until all that is to come is there. */
  const send = async (count: number, { settle = true, to = receiver } = {}) => {
    const expected = to.messages.length - proxy.counts.sent;
    const proxied = { host: HOST, port: proxy.port };
    for (let i = 0; i < count; i++) {
      sender.socket.send(datagram(sent++), proxied);
    }
    await until(1000, "arrival", () => proxy.counts.received === sent);
    if (!settle) return;
    await proxy.settled(sent);
    await until(
      1000,
      "arrival",
      () => to.messages.length === expected + proxy.counts.sent,
    );
  };
  const got = () => receiver.messages.map(([number]) => number);
  const dispose = () => stack.disposeAsync();
  return { receiver, sender, proxy, send, got, [Symbol.asyncDispose]: dispose };
}

/** 100 bytes, the first of them the number. */
function datagram(number: number): Uint8Array {
  return new Uint8Array(100).fill(number, 0, 1);
}
