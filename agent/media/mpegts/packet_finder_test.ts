import assert from "node:assert/strict";
import { test } from "../../../test/harness.ts";
import { writeTsPacket } from "../../../test/ts_writer.ts";
import type { TsPacket } from "./packet.ts";
import { TsPacketFinder } from "./packet_finder.ts";

/** Packets whose PIDs count; their payloads hold no sync byte. */
function packets(count: number, first = 0): Uint8Array[] {
  return Array.from(
    { length: count },
    (_, i) => writeTsPacket(first + i, Array(184).fill(0x80 | i & 0x3f)),
  );
}

/** Puts so many bytes in front of packets, and others behind them. */
function framed(packets: readonly Uint8Array[], before: number, after: number) {
  return packets.map((packet) => [
    ...Array(before).fill(0x11),
    ...packet,
    ...Array(after).fill(0x22),
  ]);
}

/** Finds packets in chunks; `-1` tells that others were lost. */
function find(chunks: Iterable<Uint8Array>): number[] {
  const found: number[] = [];
  const take = ({ pid }: TsPacket) => found.push(pid);
  const finder = new TsPacketFinder(take, () => found.push(-1));
  for (const chunk of chunks) finder.push(chunk);
  return found;
}

function* cut(data: Uint8Array, size: number): Generator<Uint8Array> {
  for (let at = 0; at < data.length; at += size) {
    yield data.subarray(at, at + size);
  }
}

function join(parts: readonly (readonly number[] | Uint8Array)[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

const count = (length: number, first = 0) =>
  Array.from({ length }, (_, i) => first + i);

for (const [before, after] of [[0, 0], [4, 0], [0, 16]] as const) {
  const size = before + 188 + after;

  test(`TsPacketFinder finds packets of ${size} bytes in all chunks`, () => {
    const data = join(framed(packets(6), before, after));
    for (const chunk of [1, 2, 3, 100, 187, 188, 189, 192, 204, 400, 5000]) {
      assert.deepEqual(find(cut(data, chunk)), count(6), `${chunk}`);
    }
  });

  test(`TsPacketFinder joins packets of ${size} bytes anywhere`, () => {
    const data = join(framed(packets(6), before, after));
    for (let start = 0; start < size; start++) {
      const found = find([data.subarray(start)]);
      assert.deepEqual(found.slice(start > before ? 0 : 1), count(5, 1));
    }
  });

  test(`TsPacketFinder gives packets of ${size} bytes with their last byte`, () => {
    const data = join(framed(packets(6), before, after));
    let given = 0;
    const finder = new TsPacketFinder(() => given++, () => {});
    for (let at = 0; at < data.length; at++) {
      finder.push(data.subarray(at, at + 1));
      const whole = Math.floor((at + 1 + after) / size);
      // The first two are believed at the sync byte of the third.
      const isKnown = at >= before + 2 * size;
      assert.equal(given, isKnown ? whole : 0, `${at}`);
    }
  });
}

test("TsPacketFinder skips what is in front of the packets", () => {
  const garbage = Array.from({ length: 3000 }, (_, i) => i * 7 & 0xff);
  const data = join([garbage, ...packets(5)]);
  for (const chunk of [1, 188, 5000]) {
    assert.deepEqual(find(cut(data, chunk)), count(5));
  }
});

test("TsPacketFinder goes on behind bytes that are too many", () => {
  const extra = Array(50).fill(0x11);
  const data = join([...packets(5), extra, ...packets(5, 5)]);
  // The packet in front of them is believed if they have not come yet.
  assert.deepEqual(find([data]), [...count(4), -1, ...count(5, 5)]);
  assert.deepEqual(find(cut(data, 188)), [...count(5), -1, ...count(5, 5)]);
});

for (const missing of [1, 100, 187, 188 + 20]) {
  test(`TsPacketFinder goes on where ${missing} bytes are missing`, () => {
    const data = join(packets(12));
    const chunks = [
      data.subarray(0, 4 * 188 + 9),
      data.subarray(4 * 188 + 9 + missing),
    ];
    const next = 4 + Math.ceil((9 + missing) / 188);
    assert.deepEqual(find([join(chunks)]), [
      ...count(4),
      -1,
      ...count(12 - next, next),
    ]);
  });
}

test("TsPacketFinder notices a change of the packets' distance", () => {
  const other = framed(packets(6, 6), 4, 0).flat();
  const found = find([join([...packets(6), other])]);
  assert.deepEqual(found, [...count(5), -1, ...count(6, 6)]);
});

test("TsPacketFinder is not confused by sync bytes in a payload", () => {
  const data = join(
    count(20).map((pid) => writeTsPacket(pid, Array(184).fill(0x47))),
  );
  for (const chunk of [1, 188, 1316, 5000]) {
    assert.deepEqual(find(cut(data, chunk)), count(20));
  }
});

test("TsPacketFinder finds nothing where there is nothing", () => {
  assert.deepEqual(find([new Uint8Array(100_000)]), []);
  const sparse = new Uint8Array(100_000);
  for (let at = 0; at < sparse.length; at += 189) sparse[at] = 0x47;
  assert.deepEqual(find([sparse]), []);
});
