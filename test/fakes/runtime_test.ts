import assert from "node:assert/strict";
import { ms } from "../../agent/media/time.ts";
import { within } from "../faults/deadline.ts";
import { test } from "../harness.ts";
import { FakeRuntime } from "./runtime.ts";

const FOREVER = new AbortController().signal;
const TIMEOUT = ms(3000);

test("FakeRuntime knows what is open, and what was closed", async () => {
  const runtime = new FakeRuntime();
  runtime.processes.programs.set("cat", () => {});
  const { port } = runtime.network.target();
  const dial = { host: "pi", port, signal: FOREVER, timeout: TIMEOUT };
  const fifo = await runtime.openFifo({ path: "/run/cam", mode: 0o600 });
  runtime.fifos.read("/run/cam");
  const writer = fifo.accept(100)!;
  const disposables = [
    fifo,
    await runtime.listenTcp({ host: "::", port: 80 }),
    await runtime.dialTcp(dial),
    await runtime.spawn({ command: "cat", args: [], signal: FOREVER }),
  ];
  const sleeping = runtime.sleep(ms(5));
  assert.deepEqual(runtime.open, [
    "FIFO /run/cam",
    "writer of FIFO /run/cam",
    "listener on port 80",
    "connection to pi",
    "child cat",
    "1 timers",
  ]);
  writer[Symbol.dispose]();
  for (const it of disposables) await it[Symbol.asyncDispose]();
  await runtime.advance(5);
  await sleeping;
  assert.deepEqual(runtime.open, []);
});

test("FakeRuntime takes back the chunks of a connection", async () => {
  const runtime = new FakeRuntime();
  await using listener = await runtime.listenTcp({ host: "::", port: 80 });
  const peer = await runtime.network.connect(80);
  await peer.send(Uint8Array.of(1, 2));
  await peer.send(Uint8Array.of(3));
  peer.end();
  for await (const connection of listener.connections) {
    const kept = [];
    for await (const chunk of connection.chunks) kept.push(chunk);
    assert.deepEqual(kept, [Uint8Array.of(255, 255), Uint8Array.of(255)]);
    break;
  }
});

test("FakeRuntime keeps no more for a peer than it is told", async () => {
  const runtime = new FakeRuntime();
  const options = { host: "::", port: 80, sendBuffer: 10 };
  await using listener = await runtime.listenTcp(options);
  const peer = await runtime.network.connect(80);
  peer.pause();
  for await (const connection of listener.connections) {
    let written = false;
    const writing = connection.write(new Uint8Array(25))
      .then(() => written = true);
    await runtime.turn();
    assert.equal(written, false);
    peer.resume();
    await within(1000, "end of write()", writing);
    assert.equal(peer.received.length, 25);
    await connection[Symbol.asyncDispose]();
    break;
  }
});

test("FakeRuntime kills a child that ignores SIGTERM after a second", async () => {
  const runtime = new FakeRuntime();
  runtime.processes.programs.set("deaf", (child) => {
    child.ignoresTerm = true;
    child.stderr("What?");
  });
  const controller = new AbortController();
  const { signal } = controller;
  const child = await runtime.spawn({ command: "deaf", args: [], signal });
  controller.abort();
  await runtime.advance(999);
  assert.deepEqual(runtime.open, ["child deaf", "1 timers"]);
  await runtime.advance(1);
  assert.deepEqual(await child.exit, {
    code: null,
    signal: "SIGKILL",
    forced: true,
    stderrTail: ["What?"],
  });
});

test("FakeRuntime hands a child what is written to it", async () => {
  const runtime = new FakeRuntime();
  const received: number[] = [];
  runtime.processes.programs.set("sum", async (child) => {
    for await (const chunk of child.stdin) received.push(...chunk);
    child.exit(3);
  });
  const options = { command: "sum", args: ["-v"], signal: FOREVER };
  const child = await runtime.spawn({ ...options, stdin: true });
  await child.write(Uint8Array.of(1, 2));
  child.endInput();
  const { code } = await child.exit;
  assert.deepEqual([code, received], [3, [1, 2]]);
  assert.deepEqual(runtime.processes.started, [["sum", "-v"]]);
  await assert.rejects(child.write(Uint8Array.of(3)), { failure: "lost" });
});

test("FakeRuntime replaces files as a whole", async () => {
  const runtime = new FakeRuntime();
  const parts = [Uint8Array.of(104), Uint8Array.of(105)];
  const replacing = runtime.replaceFile("/f", parts);
  assert.equal(await runtime.kindOfPath("/f"), undefined);
  await replacing;
  assert.equal(runtime.files.text("/f"), "hi");
  await runtime.removeFile("/f");
  assert.equal(await runtime.kindOfPath("/f"), undefined);
});
