import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { execFileSync } from "node:child_process";
import { closeSync, constants, openSync, writeSync } from "node:fs";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "../harness.ts";
import { until, within } from "./deadline.ts";
import { isAlive } from "./process_tree.ts";
import { type RawFrame, RawFrameReader } from "./raw_frame_reader.ts";

const SIZE = { width: 8, height: 5 };
const FRAME_BYTES = 120;

test("RawFrameReader yields whole frames, with the time they came", async () => {
  using fifo = makeFifo();
  await using reader = new RawFrameReader({ path: fifo.path, ...SIZE });
  const frames = collect(reader);
  await fifo.writable();
  fifo.write(frameOf(1), frameOf(2).subarray(0, 50));
  await until(1000, "first frame", () => frames.got.length === 1);
  assert.equal(reader.partialBytes, 50);
  fifo.write(frameOf(2).subarray(50), frameOf(3));
  await until(1000, "frames", () => frames.got.length === 3);
  fifo.close();
  await within(1000, "end", frames.done);
  assert.deepEqual(frames.got.map(({ data }) => data), [1, 2, 3].map(frameOf));
  assert.deepEqual(frames.got.map(({ index }) => index), [0, 1, 2]);
  const times = frames.got.map(({ arrivedAt }) => arrivedAt);
  assert.deepEqual(times, times.toSorted((a, b) => a - b));
});

test("RawFrameReader keeps a torn frame to itself", async () => {
  using fifo = makeFifo();
  await using reader = new RawFrameReader({ path: fifo.path, ...SIZE });
  const frames = collect(reader);
  await fifo.writable();
  fifo.write(frameOf(1), frameOf(2).subarray(0, 119));
  fifo.close();
  await within(1000, "end", frames.done);
  assert.equal(frames.got.length, 1);
  assert.equal(reader.partialBytes, 119);
});

test("RawFrameReader can be given up while it waits for a writer", async () => {
  using fifo = makeFifo();
  const reader = new RawFrameReader({ path: fifo.path, ...SIZE });
  const frames = collect(reader);
  await within(1000, "end", reader[Symbol.asyncDispose]());
  await within(1000, "end", frames.done);
  assert.deepEqual(frames.got, []);
  assert.equal(isAlive(reader.pid), false);
});

test("RawFrameReader leaves the FIFO after exactly so many bytes", async () => {
  using fifo = makeFifo();
  const leaveAfter = 170;
  await using reader = new RawFrameReader({
    path: fifo.path,
    ...SIZE,
    leaveAfter,
  });
  const frames = collect(reader);
  await fifo.writable();
  fifo.write(Buffer.concat([frameOf(1), frameOf(2), frameOf(3)]));
  await within(1000, "end", frames.done);
  assert.equal(reader.bytes, leaveAfter);
  assert.equal(frames.got.length, 1);
  assert.throws(() => fifo.write(frameOf(4)), { code: "EPIPE" });
});

test("RawFrameReader.killAfter() kills in the middle of a frame", async () => {
  using fifo = makeFifo();
  await using reader = new RawFrameReader({ path: fifo.path, ...SIZE });
  reader.killAfter(130);
  const frames = collect(reader);
  await fifo.writable();
  fifo.write(frameOf(1));
  await until(1000, "frame", () => frames.got.length === 1);
  assert.ok(isAlive(reader.pid));
  fifo.write(frameOf(2).subarray(0, 20));
  await within(1000, "end", frames.done);
  assert.deepEqual([frames.got.length, reader.partialBytes], [1, 20]);
  assert.throws(() => fifo.write(frameOf(3)), { code: "EPIPE" });
});

test("RawFrameReader.freeze() stops reading until thaw()", async () => {
  using fifo = makeFifo();
  await using reader = new RawFrameReader({ path: fifo.path, ...SIZE });
  const frames = collect(reader);
  await fifo.writable();
  reader.freeze();
  // On a busy machine it may get another read done.
  const stat = `/proc/${reader.pid}/stat`;
  await until(1000, "stop", () => / T /.test(readFileSync(stat, "latin1")));
  const held = fifo.fill();
  assert.ok(held >= 4096, `${held} bytes`);
  assert.throws(() => fifo.write(frameOf(0)), { code: "EAGAIN" });
  assert.equal(reader.bytes, 0);
  reader.thaw();
  await until(1000, "bytes", () => reader.bytes === held);
  fifo.close();
  await within(1000, "end", frames.done);
});

test("RawFrameReader reads no further than its consumer asks", async () => {
  using fifo = makeFifo();
  await using reader = new RawFrameReader({ path: fifo.path, ...SIZE });
  const iterator = reader[Symbol.asyncIterator]();
  const first = iterator.next();
  await fifo.writable();
  fifo.write(frameOf(1));
  assert.deepEqual((await first).value?.data, frameOf(1));
  let taken = 0;
  for (let still = 0; still < 20; still++) {
    const more = fifo.fill();
    if (more > 0) still = 0;
    taken += more;
    assert.ok(taken < 1_000_000, `${taken} bytes taken unasked`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  assert.ok(reader.bytes < taken);
});

test("RawFrameReader says what it cannot read", async () => {
  const path = "/nonexistent/fifo";
  await using reader = new RawFrameReader({ path, ...SIZE });
  await assert.rejects(collect(reader).done, {
    message: /^Cannot read "\/nonexistent\/fifo": .*No such file/,
  });
});

test("RawFrameReader reads a plain file to its end", async () => {
  using fifo = makeFifo();
  const path = `${fifo.path}.raw`;
  writeFileSync(path, Buffer.concat([frameOf(1), frameOf(2)]));
  await using reader = new RawFrameReader({ path, ...SIZE });
  const frames = collect(reader);
  await within(1000, "end", frames.done);
  assert.equal(frames.got.length, 2);
});

function collect(reader: RawFrameReader) {
  const got: RawFrame[] = [];
  const done = (async () => {
    for await (const frame of reader) got.push(frame);
  })();
  return { got, done };
}

function frameOf(value: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(FRAME_BYTES).fill(value);
}

/** A FIFO in a folder of its own, written without waiting. */
function makeFifo() {
  const folder = mkdtempSync(join(tmpdir(), "camagent-"));
  const path = join(folder, "fifo");
  execFileSync("mkfifo", [path]);
  let fd: number | undefined;
  const close = () => {
    if (fd !== undefined) closeSync(fd);
    fd = undefined;
  };
  return {
    path,
    close,
    /** Waits for a reader: opening fails as long as there is none. */
    async writable() {
      fd = await until(1000, "reader", () => {
        try {
          return openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
        } catch {
          return undefined;
        }
      });
    },
    write(...parts: Uint8Array[]) {
      for (const part of parts) writeSync(fd!, part);
    },
    /** Writes until it is full; returns how many bytes that were. */
    fill(): number {
      let bytes = 0;
      try {
        for (;;) bytes += writeSync(fd!, frameOf(7));
      } catch {
        return bytes; // Full.
      }
    },
    [Symbol.dispose]() {
      close();
      rmSync(folder, { recursive: true });
    },
  };
}
