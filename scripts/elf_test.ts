import assert from "node:assert/strict";
import { test } from "../test/harness.ts";
import {
  alignEnd,
  LARGEST_PAGE,
  loadSegments,
  PI_5_PAGE,
  sharedPage,
} from "./elf.ts";

const PT_NOTE = 4;

interface Header {
  type?: number;
  address: number;
  memorySize: number;
}

/** An ELF file of program headers only. */
function elf(...headers: readonly Header[]): Uint8Array {
  const file = new Uint8Array(64 + 56 * headers.length);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1]);
  const view = new DataView(file.buffer);
  view.setBigUint64(0x20, 64n, true);
  view.setUint16(0x36, 56, true);
  view.setUint16(0x38, headers.length, true);
  headers.forEach(({ type = 1, address, memorySize }, index) => {
    const at = 64 + 56 * index;
    view.setUint32(at, type, true);
    view.setBigUint64(at + 16, BigInt(address), true);
    view.setBigUint64(at + 32, BigInt(memorySize), true);
    view.setBigUint64(at + 40, BigInt(memorySize), true);
  });
  return file;
}

/** The layout of denoland/deno#36282: data, and the payload right behind. */
const DATA = { address: 0x5430000, memorySize: 0x45ef8 };
const PAYLOAD = { address: 0x5476000, memorySize: 0x1000 };

test("loadSegments returns the PT_LOADs alone, by address", () => {
  const note = { type: PT_NOTE, address: 0, memorySize: 8 };
  const found = loadSegments(elf(PAYLOAD, note, DATA));
  assert.deepEqual(found, [
    { header: 64 + 2 * 56, ...DATA },
    { header: 64, ...PAYLOAD },
  ]);
});

test("loadSegments refuses what is no 64-bit little-endian ELF file", () => {
  const wide = elf(DATA);
  const narrow = wide.slice();
  narrow[4] = 1;
  for (const file of [narrow, wide.subarray(1), new Uint8Array()]) {
    assert.throws(() => loadSegments(file), SyntaxError);
  }
});

test("sharedPage finds a payload in the last page of the data", () => {
  const segments = loadSegments(elf(DATA, PAYLOAD));
  assert.deepEqual(sharedPage(segments, PI_5_PAGE), segments);
  assert.equal(sharedPage(segments, 4096), undefined);
});

test("sharedPage lets a part begin where the page of another ends", () => {
  const first = { address: 0x10000, memorySize: 0x4000 };
  const behind = { address: 0x14000, memorySize: 1 };
  const inside = { address: 0x13fff, memorySize: 1 };
  const found = (next: Header) =>
    sharedPage(loadSegments(elf(first, next)), PI_5_PAGE) !== undefined;
  assert.equal(found(behind), false);
  assert.equal(found(inside), true);
});

test("alignEnd makes room for a payload of its own page", () => {
  const base = elf({ address: 0x200000, memorySize: 0x1234 }, DATA);
  alignEnd(base, LARGEST_PAGE);
  const [low, high] = loadSegments(base);
  assert.equal(low!.memorySize, 0x1234);
  assert.equal(high!.address + high!.memorySize, 0x5480000);
  const payload = { header: 0, address: 0x5480000, memorySize: 0x1000 };
  assert.equal(sharedPage([low!, high!, payload], LARGEST_PAGE), undefined);
});

test("alignEnd leaves an end alone that is aligned already", () => {
  const base = elf({ address: 0x10000, memorySize: LARGEST_PAGE });
  const before = base.slice();
  alignEnd(base, LARGEST_PAGE);
  assert.deepEqual(base, before);
});
