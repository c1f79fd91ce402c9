import assert from "node:assert/strict";
import { test } from "../../../test/harness.ts";
import {
  type TsPacketFields,
  writeSection,
  writeTsPacket,
  writeTsPackets,
} from "../../../test/ts_writer.ts";
import { readTsPacket } from "./packet.ts";
import { crc32, SectionReader } from "./section.ts";

/** A section of so many bytes, without pointer_field. */
function section(length: number, id = 1): number[] {
  const table = Array.from({ length: length - 12 }, (_, i) => i & 0xff);
  return [...writeSection(2, id, table).subarray(1)];
}

/** Reads packets; counters count unless fields say otherwise. */
function read(
  ...packets: (readonly [payload: number[], Partial<TsPacketFields>?])[]
): number[][] {
  const reader = new SectionReader();
  return packets.flatMap(([payload, fields], counter) =>
    reader.push(
      readTsPacket(writeTsPacket(9, payload, { counter, ...fields })),
    ).map((section) => [...section])
  );
}

const START = { startsUnit: true };

test("crc32() of ASCII digits is what the catalogue of CRCs says", () => {
  // CRC-32/MPEG-2, check value.
  assert.equal(crc32(new TextEncoder().encode("123456789")), 0x0376e6e7);
});

for (const length of [12, 100, 183, 184, 366, 367, 368, 1024]) {
  test(`SectionReader reads a section of ${length} bytes`, () => {
    const reader = new SectionReader();
    const packets = writeTsPackets(9, [0, ...section(length)]);
    const sections = packets.map((packet) => reader.push(readTsPacket(packet)));
    assert.deepEqual(
      sections.map((sections) => sections.map((bytes) => [...bytes])),
      packets.map((_, i) => i < packets.length - 1 ? [] : [section(length)]),
    );
  });
}

test("SectionReader reads sections one behind the other", () => {
  const [a, b, c] = [section(60, 1), section(150, 2), section(40, 3)];
  const all = [...a, ...b, ...c];
  const found = read(
    [[0, ...all.slice(0, 183)], START],
    // pointer_field tells where the third one begins.
    [[27, ...all.slice(183)], START],
    [[0, ...a, 0xff, 0xff], START],
  );
  assert.deepEqual(found, [a, b, c, a]);
});

test("SectionReader reads a section whose header is cut", () => {
  const [a, b] = [section(181), section(30)];
  for (const cut of [1, 2]) {
    const found = read(
      [[0, ...a, ...b.slice(0, cut)].slice(-184), START],
      [b.slice(cut)],
    );
    assert.deepEqual(found.at(-1), b);
  }
});

test("SectionReader waits for the first beginning", () => {
  const a = section(200);
  const rest = a.slice(100);
  const found = read([rest], [
    [100, ...rest.slice(0, 100), ...section(20)],
    START,
  ]);
  assert.deepEqual(found, [section(20)]);
});

test("SectionReader ignores what is wrong by its CRC", () => {
  const wrong = section(30).with(10, 0xaa);
  assert.deepEqual(read([[0, ...wrong, ...section(20)], START]), [section(20)]);
});

const [FIRST, SECOND] = [section(300).slice(0, 183), section(300).slice(183)];

test("SectionReader gives a section up of which a packet is missing", () => {
  assert.deepEqual(read([[0, ...FIRST], START], [SECOND]), [section(300)]);
  const late = { counter: 2 };
  assert.deepEqual(read([[0, ...FIRST], START], [SECOND, late]), []);
  const error = { error: true };
  assert.deepEqual(read([[0, ...FIRST], START], [SECOND, error]), []);
});

test("SectionReader takes a repeated packet once", () => {
  const found = read(
    [[0, ...FIRST], START],
    [[0, ...FIRST], { ...START, counter: 0 }],
    [SECOND, { counter: 1 }],
    [SECOND, { counter: 1 }],
  );
  assert.deepEqual(found, [section(300)]);
});

test("SectionReader skips private sections that are larger than tables", () => {
  const large = section(4096);
  const packets = writeTsPackets(9, [0, ...large]);
  const reader = new SectionReader();
  for (const packet of packets) {
    assert.deepEqual(reader.push(readTsPacket(packet)), []);
  }
  const [next] = writeTsPackets(9, [0, ...section(40)], {
    counter: packets.length,
  });
  assert.equal(reader.push(readTsPacket(next!)).length, 1);
});

test("SectionReader survives a pointer beyond its packet", () => {
  assert.deepEqual(read([[200, ...section(20)], START]), []);
  assert.deepEqual(read([[183], START], [section(20)]), []);
});
