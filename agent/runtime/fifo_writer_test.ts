import assert from "node:assert/strict";
import * as fs from "node:fs";
import { test } from "../../test/harness.ts";
import { PipeWriter } from "./fifo_writer.ts";
import { libc } from "./libc.ts";

/** pipe2(2), the same numbers on x86-64 and arm64. */
const O_NONBLOCK = 0o4000;
const O_CLOEXEC = 0o2000000;

/** fcntl(2). */
const F_SETPIPE_SZ = 1031;
const F_GETPIPE_SZ = 1032;

/** Linux gives a pipe no less than a page. */
const CAPACITIES = [4096, 65536, 1 << 20];

test("PipeWriter writes what fits, and says how much that was", () => {
  using page = new Pipe(1);
  for (const wanted of CAPACITIES) {
    using pipe = new Pipe(wanted);
    const { writer, capacity } = pipe;
    assert.equal(writer.pending(), 0);
    assert.equal(writer.write(new Uint8Array(1000)), 1000);
    assert.equal(writer.pending(), 1000);
    const frame = new Uint8Array(2 * capacity);
    const done = writer.write(frame);
    // The kernel fills pages, and leaves at most the rest of one empty.
    assert.ok(1000 + done <= capacity, `${done}`);
    assert.ok(1000 + done > capacity - page.capacity, `${done}`);
    assert.equal(writer.pending(), 1000 + done);
    assert.equal(writer.write(frame), 0);
    assert.equal(writer.write(new Uint8Array()), 0);
  }
});

test("PipeWriter gives the same bytes through pipes of any capacity", () => {
  const frame = Uint8Array.from({ length: 300_000 }, (_, i) => i >> 8 ^ i);
  for (const wanted of CAPACITIES) {
    using pipe = new Pipe(wanted);
    let [written, read] = [0, 0];
    while (read < frame.length) {
      written += pipe.writer.write(frame.subarray(written));
      assert.equal(pipe.writer.pending(), written - read);
      const part = pipe.read(30_000);
      const expected = frame.subarray(read, read + part.length);
      assert.ok(part.every((byte, i) => byte === expected[i]));
      read += part.length;
    }
  }
});

test("PipeWriter writes a view into the middle of memory", () => {
  using pipe = new Pipe(65536);
  const memory = new TextEncoder().encode("not this, but this, not that");
  assert.equal(pipe.writer.write(memory.subarray(10, 18)), 8);
  assert.equal(new TextDecoder().decode(pipe.read(100)), "but this");
});

test("PipeWriter says that its reader left", () => {
  using pipe = new Pipe(65536);
  pipe.writer.write(new Uint8Array(10));
  pipe.closeReader();
  const lost = {
    name: "StreamError",
    failure: "lost",
    message: 'Lost FIFO "/tmp/frames": its reader left',
  };
  assert.throws(() => pipe.writer.write(new Uint8Array(10)), lost);
  assert.throws(() => pipe.writer.write(new Uint8Array(1e6)), lost);
});

test("PipeWriter writes nothing once disposed, nor into another's file", () => {
  using pipe = new Pipe(65536);
  pipe.writer[Symbol.dispose]();
  pipe.writer[Symbol.dispose]();
  using other = new Pipe(65536);
  assert.throws(() => pipe.writer.write(new Uint8Array(10)), {
    failure: "lost",
  });
  assert.equal(other.writer.pending(), 0);
});

/** A pipe with the writer under test at one end. */
class Pipe implements Disposable {
  readonly writer: PipeWriter;
  readonly capacity: number;
  #file: number | undefined;

  constructor(capacity: number) {
    const ends = new Int32Array(2);
    const bytes = new Uint8Array(ends.buffer);
    assert.equal(libc!.pipe2(bytes, O_NONBLOCK | O_CLOEXEC), 0);
    const [readEnd, writeEnd] = ends as unknown as [number, number];
    libc!.fcntl(writeEnd, F_SETPIPE_SZ, capacity);
    this.capacity = libc!.fcntl(writeEnd, F_GETPIPE_SZ, 0);
    this.writer = new PipeWriter(libc!, writeEnd, "/tmp/frames");
    // The runtime reads what it has opened itself.
    this.#file = fs.openSync(`/proc/self/fd/${readEnd}`, "r");
    libc!.close(readEnd);
  }

  read(count: number): Uint8Array {
    const view = new Uint8Array(count);
    return view.subarray(0, fs.readSync(this.#file!, view));
  }

  closeReader(): void {
    if (this.#file !== undefined) fs.closeSync(this.#file);
    this.#file = undefined;
  }

  [Symbol.dispose](): void {
    this.writer[Symbol.dispose]();
    this.closeReader();
  }
}
