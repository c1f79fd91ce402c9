import assert from "node:assert/strict";
import {
  byteStream,
  writePps,
  writeSlice,
  writeSps,
} from "../../../test/h264_writer.ts";
import { test } from "../../../test/harness.ts";
import { read, stream } from "../../../test/ts_reader.ts";
import { TsWriter, VIDEO_PID } from "../../../test/ts_writer.ts";
import { readTsPacket } from "./packet.ts";

const [SPS, PPS] = [writeSps(), writePps()];
const DELIMITER = [9, 0xf0];

/** A slice of so many bytes, its start code of four bytes included. */
function slice(bytes: number, header = 0x41, firstMb = 0): Uint8Array {
  const bare = writeSlice(header, { firstMb, payload: [] });
  const payload = Array(bytes - 4 - bare.length).fill(0x55);
  return writeSlice(header, { firstMb, payload });
}

/** Bytes of a PES header with a timestamp. */
const PES_HEADER = 14;

/** A picture that leaves so many bytes for the last of its packets. */
const ending = (bytes: number) =>
  byteStream([slice(2 * 184 - PES_HEADER + bytes)]);

const PICTURE = ending(100);
const IDR = byteStream([DELIMITER, SPS, PPS, slice(300, 0x65)]);
const TWO_SLICES = [
  byteStream([DELIMITER, slice(300)]),
  byteStream([slice(300, 0x41, 600)]),
] as const;

/** The same without the packets that bring nothing. */
const found = (writer: TsWriter) => read(writer).filter((text) => text !== "");

/** Milliseconds in ticks of 90 kHz. */
const at = (ms: number) => ({ pts: ms * 90 });

for (const bytes of [1, 100, 181, 183]) {
  for (const pcr of [false, true]) {
    test(`PictureStream gives a picture that ends with ${bytes} bytes of a packet, PCR ${pcr}`, () => {
      const picture = pcr ? ending(bytes - 8) : ending(bytes);
      const writer = new TsWriter().pes(picture, { ...at(40), pcr });
      assert.deepEqual(read(writer), ["", "", "1 @40", ""]);
    });
  }
}

test("PictureStream gives a picture of one packet", () => {
  const writer = new TsWriter();
  for (const ms of [0, 40, 80]) {
    writer.pes(byteStream([slice(20)]), { ...at(ms), pcr: true });
  }
  assert.deepEqual(read(writer), ["1 @0", "1 @40", "1 @80", ""]);
});

for (const bytes of [1, 100, 182, 183, 184]) {
  test(`PictureStream gives a picture whose length is known, ${bytes} bytes last`, () => {
    const fields = { ...at(40), length: "right" } as const;
    const writer = new TsWriter().pes(ending(bytes), fields);
    assert.deepEqual(read(writer), ["", "", "1 @40", ""]);
  });
}

test("PictureStream waits where the last packet is full", () => {
  const writer = new TsWriter().pes(ending(184), at(0)).pes(PICTURE, at(40));
  assert.deepEqual(read(writer), ["", "", "", "1 @0", "", "1 @40", ""]);
});

test("PictureStream.flush() gives a picture whose last packet is full", () => {
  const writer = new TsWriter().pes(ending(184), at(0));
  const reader = stream();
  assert.deepEqual(read(writer, reader), ["", "", "", "1 @0"]);
  assert.deepEqual(read(writer.pes(PICTURE, at(40)), reader), [
    ...["", "", "1 @40", ""],
  ]);
});

test("PictureStream believes two bytes of stuffing from who fills up one", () => {
  const two = (writer: TsWriter) => read(writer.pes(ending(182), at(40)));
  assert.deepEqual(two(new TsWriter()), ["", "", "", "1 @40"]);
  const writer = two(new TsWriter().pes(ending(183), at(0)));
  assert.deepEqual(writer, ["", "", "1 @0", "", "", "1 @40", ""]);
});

test("PictureStream takes the last byte that GStreamer sends by itself", () => {
  const whole = ending(183);
  const [start, rest] = [whole.slice(0, -183), whole.slice(-183)];
  const writer = new TsWriter();
  for (const ms of [0, 40]) {
    writer.pes(start, at(ms));
    writer.packet(VIDEO_PID, rest.slice(0, -1));
    writer.packet(VIDEO_PID, rest.slice(-1));
  }
  const picture = ["", "", "", "1 @0", "", "", "", "1 @40", ""];
  assert.deepEqual(read(writer), picture);
});

test("PictureStream gives stuffing up that ends nothing", () => {
  const writer = new TsWriter();
  for (const ms of [0, 40, 80]) {
    writer.pes(PICTURE.slice(0, 100), at(ms));
    writer.packet(VIDEO_PID, PICTURE.slice(100, 284));
    writer.packet(VIDEO_PID, PICTURE.slice(284));
  }
  assert.deepEqual(read(writer), [
    ...["1 @0", "", ""],
    ...["", "", "", "1 @40 discontinuity", "", "", "1 @80"],
  ]);
});

test("PictureStream loses nothing where stuffing is in front of slices", () => {
  const writer = new TsWriter();
  for (const ms of [0, 40]) {
    writer.pes(IDR.slice(0, 20), at(ms));
    writer.packet(VIDEO_PID, IDR.slice(20, 204));
    writer.packet(VIDEO_PID, IDR.slice(204));
  }
  assert.deepEqual(read(writer), [
    ...["", "", "", "7 8 5 @0", "", "", "7 8 5 @40"],
  ]);
});

test("PictureStream gives lengths up that are wrong", () => {
  const writer = new TsWriter();
  for (const ms of [0, 40, 80]) {
    writer.pes(ending(100), { ...at(ms), length: 300 });
  }
  assert.deepEqual(read(writer), [
    ...["", "1 @0", ""],
    ...["", "", "1 @40 discontinuity", "", "", "1 @80", ""],
  ]);
});

test("PictureStream puts a picture of several PES packets together", () => {
  const writer = new TsWriter();
  for (const ms of [0, 40, 80]) {
    for (const part of TWO_SLICES) writer.pes(part, at(ms));
  }
  assert.deepEqual(found(writer), [
    ...["1 @0", "1 @0 damaged", "1 1 @40", "1 1 @80"],
  ]);
});

test("PictureStream puts a slice of several PES packets together", () => {
  const writer = new TsWriter();
  for (const ms of [0, 40, 80, 120]) {
    writer.pes(PICTURE.slice(0, 200), at(ms)).pes(PICTURE.slice(200));
  }
  assert.deepEqual(found(writer), [
    ...["1 @0", "1 @40 discontinuity", "1 @80", "1 @120"],
  ]);
});

test("PictureStream harms no picture whose NAL units come one by one", () => {
  const writer = new TsWriter();
  for (const ms of [0, 40, 80]) {
    for (const nalUnit of [DELIMITER, slice(300), slice(300, 0x41, 600)]) {
      writer.pes(byteStream([nalUnit]), { ...at(ms), length: "right" });
    }
  }
  assert.deepEqual(found(writer), ["1 1 @0", "1 1 @40", "1 1 @80"]);
});

test("PictureStream is not put off by parameter sets of their own", () => {
  const writer = new TsWriter().pes(byteStream([SPS, PPS]), at(0))
    .pes(byteStream([slice(50, 0x65)]), at(0));
  for (const ms of [40, 80]) writer.pes(byteStream([slice(50)]), at(ms));
  assert.deepEqual(read(writer), ["", "", "7 8 5 @0, 1 @40", "1 @80", ""]);
});

test("PictureStream is not put off by pictures that were broken before", () => {
  const writer = new TsWriter();
  const parts = [TWO_SLICES[0], TWO_SLICES[1], TWO_SLICES[0], TWO_SLICES[0]];
  parts.forEach((part, i) => writer.pes(part, at(40 * i)));
  assert.deepEqual(read(writer), [
    ...["", "1 @0", "", "1 @40 damaged", "", "1 @80", "", "1 @120", ""],
  ]);
});

test("PictureStream gives the timestamp to the first picture that begins", () => {
  const two = byteStream([slice(50), DELIMITER, slice(50)]);
  const writer = new TsWriter().pes(two, at(0)).pes(two).pes(two, at(80));
  assert.deepEqual(read(writer), ["1 @0, 1", "1, 1", "1 @80, 1", ""]);
});

test("PictureStream counts on where timestamps begin anew", () => {
  const writer = new TsWriter().pes(PICTURE, { pts: 2 ** 33 - 900 })
    .pes(PICTURE, { pts: 2700 });
  const [first, second] = found(writer).map((text) => Number(text.slice(3)));
  assert.equal(second! - first!, 40);
});

test("PictureStream waits for the first PES packet", () => {
  const writer = new TsWriter().packet(VIDEO_PID, PICTURE.slice(50, 100))
    .lose(3).packet(VIDEO_PID, PICTURE.slice(50, 100)).pes(PICTURE, at(0));
  assert.deepEqual(found(writer), ["1 @0 discontinuity"]);
  writer.packet(VIDEO_PID, PICTURE.slice(50, 100)).pes(PICTURE, at(0));
  assert.deepEqual(found(writer), ["1 @0"]);
});

test("PictureStream skips a PES packet that cannot be read", () => {
  const writer = new TsWriter().pes(PICTURE, at(0))
    .put(VIDEO_PID, [0, 0, 2, ...PICTURE]).pes(PICTURE, at(80));
  assert.deepEqual(found(writer), ["1 @0", "1 @80 discontinuity"]);
});

test("PictureStream.flush() marks a picture that is known to be longer", () => {
  const length = PICTURE.length + 100;
  const writer = new TsWriter().pes(PICTURE, { ...at(0), length });
  assert.deepEqual(found(writer), ["1 @0 damaged"]);
});

test("PictureStream.flush() within a picture is harmless for later ones", () => {
  for (const fields of [{}, { length: "right" } as const]) {
    const reader = stream();
    const writer = new TsWriter().pes(PICTURE, { ...at(0), ...fields });
    const rest = writer.packets.splice(1);
    const damaged = "length" in fields ? " damaged" : "";
    assert.deepEqual(read(writer, reader), ["", `1 @0${damaged}`]);
    writer.packets.push(...rest);
    for (const ms of [40, 80]) writer.pes(PICTURE, { ...at(ms), ...fields });
    assert.deepEqual(read(writer, reader), [
      ...["", ""],
      ...["", "", "1 @40 discontinuity", "", "", "1 @80", ""],
    ]);
  }
});

test("PictureStream hands out buffers of their own", () => {
  const reader = stream();
  const [packet] = new TsWriter().pes(byteStream([slice(50)])).packets;
  const [unit] = reader.push(readTsPacket(packet!));
  packet!.fill(0xee);
  assert.deepEqual(unit?.data, byteStream([slice(50)]));
});
