import assert from "node:assert/strict";
import { within } from "../../test/faults/deadline.ts";
import { MuteListener, MutePeer } from "../../test/faults/mute_socket.ts";
import { test } from "../../test/harness.ts";
import { ms } from "../media/time.ts";
import type { TcpConnection } from "../plugin/runtime.ts";
import { boundConnection, boundListener } from "./socket_options.ts";
import { dialTcp, listenTcp } from "./tcp.ts";

const DEADLINE_MS = 5000;

/** A write that takes longer is one that waits. */
const STUCK_MS = 200;

const SEND_BUFFER = 16384;

/** A write must not wait for room for more than this. */
const CHUNK_BYTES = 4096;

/**
 * What a peer that does not read may cost: our buffer, and that of its own
 * kernel, which is not ours to bound. Measured: 168 kB; unbounded 3.9 MB.
 */
const BOUNDED = 200_000;
const UNBOUNDED = 1_000_000;

for (const host of ["127.0.0.1", "0.0.0.0", "::"]) {
  test(`listenTcp bounds what viewers of ${host} can absorb`, async () => {
    await using listener = await listenTcp({
      host,
      port: 0,
      sendBuffer: SEND_BUFFER,
    });
    // The second shows that every connection inherits it, not the first only.
    for (let viewer = 0; viewer < 2; viewer++) {
      using _ = new MutePeer(listener.port);
      const next = listener.connections[Symbol.asyncIterator]().next();
      const { value } = await within(DEADLINE_MS, "connection", next);
      await using connection = value!;
      const bytes = await absorbed(connection);
      assert.ok(bytes < BOUNDED, `${bytes} bytes`);
    }
  });
}

for (const sendBuffer of [SEND_BUFFER, undefined]) {
  test(`dialTcp with a send buffer of ${sendBuffer} bytes bounds its peer`, async () => {
    using target = new MuteListener();
    await using connection = await dialTcp({
      host: "127.0.0.1",
      port: target.port,
      signal: new AbortController().signal,
      timeout: ms(DEADLINE_MS),
      ...(sendBuffer && { sendBuffer }),
    });
    const bytes = await absorbed(connection);
    const isRight = sendBuffer ? bytes < BOUNDED : bytes > UNBOUNDED;
    assert.ok(isRight, `${bytes} bytes`);
  });
}

test("boundListener says that nobody listens", async () => {
  await using listener = await listenTcp({ host: "127.0.0.1", port: 0 });
  const { port } = listener;
  assert.equal(boundListener(port, SEND_BUFFER), true);
  await listener[Symbol.asyncDispose]();
  assert.equal(boundListener(port, SEND_BUFFER), false);
});

test("boundListener bounds each of two listeners on one port", async () => {
  await using other = await listenTcp({ host: "127.0.0.2", port: 0 });
  const { port } = other;
  await using listener = await listenTcp({ host: "127.0.0.1", port });
  assert.equal(boundListener(port, SEND_BUFFER), true);
  using _ = new MutePeer(port);
  const next = listener.connections[Symbol.asyncIterator]().next();
  await using connection = (await next).value!;
  assert.ok(await absorbed(connection) < BOUNDED);
});

test("boundConnection says that there is no such connection", () => {
  assert.equal(boundConnection(1, 1, SEND_BUFFER), false);
});

/** Writes until nothing more is taken. */
async function absorbed(connection: TcpConnection): Promise<number> {
  const chunk = new Uint8Array(CHUNK_BYTES);
  let bytes = 0;
  try {
    while (true) {
      await within(STUCK_MS, "room", connection.write(chunk));
      bytes += chunk.length;
    }
  } catch {
    return bytes;
  }
}

test("listenTcp does not wait for delayed acknowledgements", async () => {
  await using listener = await listenTcp({
    host: "127.0.0.1",
    port: 0,
    sendBuffer: SEND_BUFFER,
  });
  await using reader = await dialTcp({
    host: "127.0.0.1",
    port: listener.port,
    signal: new AbortController().signal,
    timeout: ms(DEADLINE_MS),
  });
  const next = listener.connections[Symbol.asyncIterator]().next();
  await using writer = (await within(DEADLINE_MS, "connection", next)).value!;
  const chunks = reader.chunks[Symbol.asyncIterator]();
  // Keyframes at 1080p; in a row each took 18 ms instead of 1.3, alone 41.
  const picture = new Uint8Array(85_000);
  const since = performance.now();
  for (let count = 0; count < 10; count++) {
    const written = writer.write(picture);
    for (let left = picture.length; left > 0;) {
      const { value } = await within(DEADLINE_MS, "bytes", chunks.next());
      left -= value!.length;
    }
    await written;
  }
  const each = (performance.now() - since) / 10;
  assert.ok(each < 8, `${each} ms`);
});
