import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { performance } from "node:perf_hooks";
import { test } from "../harness.ts";
import { until } from "./deadline.ts";
import { Random } from "../random.ts";
import { dialSmall, unacknowledged } from "./small_socket.ts";
import { TcpEnd, TcpTarget } from "./tcp_ends.ts";
import { ABSORBED_BYTES, TcpProxy } from "./tcp_proxy.ts";

const SEED = 1;

test("TcpProxy forwards and counts both ways, and passes on FIN", async () => {
  await using c = await chain();
  c.sender.socket.end("hello");
  await c.receiver.until("end");
  c.receiver.socket.end("good bye");
  await c.sender.until("close");
  await c.receiver.until("close");
  assert.equal(c.receiver.text, "hello");
  assert.equal(c.sender.text, "good bye");
  assert.deepEqual(c.receiver.happened, ["connect", "end", "close"]);
  const { connections, bytesDown, bytesUp } = c.proxy;
  assert.deepEqual([connections, bytesDown, bytesUp], [1, 5, 8]);
  await until(1000, "end of the connection", () => c.proxy.open === 0);
});

test("TcpProxy forwards a megabyte unharmed", async () => {
  await using c = await chain();
  const bytes = noise(1_048_576);
  c.sender.socket.end(bytes);
  await c.receiver.until("end");
  assert.ok(bytes.equals(Buffer.concat(c.receiver.reads)));
});

for (const way of ["down", "up"] as const) {
  test(`TcpProxy.stall() leaves the ${way}ward backlog to its sender`, async () => {
    await using c = await chain();
    const [from, to] = way === "down"
      ? [c.sender, c.receiver]
      : [c.receiver, c.sender];
    c.proxy.stall();
    const bytes = noise(16 * ABSORBED_BYTES);
    let written = 0;
    const absorbed = () => written - backlogOf(from);
    // More than all the buffers on the way: what is left is standing still.
    while (backlogOf(from) < ABSORBED_BYTES && written < bytes.length) {
      from.socket.write(bytes.subarray(written, written += 2048));
      await tick();
    }
    assert.ok(absorbed() <= ABSORBED_BYTES, `${absorbed()} bytes absorbed`);
    assert.equal(to.bytes, 0);
    c.proxy.resume();
    await to.untilBytes(written);
    const received = Buffer.concat(to.reads);
    assert.ok(received.equals(bytes.subarray(0, written)));
  });

  test(`TcpProxy.rate() holds ${way}ward within 15 %`, async () => {
    await using c = await chain();
    const [from, to] = way === "down"
      ? [c.sender, c.receiver]
      : [c.receiver, c.sender];
    const bytesPerSecond = 250_000;
    c.proxy.rate(bytesPerSecond);
    from.socket.write(noise(200_000));
    // Past the burst that an idle bucket has earned.
    await to.untilBytes(25_000);
    const [startedAt, startBytes] = [performance.now(), to.bytes];
    await to.untilBytes(150_000);
    const seconds = (performance.now() - startedAt) / 1000;
    const ratio = (to.bytes - startBytes) / seconds / bytesPerSecond;
    assert.ok(ratio > 0.85 && ratio < 1.15, `${ratio} of the rate`);
    c.proxy.rate();
    await to.untilBytes(200_000);
  });
}

test("TcpProxy.reset() sends RST to both sides", async () => {
  await using c = await chain();
  c.proxy.reset();
  await c.sender.until("close");
  await c.receiver.until("close");
  assert.deepEqual(c.sender.happened, ["ECONNRESET", "close"]);
  assert.deepEqual(c.receiver.happened, ["connect", "ECONNRESET", "close"]);
});

test("TcpProxy passes on an RST, from either side", async () => {
  for (const from of ["sender", "receiver"] as const) {
    await using c = await chain();
    const to = from === "sender" ? c.receiver : c.sender;
    c[from].socket.resetAndDestroy();
    await to.until("close");
    assert.ok(to.happened.includes("ECONNRESET"), `from the ${from}`);
  }
});

test("TcpProxy.halfClose() ends the receiver's input only", async () => {
  await using c = await chain();
  c.proxy.halfClose();
  await c.receiver.until("end");
  const lost = noise(20 * ABSORBED_BYTES);
  const taken = new Promise((resolve) => c.sender.socket.write(lost, resolve));
  assert.equal(await taken ?? undefined, undefined);
  c.receiver.socket.write("still here");
  await c.sender.untilBytes(10);
  assert.deepEqual(c.sender.happened, []);
  assert.equal(c.receiver.bytes, 0);
});

for (const how of ["reset", "close"] as const) {
  test(`TcpProxy.cutAt() lets exactly so many bytes by, then ${how}s`, async () => {
    const random = new Random(SEED);
    await using target = await TcpTarget.listen();
    await using proxy = await TcpProxy.start({
      target: target.address,
      seed: SEED,
    });
    for (let round = 0; round < 10; round++) {
      const bytes = random.between(1, 40_000);
      proxy.cutAt(bytes, how);
      await using receiver = TcpEnd.connect(proxy.port);
      const sender = await target.connection(round);
      sender.socket.write(noise(60_000));
      await receiver.until(how === "reset" ? "ECONNRESET" : "end");
      assert.equal(receiver.bytes, bytes);
      // A closed socket answers what still comes with RST.
      await sender.until(how === "reset" ? "ECONNRESET" : "end|close");
    }
  });
}

test("TcpProxy.cutAt() counts from now on for an open connection", async () => {
  await using c = await chain();
  c.sender.socket.write(noise(1000));
  await c.receiver.untilBytes(1000);
  c.proxy.cutAt(77);
  c.sender.socket.write(noise(1000));
  await c.receiver.until("close");
  assert.equal(c.receiver.bytes, 1077);
  await using next = TcpEnd.connect(c.proxy.port);
  (await c.target.connection(1)).socket.write(noise(5000));
  await next.untilBytes(5000);
});

test("TcpProxy.cutAt() waits for a receiver that reads late", async () => {
  await using target = await TcpTarget.listen();
  await using proxy = await TcpProxy.start({
    target: target.address,
    seed: SEED,
  });
  // More than its kernel takes, so that some stays on the proxy's side.
  const bytes = 9000;
  proxy.cutAt(bytes);
  const address = { host: "127.0.0.1", port: proxy.port };
  await using receiver = new TcpEnd(await dialSmall(address, 1024));
  receiver.socket.pause();
  (await target.connection(0)).socket.write(noise(60_000));
  await until(1000, "bytes", () => proxy.bytesDown === bytes);
  receiver.socket.resume();
  await receiver.until("close");
  assert.equal(receiver.bytes, bytes);
});

test("TcpProxy.dribble() writes bit by bit, and stops", async () => {
  await using c = await chain();
  c.sender.socket.write("x".repeat(500));
  await c.receiver.untilBytes(500);
  const before = c.receiver.reads.length;
  c.proxy.dribble();
  c.sender.socket.write("y".repeat(500));
  await c.receiver.untilBytes(1000);
  assert.equal(c.receiver.text, "x".repeat(500) + "y".repeat(500));
  assert.ok(c.receiver.reads.length - before > before);
  c.proxy.dribble(0);
  c.sender.socket.write("z".repeat(500));
  await c.receiver.untilBytes(1500);
});

test("TcpProxy.delay() holds everything back, FIN too, in order", async () => {
  await using c = await chain();
  c.proxy.delay(80, 30);
  const startedAt = performance.now();
  for (let i = 0; i < 10; i++) {
    c.sender.socket.write(String(i));
    await tick();
  }
  c.sender.socket.end();
  await c.receiver.untilBytes(1);
  assert.ok(performance.now() - startedAt >= 50);
  await c.receiver.until("end");
  assert.equal(c.receiver.text, "0123456789");
});

test("TcpProxy.delay() keeps a stream flowing at its rate", async () => {
  await using c = await chain();
  c.proxy.delay(100);
  const startedAt = performance.now();
  c.sender.socket.write(noise(500_000));
  await c.receiver.untilBytes(500_000);
  const tookMs = performance.now() - startedAt;
  assert.ok(tookMs >= 100 && tookMs < 1500, `${tookMs} ms`);
});

test("TcpProxy.refuse() refuses until accept(), on the same port", async () => {
  await using c = await chain();
  await c.proxy.refuse();
  await using refused = TcpEnd.connect(c.proxy.port);
  await refused.until("ECONNREFUSED");
  c.sender.socket.write("open ones go on");
  await c.receiver.untilBytes(15);
  await c.proxy.accept();
  await using accepted = TcpEnd.connect(c.proxy.port);
  (await c.target.connection(1)).socket.write("back");
  await accepted.untilBytes(4);
});

test("TcpProxy ends while it refuses", async () => {
  const target = { host: "127.0.0.1", port: 1 };
  await using proxy = await TcpProxy.start({ target, seed: SEED });
  await proxy.refuse();
});

test("TcpProxy takes receivers that leave at once", async () => {
  await using target = await TcpTarget.listen();
  const options = { target: target.address, seed: SEED };
  await using proxy = await TcpProxy.start(options);
  for (let i = 1; i <= 30; i++) {
    await using receiver = TcpEnd.connect(proxy.port);
    await receiver.until("connect");
    receiver.socket.resetAndDestroy();
    await until(1000, "connection", () => proxy.connections === i);
  }
  await until(1000, "end of all connections", () => proxy.open === 0);
});

test("TcpProxy.acceptThenSilence() takes and never answers", async () => {
  await using c = await chain();
  await c.proxy.acceptThenSilence();
  await using silent = TcpEnd.connect(c.proxy.port);
  await silent.until("connect");
  silent.socket.write("anybody?");
  await until(1000, "second connection", () => c.proxy.connections === 2);
  await c.proxy.accept();
  await using next = TcpEnd.connect(c.proxy.port);
  await c.target.connection(1);
  await next.until("connect");
  assert.equal(c.target.taken.length, 2);
  assert.deepEqual(silent.happened, ["connect"]);
  c.proxy.reset();
  await silent.until("ECONNRESET");
});

test("TcpProxy.retarget() moves new connections only", async () => {
  await using c = await chain();
  await using other = await TcpTarget.listen();
  c.proxy.retarget(other.address);
  await using next = TcpEnd.connect(c.proxy.port);
  (await other.connection(0)).socket.write("other");
  await next.untilBytes(5);
  c.sender.socket.write("first");
  await c.receiver.untilBytes(5);
  assert.equal(c.receiver.text, "first");
});

test("TcpProxy resets a receiver whose target is not there", async () => {
  const target = await TcpTarget.listen();
  await using proxy = await TcpProxy.start({
    target: target.address,
    seed: SEED,
  });
  await target[Symbol.asyncDispose]();
  await using receiver = TcpEnd.connect(proxy.port);
  await receiver.until("ECONNRESET");
  const { what } = proxy.events.at(-1)!;
  assert.match(what, /Cannot connect to "127\.0\.0\.1:\d+": errno 111/);
});

/** A target, a proxy, and a receiver that has connected through it. */
async function chain() {
  const stack = new AsyncDisposableStack();
  const target = stack.use(await TcpTarget.listen());
  const options = { target: target.address, seed: SEED };
  const proxy = stack.use(await TcpProxy.start(options));
  const receiver = stack.use(TcpEnd.connect(proxy.port));
  const sender = await target.connection(0);
  await receiver.until("connect");
  await until(1000, "lanes", () => proxy.events.at(-1)?.what === "connected");
  const dispose = () => stack.disposeAsync();
  return { target, proxy, receiver, sender, [Symbol.asyncDispose]: dispose };
}

/** Bytes that its kernel and its runtime hold and nobody has taken. */
function backlogOf({ socket }: TcpEnd): number {
  const { localPort, remotePort, writableLength } = socket;
  return writableLength + unacknowledged(localPort!, remotePort!)!;
}

function noise(bytes: number): Buffer {
  const random = new Random(SEED);
  return Buffer.from(
    Array.from({ length: bytes }, () => random.between(0, 255)),
  );
}

/** Lets sockets do what they can do now. */
function tick(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1));
}
