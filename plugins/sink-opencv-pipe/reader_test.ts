import assert from "node:assert/strict";
import type { FakeFifoReader } from "../../test/fakes/fifo.ts";
import { FakeRuntime } from "../../test/fakes/runtime.ts";
import { test } from "../../test/harness.ts";
import { Reader } from "./reader.ts";

const PATH = "/run/cam";

/** A pipe of the given capacity, its reader, and who writes to it. */
async function open(capacity: number): Promise<{
  runtime: FakeRuntime;
  far: FakeFifoReader;
  reader: Reader;
}> {
  const runtime = new FakeRuntime();
  const fifo = await runtime.openFifo({ path: PATH, mode: 0o600 });
  const far = runtime.fifos.read(PATH, { eager: false })!;
  const reader = new Reader(fifo.accept(capacity)!, runtime);
  await fifo[Symbol.asyncDispose]();
  return { runtime, far, reader };
}

function frame(length: number, first = 0): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, index) => first + index);
}

test("Reader.write() begins a frame only in an empty pipe", async () => {
  const { far, reader } = await open(100);
  assert.equal(await reader.write(frame(60)), true);
  assert.equal(await reader.write(frame(10, 100)), false);
  far.read(59);
  assert.equal(await reader.write(frame(10, 100)), false);
  far.read();
  assert.equal(await reader.write(frame(10, 100)), true);
  far.read();
  assert.deepEqual([...far.received], [...frame(60), ...frame(10, 100)]);
});

test("Reader.write() waits for a reader that is at work", async () => {
  const { runtime, far, reader } = await open(10);
  const writing = reader.write(frame(25));
  for (let i = 0; i < 3; i++) {
    await runtime.advance(1);
    far.read();
  }
  assert.equal(await writing, true);
  assert.deepEqual(far.received, frame(25));
  assert.deepEqual(runtime.open, [`writer of FIFO ${PATH}`]);
});

test("Reader.write() gives a slow reader the rest from a copy", async () => {
  const { runtime, far, reader } = await open(10);
  const data = frame(25);
  const begin = runtime.now();
  const writing = reader.write(data);
  await runtime.advance(5);
  assert.equal(await writing, true);
  assert.equal(runtime.now() - begin, 5);
  data.fill(0xff);
  for (let i = 0; i < 3; i++) {
    assert.equal(await reader.write(frame(1)), false);
    far.read();
    await runtime.advance(1000);
  }
  assert.deepEqual(far.received, frame(25));
  assert.equal(await reader.write(frame(1)), true);
});

test("Reader.write() asks a reader that does nothing ever more rarely", async () => {
  const { runtime, far, reader } = await open(10);
  let asked = 0;
  const push = far.push.bind(far);
  far.push = (bytes) => {
    asked++;
    return push(bytes);
  };
  const asks = async (duration: number) => {
    const before = asked;
    await runtime.advance(duration);
    return asked - before;
  };
  const writing = reader.write(frame(25));
  await runtime.advance(5);
  await writing;
  await asks(10);
  await runtime.turn();
  assert.equal(await asks(50), 50);
  await asks(50);
  assert.equal(await asks(1000), 250);
  reader[Symbol.dispose]();
});

test("Reader.write() throws when its reader has left", async () => {
  const { far, reader } = await open(10);
  far.close();
  await assert.rejects(reader.write(frame(5)), {
    name: "StreamError",
    failure: "lost",
  });
});

test("Reader.write() throws when its reader leaves within a frame", async () => {
  const { runtime, far, reader } = await open(10);
  const lost = { name: "StreamError", failure: "lost" };
  const lent = assert.rejects(reader.write(frame(25)), lost);
  await runtime.advance(2);
  far.close();
  await runtime.advance(1);
  await lent;
});

test("Reader.write() throws when its reader left after the loan", async () => {
  const { runtime, far, reader } = await open(10);
  const writing = reader.write(frame(25));
  await runtime.advance(5);
  await writing;
  far.close();
  await runtime.advance(10);
  await assert.rejects(reader.write(frame(5)), { failure: "lost" });
  reader[Symbol.dispose]();
  assert.deepEqual(runtime.open, []);
});

test("Reader.finish() waits for the end of a frame", async () => {
  const { runtime, far, reader } = await open(10);
  const writing = reader.write(frame(15));
  await runtime.advance(5);
  await writing;
  const finishing = reader.finish();
  await runtime.advance(100);
  far.read();
  await runtime.advance(10);
  await finishing;
  assert.equal(far.pending, 5);
  assert.deepEqual(runtime.open, [`writer of FIFO ${PATH}`]);
});

test("Reader.finish() gives up after 200 ms", async () => {
  const { runtime, reader } = await open(10);
  const writing = reader.write(frame(15));
  await runtime.advance(5);
  await writing;
  let finished = false;
  const finishing = reader.finish().then(() => finished = true);
  await runtime.advance(199);
  assert.equal(finished, false);
  await runtime.advance(1);
  await finishing;
  reader[Symbol.dispose]();
  await runtime.turn();
  assert.deepEqual(runtime.open, []);
});

test("Reader.finish() has nothing to wait for between frames", async () => {
  const { runtime, reader } = await open(10);
  await reader.write(frame(10));
  await reader.finish();
  assert.equal(runtime.sleeping, 0);
});

test("Reader ends a frame under way when it is disposed of", async () => {
  const { runtime, reader } = await open(10);
  const writing = reader.write(frame(25));
  await runtime.advance(3);
  reader[Symbol.dispose]();
  await writing;
  await runtime.turn();
  assert.deepEqual(runtime.open, []);
});
