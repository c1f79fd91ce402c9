import assert from "node:assert/strict";
import { test } from "../../../test/harness.ts";
import { writePat, writePmt } from "../../../test/ts_writer.ts";
import { readPat, readPmt } from "./tables.ts";

const pat = (...args: Parameters<typeof writePat>) =>
  readPat(writePat(...args).subarray(1));

const pmt = (...args: Parameters<typeof writePmt>) =>
  readPmt(writePmt(...args).subarray(1));

const HEVC = [5, 4, ...new TextEncoder().encode("HEVC")];

test("readPat() reads programs and their PIDs", () => {
  assert.deepEqual(pat({ 1: 0x1000, 0xabcd: 0x1ffe }), [
    { program: 1, pid: 0x1000 },
    { program: 0xabcd, pid: 0x1ffe },
  ]);
});

test("readPat() leaves the network's own PID out", () => {
  assert.deepEqual(pat({ 0: 0x10, 2: 0x20 }), [{ program: 2, pid: 0x20 }]);
});

test("readPat() reads as many programs as a section holds", () => {
  const pids = Array.from({ length: 253 }, (_, i) => [i + 1, 0x100 + i]);
  assert.equal(pat(Object.fromEntries(pids))?.length, 253);
});

test("readPat() wants the first section of a table that applies", () => {
  assert.equal(pat({ 1: 0x1000 }, { current: false }), undefined);
  assert.equal(pat({ 1: 0x1000 }, { number: 1 }), undefined);
  assert.equal(readPat(writePmt(1, []).subarray(1)), undefined);
  assert.equal(readPat(Uint8Array.of(0, 0xb0, 0)), undefined);
});

test("readPmt() reads streams and their PIDs", () => {
  const streams = [{ type: 0x1b, pid: 0x1fff }, { type: 0x0f, pid: 0x101 }];
  assert.deepEqual(pmt(0xabcd, streams), { program: 0xabcd, entries: streams });
});

test("readPmt() skips descriptors of the program", () => {
  const streams = [{ type: 0x1b, pid: 0x100 }];
  const found = pmt(1, streams, { descriptors: Array(300).fill(7) });
  assert.deepEqual(found?.entries, streams);
});

test("readPmt() finds a registration among descriptors", () => {
  const other = [0x0a, 4, 0x65, 0x6e, 0x67, 0];
  const found = pmt(1, [
    { type: 6, pid: 0x100, descriptors: [...other, ...HEVC, ...other] },
    { type: 6, pid: 0x101, descriptors: other },
    { type: 6, pid: 0x102, descriptors: HEVC },
  ]);
  assert.deepEqual(found?.entries.map(({ registration }) => registration), [
    "HEVC",
    undefined,
    "HEVC",
  ]);
});

test("readPmt() survives lengths that make no sense", () => {
  const ends = [[5, 200, 0x48], [5, 3, 0x48, 0x45, 0x56], [0xaa], [5]];
  for (const descriptors of ends) {
    const found = pmt(1, [{ type: 6, pid: 0x100, descriptors }]);
    assert.deepEqual(found?.entries, [{ type: 6, pid: 0x100 }]);
  }
  const section = writePmt(1, [{ type: 0x1b, pid: 0x100 }]).slice(1);
  section.set([0xff, 0xff], 10);
  assert.deepEqual(readPmt(section)?.entries, []);
});

test("readPmt() wants a map that applies", () => {
  assert.equal(pmt(1, [], { current: false }), undefined);
  assert.equal(readPmt(writePat({ 1: 2 }).subarray(1)), undefined);
  assert.equal(readPmt(new Uint8Array(0)), undefined);
});
