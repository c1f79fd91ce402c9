import assert from "node:assert/strict";
import { test } from "../../../test/harness.ts";
import { writeTsPacket } from "../../../test/ts_writer.ts";
import { readTsPacket } from "./packet.ts";

/** A packet whose adaptation field, its length included, is given. */
function withField(field: readonly number[]): Uint8Array {
  const packet = new Uint8Array(188).fill(0xee);
  packet.set([0x47, 0x01, 0x00, 0x30, ...field]);
  return packet;
}

test("readTsPacket() reads the header", () => {
  const payload = Array(184).fill(0x55);
  const fields = { startsUnit: true, counter: 11 };
  assert.deepEqual(readTsPacket(writeTsPacket(0x1abc, payload, fields)), {
    pid: 0x1abc,
    startsUnit: true,
    counter: 11,
    discontinuity: false,
    unusable: false,
    stuffing: "none",
    payload: Uint8Array.from(payload),
  });
});

for (const length of [1, 100, 181, 182, 183, 184]) {
  test(`readTsPacket() reads a payload of ${length} bytes`, () => {
    const payload = Uint8Array.from({ length }, (_, i) => i);
    const packet = readTsPacket(writeTsPacket(1, payload));
    assert.deepEqual(packet.payload, payload);
    const stuffing = { 182: "two", 183: "one", 184: "none" }[length] ?? "more";
    assert.equal(packet.stuffing, stuffing);
    assert.equal(packet.unusable, false);
  });
}

test("readTsPacket() reads a packet with a clock reference only", () => {
  const packet = readTsPacket(writeTsPacket(1, [], { pcr: true }));
  assert.equal(packet.payload, undefined);
  assert.equal(packet.unusable, false);
});

test("readTsPacket() tells a discontinuity", () => {
  const data = writeTsPacket(1, [1], { discontinuity: true });
  assert.equal(readTsPacket(data).discontinuity, true);
});

/** Adaptation fields of which no byte is too many, but for one more. */
const FULL: Record<string, number[]> = {
  "a flag": [1, 0x40],
  "PCR": [7, 0x50, ...Array(6).fill(0)],
  "PCR and OPCR": [13, 0x18, ...Array(12).fill(0)],
  "a splice countdown": [2, 0x04, 9],
  "private data": [5, 0x02, 3, 1, 2, 3],
  "private data without bytes": [2, 0x02, 0],
  "an extension": [4, 0x01, 2, 0x1f, 0xff],
  "all of it": [21, 0x1f, ...Array(13).fill(0), 3, 1, 2, 3, 2, 0x1f, 0xff],
};

for (const [name, field] of Object.entries(FULL)) {
  test(`readTsPacket() tells stuffing behind ${name}`, () => {
    assert.equal(readTsPacket(withField(field)).stuffing, "none");
    const longer = [field[0]! + 1, ...field.slice(1), 0xff];
    assert.equal(readTsPacket(withField(longer)).stuffing, "more");
  });
}

test("readTsPacket() finds no stuffing where lengths make no sense", () => {
  for (const field of [[1, 0x02], [3, 0x02, 200, 0], [5, 0x03, 3, 1, 2, 3]]) {
    assert.equal(readTsPacket(withField(field)).stuffing, "none");
  }
});

const UNUSABLE: Record<string, (packet: Uint8Array) => void> = {
  "has an error": (packet) => packet[1]! |= 0x80,
  "is scrambled": (packet) => packet[3]! |= 0xc0,
  "is scrambled in a reserved way": (packet) => packet[3]! |= 0x40,
  "has neither field nor payload": (packet) => packet[3]! &= 0xf,
  "has a field that is too long": (packet) => packet.set([0x30, 184], 3),
};

for (const [what, spoil] of Object.entries(UNUSABLE)) {
  test(`readTsPacket() refuses a packet that ${what}`, () => {
    const packet = writeTsPacket(1, [1, 2, 3]);
    assert.equal(readTsPacket(packet).unusable, false);
    spoil(packet);
    assert.equal(readTsPacket(packet).unusable, true);
  });
}

test("readTsPacket() takes a field that leaves no payload", () => {
  const packet = readTsPacket(withField([183, 0]));
  assert.equal(packet.payload?.length, 0);
  assert.equal(packet.unusable, false);
});
