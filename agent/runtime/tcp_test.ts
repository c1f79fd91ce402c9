import assert from "node:assert/strict";
import { networkInterfaces } from "node:os";
import { TcpEnd } from "../../test/faults/tcp_ends.ts";
import { until, within } from "../../test/faults/deadline.ts";
import { MuteListener } from "../../test/faults/mute_socket.ts";
import { test } from "../../test/harness.ts";
import { assertFlat } from "../../test/programs/descriptors.ts";
import { ms } from "../media/time.ts";
import type { DialOptions, TcpListener } from "../plugin/runtime.ts";
import { dialTcp, listenTcp } from "./tcp.ts";

const DEADLINE_MS = 5000;

const HAS_IPV6 = Object.values(networkInterfaces()).flat()
  .some((entry) => entry?.address === "::1");

function dial(port: number, more: Partial<DialOptions> = {}) {
  return dialTcp({
    host: "127.0.0.1",
    port,
    signal: new AbortController().signal,
    timeout: ms(DEADLINE_MS),
    ...more,
  });
}

function listen(host = "127.0.0.1", port = 0) {
  return listenTcp({ host, port });
}

/** Takes the next connection. */
async function take({ connections }: TcpListener) {
  const next = connections[Symbol.asyncIterator]().next();
  const { value } = await within(DEADLINE_MS, "connection", next);
  assert.ok(value);
  return value;
}

test("dialTcp connects to a listener, and each knows the other", async () => {
  await using listener = await listen();
  await using ours = await dial(listener.port);
  await using theirs = await take(listener);
  assert.equal(ours.peer, `127.0.0.1:${listener.port}`);
  assert.match(theirs.peer, /^127\.0\.0\.1:\d+$/);
  assert.equal(theirs.peerHost, "127.0.0.1");
});

if (HAS_IPV6) {
  test("dialTcp connects over IPv6", async () => {
    await using listener = await listen("::1");
    const { port } = listener;
    await using ours = await dial(port, { host: "::1" });
    await using theirs = await take(listener);
    assert.equal(ours.peer, `[::1]:${port}`);
    assert.equal(theirs.peerHost, "::1");
    const refused = `Cannot connect to [::1]:${port}: connection refused`;
    await listener[Symbol.asyncDispose]();
    await assert.rejects(dial(port, { host: "::1" }), { message: refused });
  });

  test("dialTcp reaches a listener on :: over IPv4", async () => {
    await using listener = await listen("::");
    await using _ = await dial(listener.port);
    await using theirs = await take(listener);
    assert.equal(theirs.peerHost, "127.0.0.1");
  });
}

test("dialTcp says that nobody listens", async () => {
  const { port, ours, theirs } = await closed();
  await using _ = ours;
  await using __ = theirs;
  await assert.rejects(dial(port), {
    name: "StreamError",
    message: `Cannot connect to 127.0.0.1:${port}: connection refused`,
    failure: "refused",
  });
});

test("dialTcp says that there is no such host", async () => {
  await assert.rejects(dial(1, { host: "no-such-host.invalid" }), {
    message: /^Cannot connect to no-such-host\.invalid:1: (no such host|name)/,
    failure: "refused",
  });
});

test("dialTcp gives up on a peer that does not answer", async () => {
  using deaf = new MuteListener();
  await using _ = await dial(deaf.port);
  await assert.rejects(dial(deaf.port, { timeout: ms(100) }), {
    message: `Cannot connect to 127.0.0.1:${deaf.port}: ` +
      "no answer within 100 ms",
    failure: "refused",
  });
});

test("dialTcp gives up when the signal aborts", async () => {
  using deaf = new MuteListener();
  await using _ = await dial(deaf.port);
  const controller = new AbortController();
  const dialling = dial(deaf.port, { signal: controller.signal });
  controller.abort(new Error("Stopped"));
  await assert.rejects(dialling, { message: "Stopped" });
  const again = dial(deaf.port, { signal: controller.signal });
  await assert.rejects(again, { message: "Stopped" });
});

test("dialTcp closes a connection when the signal aborts", async () => {
  await using listener = await listen();
  const controller = new AbortController();
  await using ours = await dial(listener.port, { signal: controller.signal });
  await using theirs = await take(listener);
  controller.abort();
  assert.deepEqual(await Array.fromAsync(ours.chunks), []);
  assert.deepEqual(await Array.fromAsync(theirs.chunks), []);
  await assert.rejects(ours.write(new Uint8Array(1)), { failure: "lost" });
});

const REFUSED: [host: string, name: string, why: string][] = [
  ["192.0.2.1", "192.0.2.1", "the address is not one of this machine's"],
  ["2001:db8::1", "[2001:db8::1]", "the address is not one of this machine's"],
  ["no-such-host.invalid", "no-such-host.invalid", "no such host"],
];

for (const [host, name, why] of REFUSED) {
  test(`listenTcp refuses ${host}`, async () => {
    await assert.rejects(listen(host), {
      name: "ConfigError",
      message: `Cannot listen on ${name}:0: ${why}`,
      exitCode: 69,
    });
  });
}

test("listenTcp refuses a port that is in use", async () => {
  await using listener = await listen();
  const { port } = listener;
  for (const host of ["127.0.0.1", "0.0.0.0"]) {
    await assert.rejects(listen(host, port), {
      name: "ConfigError",
      message: `Cannot listen on ${host}:${port}: ` +
        "the port is in use; stop the other program or choose another",
      exitCode: 69,
    });
  }
});

test("TcpListener gives its port back, though a viewer is connected", async () => {
  const { port, ours, theirs } = await closed();
  await using _ = ours;
  await using __ = theirs;
  // A connection that another test opens meanwhile may have come by it.
  await using again = await until(
    DEADLINE_MS,
    "port",
    () => listen("127.0.0.1", port).catch(() => undefined),
  );
  assert.equal(again.port, port);
  await theirs.write(new Uint8Array(3));
  for await (const chunk of ours.chunks) {
    assert.equal(chunk.length, 3);
    break;
  }
});

test("TcpListener ends its connections when it is disposed", async () => {
  const listener = await listen();
  const next = listener.connections[Symbol.asyncIterator]().next();
  await listener[Symbol.asyncDispose]();
  await listener[Symbol.asyncDispose]();
  assert.equal((await next).done, true);
});

test("TcpListener closes what nobody has taken", async () => {
  const listener = await listen();
  await using first = await dial(listener.port);
  await using second = TcpEnd.connect(listener.port);
  await second.until("connect");
  await using _ = await take(listener);
  await listener[Symbol.asyncDispose]();
  await second.until("end|ECONNRESET");
  await first.write(new Uint8Array(1));
});

test("TcpConnection leaves no descriptors", async () => {
  await assertFlat("tcp", 300);
});

/** Two ends of a connection whose listener is gone, and its port. */
async function closed() {
  await using listener = await listen();
  const ours = await dial(listener.port);
  const theirs = await take(listener);
  return { port: listener.port, ours, theirs };
}
