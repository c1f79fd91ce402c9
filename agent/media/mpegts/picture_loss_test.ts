import assert from "node:assert/strict";
import {
  byteStream,
  writePps,
  writeSlice,
  writeSps,
} from "../../../test/h264_writer.ts";
import { test } from "../../../test/harness.ts";
import { describe, read, stream } from "../../../test/ts_reader.ts";
import { TsWriter, VIDEO_PID, writeTsPacket } from "../../../test/ts_writer.ts";
import { nalUnitsOf } from "../annexb.ts";
import { readTsPacket } from "./packet.ts";

/** A picture of one slice, in three packets. */
const PICTURE = byteStream([
  [9, 0xf0],
  writeSlice(0x41, { payload: Array(450).fill(0x55) }),
]);

/** One of three slices, of two packets each; the first with parameter sets. */
const SLICED = byteStream([
  ...[[9, 0xf0], writeSps(), writePps()],
  ...[0, 200, 400].map((firstMb) =>
    writeSlice(0x65, { firstMb, payload: Array(330).fill(0x55) })
  ),
]);

/** Three pictures, a packet each time. */
function three(picture: Uint8Array): TsWriter {
  const writer = new TsWriter();
  for (const ms of [0, 40, 80]) writer.pes(picture, { pts: ms * 90 });
  return writer;
}

/** What comes out if packets are missing. */
function without(picture: Uint8Array, ...missing: number[]): string {
  const writer = three(picture);
  const packets = writer.packets.filter((_, i) => !missing.includes(i));
  writer.packets.splice(0, Infinity, ...packets);
  return read(writer).filter((text) => text !== "").join(", ");
}

const LOSSES: [string, number[], string][] = [
  ["nothing", [], "1 @0, 1 @40, 1 @80"],
  ["the middle", [4], "1 @0, 1 @40 damaged, 1 @80 discontinuity"],
  ["the end", [5], "1 @0, 1 @40 damaged, 1 @80 discontinuity"],
  ["the beginning", [3], "1 @0, 1 @80 discontinuity"],
  ["all but the end", [3, 4], "1 @0, 1 @80 discontinuity"],
  ["a picture", [3, 4, 5], "1 @0, 1 @80 discontinuity"],
  ["an end and a beginning", [2, 3], "1 @0 damaged, 1 @80 discontinuity"],
  ["from middle to middle", [1, 2, 3, 4, 5, 6], "1 @0 damaged"],
];

for (const [what, missing, expected] of LOSSES) {
  test(`PictureStream shows the loss of ${what}`, () => {
    assert.equal(without(PICTURE, ...missing), expected);
  });
}

const SLICE_LOSSES: [string, number[], string][] = [
  ["nothing", [], "7 8 5 5 5 @0, 7 8 5 5 5 @40, 7 8 5 5 5 @80"],
  [
    "a beginning of a slice",
    [8],
    "7 8 5 5 5 @0, 7 8 5 5 @40 damaged, 7 8 5 5 5 @80 discontinuity",
  ],
  [
    "the beginning",
    [6],
    "7 8 5 5 5 @0, 5 5 damaged discontinuity, 7 8 5 5 5 @80 discontinuity",
  ],
];

for (const [what, missing, expected] of SLICE_LOSSES) {
  test(`PictureStream keeps the other slices at the loss of ${what}`, () => {
    assert.equal(without(SLICED, ...missing), expected);
  });
}

test("PictureStream ends a slice where its rest is missing", () => {
  const reader = stream();
  const { packets } = new TsWriter().pes(SLICED);
  const [unit] = packets.filter((_, i) => i !== 1)
    .flatMap((packet) => reader.push(readTsPacket(packet)));
  const sent = [...nalUnitsOf(SLICED)].slice(1).map((it) => it.toHex());
  const got = [...nalUnitsOf(unit!.data)].map((it) => it.toHex());
  assert.equal(got.length, sent.length);
  const wrong = got.filter((nalUnit, i) => nalUnit !== sent[i]);
  assert.equal(wrong.length, 1);
  assert.ok(sent[2]!.startsWith(wrong[0]!));
});

/** One whose first packet has nothing of its slice. */
const LATE = byteStream([
  ...[[9, 0xf0], [6, 5, ...Array(200).fill(0x55), 0x80]],
  writeSlice(0x41, { payload: Array(270).fill(0x55) }),
]);

/** What comes out with each packet of four pictures; `-` is nothing. */
const IN_TIME: [string, Uint8Array, number[], string][] = [
  ["the middle", PICTURE, [4], "--1 - 1! --1? --1"],
  ["the beginning", PICTURE, [3, 4], "--1 - --1? --1"],
  ["a beginning of a slice", LATE, [4], "--61 -- --661! --61?"],
  ["all but the beginning", LATE, [4, 5], "--61 - --661! --61?"],
];

for (const [what, picture, missing, expected] of IN_TIME) {
  test(`PictureStream gives pictures in time after the loss of ${what}`, () => {
    const writer = new TsWriter();
    for (let i = 0; i < 4; i++) writer.pes(picture);
    const packets = writer.packets.filter((_, i) => !missing.includes(i));
    writer.packets.splice(0, Infinity, ...packets);
    const found = read(writer).slice(0, -1).map((text) =>
      text.replaceAll(" ", "").replace("damaged", "!")
        .replace("discontinuity", "?") || "-"
    );
    assert.equal(found.join(""), expected.replaceAll(" ", ""));
  });
}

test("PictureStream takes a repeated packet once", () => {
  const writer = three(PICTURE);
  writer.packets.splice(1, 0, writer.packets[1]!);
  writer.packets.splice(6, 0, writer.packets[6]!);
  const found = read(writer).filter((text) => text !== "");
  assert.deepEqual(found, ["1 @0", "1 @40", "1 @80"]);
});

const USELESS: Record<string, (packet: Uint8Array) => void> = {
  "is wrong": (packet) => packet[1]! |= 0x80,
  "is scrambled": (packet) => packet[3]! |= 0x80,
};

for (const [what, spoil] of Object.entries(USELESS)) {
  test(`PictureStream does without a packet that ${what}`, () => {
    const writer = three(PICTURE);
    spoil(writer.packets[4]!);
    const found = read(writer).filter((text) => text !== "");
    assert.deepEqual(found, ["1 @0", "1 @40 damaged", "1 @80 discontinuity"]);
  });

  test(`PictureStream counts sixteen packets of which each ${what}`, () => {
    const writer = new TsWriter().pes(PICTURE, { pts: 0 });
    for (let i = 0; i < 16; i++) writer.packet(VIDEO_PID, [1]);
    writer.packets.slice(3).forEach(spoil);
    writer.pes(PICTURE, { pts: 3600 });
    const found = read(writer).filter((text) => text !== "");
    assert.deepEqual(found, ["1 @0", "1 @40 discontinuity"]);
  });
}

test("PictureStream.lose() is for what counters do not show", () => {
  const reader = stream();
  const { packets } = three(PICTURE);
  const units = packets.flatMap((packet, i) => {
    if (i === 4) reader.lose();
    return reader.push(readTsPacket(packet));
  });
  assert.equal(describe(units), "1 @0, 1 @40 damaged, 1 @80 discontinuity");
});

test("PictureStream lets the counter begin anew where that is announced", () => {
  const writer = new TsWriter().pes(PICTURE, { pts: 0 }).lose(5);
  writer.packet(VIDEO_PID, [], { discontinuity: true, pcr: true });
  writer.pes(PICTURE, { pts: 3600 });
  const found = read(writer).filter((text) => text !== "");
  assert.deepEqual(found, ["1 @0", "1 @40"]);
});

test("PictureStream reads on behind packets with a clock reference only", () => {
  const writer = three(PICTURE);
  for (const at of [1, 4, 8, 10]) {
    const clock = new TsWriter().lose(at).packet(VIDEO_PID, [], { pcr: true });
    writer.packets.splice(at, 0, ...clock.packets);
  }
  const found = read(writer).filter((text) => text !== "");
  assert.deepEqual(found, ["1 @0", "1 @40", "1 @80"]);
});

test("PictureStream reads on behind a packet of stuffing only", () => {
  const writer = three(PICTURE);
  const empty = writeTsPacket(VIDEO_PID, [1], { counter: 4 });
  empty[4]!++;
  writer.packets.splice(4, 0, empty);
  for (const packet of writer.packets.slice(5)) {
    packet[3] = packet[3]! & 0xf0 | packet[3]! + 1 & 0xf;
  }
  const found = read(writer).filter((text) => text !== "");
  assert.deepEqual(found, ["1 @0", "1 @40", "1 @80"]);
});

test("PictureStream marks what is gathered of several PES packets", () => {
  const writer = new TsWriter();
  const [cut, count] = [SLICED.length - 340, 4];
  for (let i = 0; i < count; i++) {
    writer.pes(SLICED.slice(0, cut), { pts: 3600 * i }).pes(SLICED.slice(cut));
  }
  const packets = writer.packets.length / count;
  // One of the third picture's second PES packet.
  writer.packets.splice(3 * packets - 1, 1);
  const found = read(writer).filter((text) => text !== "");
  assert.deepEqual(found.slice(2), [
    "7 8 5 5 5 @40",
    "7 8 5 5 5 @80 damaged",
    "7 8 5 5 5 @120 discontinuity",
  ]);
});
