import assert from "node:assert/strict";
import {
  ACCESS_UNIT_DELIMITER,
  AccessUnitSplitter,
  type AccessUnitSplitterOptions,
  addEmulationPrevention,
  findStartCode,
  FlvError,
  FlvReader,
  type FlvUnit,
  insertTiming,
  ivfFileHeader,
  ivfFrameHeader,
  joinNalUnits,
  MAX_SNIFF_BYTES,
  nalUnitsOf,
  readTiming,
  removeEmulationPrevention,
  sniff,
  type SplitUnit,
  type Timing,
  us,
  withoutDelimiters,
  writeTiming,
} from "../../agent/media/mod.ts";
import { SAMPLE, writePps, writeSlice, writeSps } from "../h264_writer.ts";
import { property } from "../property.ts";
import type { Random } from "../random.ts";

/** NAL units as encoders make them, and as nobody should. */
function randomNalUnit(random: Random): Uint8Array {
  const payload = () => [...random.bytes(random.below(12))];
  switch (random.below(10)) {
    case 0:
      return writeSps({ widthInMbs: random.between(1, 3) });
    case 1:
      return writePps(random.below(2));
    case 2:
      return Uint8Array.of(6, 6, 1, 0xc4, 0x80);
    case 3:
      return Uint8Array.of(9, 0xf0);
    case 4:
    case 5:
    case 6: {
      const firstMb = random.pick([0, 0, 1, 300]);
      const header = random.pick([0x65, 0x41, 0x41, 0x01]);
      return writeSlice(header, { firstMb, payload: payload() });
    }
    case 7:
      return Uint8Array.of(random.below(32) | 0x40, ...payload());
    default:
      return random.bytes(random.below(12));
  }
}

/** A byte stream that is right in places. */
function randomStream(random: Random): Uint8Array<ArrayBuffer> {
  const bytes: number[] = random.once(4) ? [...random.bytes(5)] : [];
  for (let n = random.below(12); n > 0; n--) {
    bytes.push(...Array(random.pick([2, 3, 3, 3, 4, 9])).fill(0), 1);
    bytes.push(...randomNalUnit(random));
  }
  const stream = Uint8Array.from(bytes);
  return random.once(3) ? random.mutate(stream) : stream;
}

function split(
  chunks: readonly Uint8Array[],
  options: AccessUnitSplitterOptions = {},
): SplitUnit[] {
  const splitter = new AccessUnitSplitter(options);
  const units = chunks.flatMap((chunk) => splitter.push(chunk));
  return [...units, ...splitter.flush()];
}

/** As text, which compares faster than `deepEqual()`. */
function textOf(units: readonly (SplitUnit | FlvUnit)[]): string {
  return units.map((unit) =>
    JSON.stringify({ ...unit, data: unit.data.toHex() })
  ).join("\n");
}

/** Bytes that rewriting three-byte start codes may add. */
function shortStartCodes(data: Uint8Array): number {
  let count = 0;
  let at = findStartCode(data);
  while (at >= 0) {
    if (data[at - 1] !== 0) count++;
    at = findStartCode(data, at + 3);
  }
  return count;
}

property(
  "AccessUnitSplitter gives the same for all chunks",
  20_000,
  (random) => {
    const stream = randomStream(random);
    const options = random.once(3)
      ? { maxBytes: random.between(1, 60), maxNalUnits: random.between(1, 4) }
      : {};
    const whole = split([stream], options);
    const inChunks = split(random.chunks(stream), options);
    assert.equal(textOf(inChunks), textOf(whole), stream.toHex());
  },
);

property("AccessUnitSplitter adds nothing to what came", 15_000, (random) => {
  const stream = randomStream(random);
  const bytes = split([stream]).reduce((sum, { data }) => sum + data.length, 0);
  assert.ok(bytes <= stream.length + shortStartCodes(stream), stream.toHex());
});

property("AccessUnitSplitter keeps its bounds", 10_000, (random) => {
  const stream = randomStream(random);
  const maxBytes = random.between(1, 80);
  const maxNalUnits = random.between(1, 5);
  for (const { data } of split([stream], { maxBytes, maxNalUnits })) {
    assert.ok(data.length <= maxBytes, stream.toHex());
    assert.ok([...nalUnitsOf(data)].length <= maxNalUnits, stream.toHex());
  }
});

property("AccessUnitSplitter splits its own output alike", 15_000, (random) => {
  const stream = randomStream(random);
  const units = split([stream]);
  const chunks = units.flatMap(({ data }) => [data, ACCESS_UNIT_DELIMITER]);
  const again = split(chunks);
  const data = (units: SplitUnit[]) => units.map(({ data }) => data.toHex());
  assert.deepEqual(data(again), data(units), stream.toHex());
  again.forEach((unit, i) => {
    assert.equal(unit.keyframe, units[i]?.keyframe, stream.toHex());
    assert.equal(unit.recoveryPoint, units[i]?.recoveryPoint, stream.toHex());
    assert.equal(unit.hasParameterSets, units[i]?.hasParameterSets);
  });
});

property("nalUnitsOf() and joinNalUnits() are inverse", 10_000, (random) => {
  const nalUnits = [...nalUnitsOf(randomStream(random))];
  const joined = joinNalUnits(nalUnits);
  assert.deepEqual([...nalUnitsOf(joined)], nalUnits);
  const types = [...nalUnitsOf(withoutDelimiters(joined))].map((nalUnit) =>
    nalUnit[0]! & 0x1f
  );
  assert.ok(!types.includes(9));
});

property("Emulation prevention hides every start code", 10_000, (random) => {
  const rbsp = Uint8Array.of(...random.bytes(random.below(60)), 0x80);
  const nalUnit = addEmulationPrevention(rbsp);
  assert.deepEqual(removeEmulationPrevention(nalUnit), rbsp);
  for (let i = 0; i + 2 < nalUnit.length; i++) {
    const forbidden = nalUnit[i] === 0 && nalUnit[i + 1] === 0 &&
      nalUnit[i + 2]! < 3;
    assert.ok(!forbidden, nalUnit.toHex());
  }
});

/** FLV with H.264, and the NAL units of its pictures. */
function randomFlv(random: Random) {
  const bytes = [0x46, 0x4c, 0x56, 1, 1, 0, 0, 0, 9];
  const pictures: Uint8Array[][] = [];
  const lengthSize = random.between(1, 4);
  const tag = (type: number, body: readonly number[]) => {
    const size = [body.length >> 16, body.length >> 8, body.length];
    bytes.push(0, 0, 0, 0, type, ...size, ...random.bytes(7), ...body);
  };
  const config = [1, 66, 0, 30, 0xfc | lengthSize - 1, 0xe0, 0];
  tag(9, [0x17, 0, 0, 0, 0, ...config]);
  for (let n = random.below(6); n > 0; n--) {
    if (random.once(3)) tag(random.pick([8, 18]), [...random.bytes(9)]);
    const nalUnits = random.list(
      random.between(1, 3),
      () =>
        addEmulationPrevention(
          Uint8Array.of(0x41, ...random.bytes(random.below(20)), 0x80),
        ),
    );
    const body = nalUnits.flatMap((nalUnit) => [
      ...Array(lengthSize - 1).fill(0),
      nalUnit.length,
      ...nalUnit,
    ]);
    tag(9, [random.pick([0x17, 0x27]), 1, ...random.bytes(3), ...body]);
    pictures.push(nalUnits);
  }
  return { data: Uint8Array.from(bytes), pictures };
}

property("FlvReader reads all FLV, in all chunks", 10_000, (random) => {
  const { data, pictures } = randomFlv(random);
  const reader = new FlvReader();
  const units = random.chunks(data).flatMap((chunk) => reader.push(chunk));
  assert.deepEqual(
    units.map((unit) => unit.data.toHex()),
    pictures.map((nalUnits) => joinNalUnits(nalUnits).toHex()),
  );
  assert.ok(units.every((unit) => Number.isSafeInteger(unit.pts)));
  assert.equal(textOf(units), textOf(new FlvReader().push(data)));
});

property("FlvReader throws nothing but FlvError", 15_000, (random) => {
  const data = random.mutate(randomFlv(random).data);
  try {
    const units = new FlvReader().push(data);
    const bytes = units.reduce((sum, { data }) => sum + data.length, 0);
    // A length of one byte becomes a start code of four.
    assert.ok(bytes <= 4 * data.length, data.toHex());
    assert.ok(units.every((unit) => Number.isSafeInteger(unit.pts)));
  } catch (error) {
    if (!(error instanceof FlvError)) throw error;
  }
});

function randomTiming(random: Random): Timing {
  const u32 = () => random.pick([random.below(2 ** 32), random.below(4), 768]);
  const time = () => us(u32() * random.pick([1, 256, 2 ** 20]));
  const bootTag = random.bytes(8).toHex();
  return {
    captured: random.once(2),
    epoch: u32(),
    bootTag,
    sequence: u32(),
    monotonic: time(),
    realtime: time(),
  };
}

property("insertTiming() disturbs nothing else", 8_000, (random) => {
  const timing = randomTiming(random);
  const nalUnits = random.list(random.below(6), () => randomNalUnit(random))
    .filter((nalUnit) => nalUnit.length > 0 && nalUnit.at(-1) !== 0);
  const data = joinNalUnits(nalUnits);
  const stamped = insertTiming(data, timing);
  assert.deepEqual(readTiming(stamped), timing, data.toHex());
  const written = writeTiming(timing);
  const text = stamped.toHex();
  assert.equal(text.split(written.toHex()).join(""), data.toHex());
  assert.equal([...nalUnitsOf(written)].length, 1);
});

property("readTiming() never throws", 10_000, (random) => {
  const data = random.mutate(insertTiming(SAMPLE, randomTiming(random)));
  const timing = readTiming(data);
  if (!timing) return;
  assert.ok(Number.isSafeInteger(timing.monotonic));
  assert.ok(Number.isSafeInteger(timing.realtime));
  assert.equal(timing.bootTag.length, 16);
});

property("sniff() takes everything", 8_000, (random) => {
  const stream = random.pick([
    () => random.bytes(random.below(1500)),
    () => randomStream(random),
    () => random.mutate(randomFlv(random).data),
    () => random.mutate(new TextEncoder().encode("#EXTM3U\nhttp://a/b")),
  ])();
  const found = sniff(stream);
  assert.ok(found !== "unknown");
  const padded = new Uint8Array(stream.length + 3000).fill(0xee);
  padded.set(stream);
  if (found !== undefined && random.once(20)) sniff(padded);
});

property("sniff() decides within its bound", 20, (random) => {
  const data = random.bytes(MAX_SNIFF_BYTES + random.below(100));
  assert.notEqual(sniff(data), undefined);
});

property(
  "ivfFileHeader() and ivfFrameHeader() lose nothing",
  4_000,
  (random) => {
    const [width, height] = [random.below(65536), random.below(65536)];
    const timebase = { num: random.below(2 ** 32), den: random.below(2 ** 32) };
    const header = ivfFileHeader({ fourcc: "H264", width, height, timebase });
    const view = new DataView(header.buffer);
    assert.equal(header.length, view.getUint16(6, true));
    assert.equal(view.getUint16(12, true), width);
    assert.equal(view.getUint16(14, true), height);
    assert.equal(view.getUint32(16, true), timebase.den);
    assert.equal(view.getUint32(20, true), timebase.num);
    const length = random.below(2 ** 32);
    const pts = random.below(2 ** 32) * 2 ** random.below(21);
    const frame = new DataView(ivfFrameHeader(length, pts).buffer);
    assert.equal(frame.getUint32(0, true), length);
    assert.equal(frame.getBigUint64(4, true), BigInt(pts));
  },
);
