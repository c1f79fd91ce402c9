import assert from "node:assert/strict";
import {
  byteStream,
  SAMPLE,
  writePps,
  writeSlice,
  writeSps,
} from "../../test/h264_writer.ts";
import { test } from "../../test/harness.ts";
import {
  AccessUnitSplitter,
  type AccessUnitSplitterOptions,
  type SplitUnit,
} from "./access_unit_splitter.ts";
import { joinNalUnits, nalUnitsOf } from "./annexb.ts";
import { ACCESS_UNIT_DELIMITER } from "./delimiter.ts";

const [SPS, PPS, IDR, P] = [
  writeSps(),
  writePps(),
  writeSlice(0x65),
  writeSlice(0x41),
];
const IDR_2 = writeSlice(0x65, { firstMb: 600 });
const P_2 = writeSlice(0x41, { firstMb: 600 });
const DELIMITER = [0x09, 0xf0];
const SEI = [6, 5, 0, 0x80];
const RECOVERY_POINT = [6, 6, 1, 0xc4, 0x80];
const PREFIX = [0x6e, 0x40, 0x80];

/** Splits a stream in chunks of `size` bytes, to its end. */
function split(
  data: Uint8Array,
  size = data.length,
  options?: AccessUnitSplitterOptions,
): SplitUnit[] {
  const splitter = new AccessUnitSplitter(options);
  const units: SplitUnit[] = [];
  for (let at = 0; at < data.length; at += size) {
    units.push(...splitter.push(data.subarray(at, at + size)));
  }
  return [...units, ...splitter.flush()];
}

/** NAL unit types of each access unit, such as "7 8 5". */
function types(units: readonly SplitUnit[]): string[] {
  return units.map(({ data }) =>
    [...nalUnitsOf(data)].map((nalUnit) => nalUnit[0]! & 0x1f).join(" ")
  );
}

test("AccessUnitSplitter cuts x264's stream into its pictures", () => {
  const units = split(SAMPLE);
  assert.deepEqual(types(units), ["7 8 5", "1", "1", "7 8 5", "1"]);
  const keyframes = units.map((unit) => unit.keyframe);
  assert.deepEqual(keyframes, [true, false, false, true, false]);
  const withSets = units.map((unit) => unit.hasParameterSets);
  assert.deepEqual(withSets, keyframes);
  for (const unit of units) {
    assert.equal(unit.damaged, false);
    assert.equal(unit.recoveryPoint, false);
    assert.equal(unit.discontinuity, false);
  }
});

test("AccessUnitSplitter writes every start code with four bytes", () => {
  const whole = split(SAMPLE).flatMap(({ data }) => [...data]);
  assert.deepEqual(
    Uint8Array.from(whole),
    joinNalUnits([...nalUnitsOf(SAMPLE)]),
  );
});

test("AccessUnitSplitter does not care for the borders of chunks", () => {
  const stream = byteStream([SEI, SPS, PPS, IDR, DELIMITER, P, PREFIX, P], 3);
  for (const data of [SAMPLE, stream]) {
    const whole = split(data);
    for (let size = 1; size < data.length; size++) {
      assert.deepEqual(split(data, size), whole);
    }
  }
});

for (const startCodeLength of [3, 4]) {
  test(`AccessUnitSplitter gives a picture at the header of the next delimiter, start code of ${startCodeLength}`, () => {
    const splitter = new AccessUnitSplitter();
    const delimiter = byteStream([[0x09]], startCodeLength);
    const data = byteStream([IDR], startCodeLength);
    assert.deepEqual(splitter.push(data), []);
    assert.deepEqual(splitter.push(delimiter.subarray(0, -1)), []);
    const units = splitter.push(Uint8Array.of(0x09));
    assert.deepEqual(units.map((unit) => unit.data), [byteStream([IDR])]);
    assert.deepEqual(splitter.push(Uint8Array.of(0xf0)), []);
  });
}

for (const type of [6, 9, 10, 11, 15, 16, 17, 18]) {
  test(`AccessUnitSplitter gives a picture at the header of type ${type}`, () => {
    const splitter = new AccessUnitSplitter();
    splitter.push(byteStream([P]));
    assert.equal(splitter.push(byteStream([[type]])).length, 1);
  });
}

for (const type of [0, 3, 4, 7, 8, 12, 13, 14, 19, 20, 21, 24, 31]) {
  test(`AccessUnitSplitter waits longer at the header of type ${type}`, () => {
    const splitter = new AccessUnitSplitter();
    splitter.push(byteStream([P]));
    assert.equal(splitter.push(byteStream([[0x40 | type]])).length, 0);
  });
}

test("AccessUnitSplitter needs a second byte to tell the next slice", () => {
  const splitter = new AccessUnitSplitter();
  splitter.push(byteStream([P]));
  assert.equal(splitter.push(byteStream([P.subarray(0, 1)])).length, 0);
  assert.equal(splitter.push(P.subarray(1, 2)).length, 1);
});

test("AccessUnitSplitter keeps the slices of a picture together", () => {
  // Its first_mb_in_slice begins with eight zeros.
  const late = [0x41, 0, 0x80, 0x80];
  const units = split(byteStream([SPS, PPS, IDR, IDR_2, P, P_2, late, P]));
  assert.deepEqual(types(units), ["7 8 5 5", "1 1 1", "1"]);
});

test("AccessUnitSplitter keeps a prefix with the slice behind it", () => {
  const stream = byteStream([PREFIX, IDR, PREFIX, IDR_2, PREFIX, P, PREFIX, P]);
  const units = split(stream);
  assert.deepEqual(types(units), ["14 5 14 5", "14 1", "14 1"]);
  assert.ok(units.every((unit) => !unit.damaged));
});

test("AccessUnitSplitter gives a prefix to the next picture", () => {
  const units = split(byteStream([P, PREFIX, PREFIX, DELIMITER, P]));
  assert.deepEqual(types(units), ["1", "14 14 1"]);
});

test("AccessUnitSplitter keeps parameter sets between two slices", () => {
  const stream = byteStream([SPS, PPS, IDR, SPS, PPS, IDR_2, SPS, PPS, IDR]);
  const units = split(stream);
  assert.deepEqual(types(units), ["7 8 5 7 8 5", "7 8 5"]);
  assert.deepEqual(units.map(({ damaged }) => damaged), [false, false]);
});

test("AccessUnitSplitter gives parameter sets to the next picture", () => {
  const units = split(byteStream([P, P_2, SPS, PPS, IDR, PPS, SPS, P]));
  assert.deepEqual(types(units), ["1 1", "7 8 5", "8 7 1"]);
  const withSets = units.map((unit) => unit.hasParameterSets);
  assert.deepEqual(withSets, [false, true, true]);
});

test("AccessUnitSplitter.isInPicture tells whether a slice came last", () => {
  const splitter = new AccessUnitSplitter();
  const seen = [SPS, PPS, IDR, SPS, DELIMITER, SEI, P].map((nalUnit) => {
    splitter.push(byteStream([nalUnit]));
    return splitter.isInPicture;
  });
  assert.deepEqual(seen, [false, false, true, false, false, false, true]);
});

test("AccessUnitSplitter.isEmpty tells whether anything waits", () => {
  const splitter = new AccessUnitSplitter();
  const seen = [DELIMITER, SPS, DELIMITER, P].map((nalUnit) => {
    splitter.push(byteStream([nalUnit]));
    return splitter.isEmpty;
  });
  assert.deepEqual(seen, [true, false, false, false]);
  splitter.flush();
  assert.equal(splitter.isEmpty, true);
});

test("AccessUnitSplitter counts the NAL units behind a prefix", () => {
  const flood = Array(511).fill([13, 0x80]);
  const splitter = new AccessUnitSplitter();
  splitter.push(byteStream([P, PREFIX]));
  splitter.push(byteStream([...flood.slice(1), DELIMITER, [13, 0x80], P]));
  assert.equal(splitter.droppedUnits, 1);
});

test("AccessUnitSplitter forgets a prefix that it drops", () => {
  const splitter = new AccessUnitSplitter({ maxNalUnits: 4 });
  splitter.push(byteStream([P, PREFIX, [13], [13], [13], DELIMITER]));
  assert.equal(splitter.droppedUnits, 1);
  const units = splitter.push(byteStream([SEI, SEI, SEI, P, DELIMITER]));
  assert.deepEqual(types(units), ["6 6 6 1"]);
});

test("AccessUnitSplitter leaves delimiters, filler and end marks out", () => {
  const filler = [12, 0xff, 0xff, 0x80];
  const stream = [DELIMITER, SPS, PPS, DELIMITER, IDR, filler, [10], [11], P];
  const units = split(byteStream(stream));
  assert.deepEqual(units.map((unit) => unit.data), [
    byteStream([SPS, PPS, IDR]),
    byteStream([P]),
  ]);
});

test("AccessUnitSplitter tells a recovery point", () => {
  const units = split(byteStream([RECOVERY_POINT, SEI, P, SEI, P]));
  const found = units.map((unit) => unit.recoveryPoint);
  assert.deepEqual(found, [true, false]);
  assert.ok(units.every((unit) => !unit.keyframe));
});

test("AccessUnitSplitter wants both kinds of parameter sets", () => {
  const units = split(byteStream([SPS, IDR, PPS, IDR, SPS, PPS, IDR]));
  const found = units.map((unit) => unit.hasParameterSets);
  assert.deepEqual(found, [false, false, true]);
});

test("AccessUnitSplitter skips and counts what is in front", () => {
  const splitter = new AccessUnitSplitter();
  const stream = [0x55, 0, 0, 0x55, 0, 0, ...byteStream([P, DELIMITER])];
  const units = splitter.push(Uint8Array.from(stream));
  assert.deepEqual(units.map((unit) => unit.data), [byteStream([P])]);
  assert.equal(units[0]?.discontinuity, true);
  assert.equal(splitter.skippedBytes, 4);
});

test("AccessUnitSplitter drops zeros behind NAL units, however many", () => {
  const splitter = new AccessUnitSplitter();
  splitter.push(byteStream([P]));
  for (let i = 0; i < 20; i++) splitter.push(new Uint8Array(1 << 20));
  const units = splitter.push(Uint8Array.of(1, 9));
  assert.deepEqual(units.map((unit) => unit.data), [byteStream([P])]);
  assert.equal(splitter.droppedUnits, 0);
});

test("AccessUnitSplitter keeps zeros within a NAL unit", () => {
  const slice = [0x41, 0x80, 0, 0, 0, 0, 0x55, 0, 1, 0x55];
  const data = byteStream([slice]);
  for (const size of [1, 7, 100]) {
    assert.deepEqual(split(data, size).map((unit) => unit.data), [data]);
  }
});

const DAMAGED: Record<string, (Uint8Array | number[])[]> = {
  "without its first slice": [P_2],
  "with an empty NAL unit": [P, []],
  "with an empty slice": [P, [0x41]],
  "with a forbidden_zero_bit": [P, [0xc1, 0x55, 0x55]],
};

for (const [name, nalUnits] of Object.entries(DAMAGED)) {
  test(`AccessUnitSplitter marks an access unit ${name}`, () => {
    const units = split(byteStream([...nalUnits, DELIMITER, P, DELIMITER]));
    const found = units.map((unit) => unit.damaged);
    assert.deepEqual(found, [true, false]);
  });
}

test("AccessUnitSplitter does not mix pictures when a first slice is lost", () => {
  const disposable = writeSlice(0x01, { firstMb: 600 });
  const units = split(byteStream([P, IDR_2, P_2, disposable]));
  assert.deepEqual(types(units), ["1", "5", "1", "1"]);
  const found = units.map((unit) => unit.damaged);
  assert.deepEqual(found, [false, true, true, true]);
});

test("AccessUnitSplitter drops an access unit that is too large", () => {
  const splitter = new AccessUnitSplitter({ maxBytes: 1000 });
  const large = writeSlice(0x41, { payload: Array(1000).fill(0x55) });
  const units = [
    ...splitter.push(byteStream([P, large, P_2])),
    ...splitter.push(byteStream([P, P, DELIMITER])),
  ];
  assert.deepEqual(types(units), ["1", "1", "1"]);
  const found = units.map((unit) => unit.discontinuity);
  assert.deepEqual(found, [false, true, false]);
  assert.equal(splitter.droppedUnits, 1);
  // Both slices without their start codes; the first has its header counted
  // with its start code.
  assert.equal(splitter.droppedBytes, large.length + 4 + P_2.length - 1);
});

test("AccessUnitSplitter takes an access unit of exactly the bound", () => {
  const data = byteStream([writeSlice(0x41, { payload: Array(90).fill(1) })]);
  const stream = Uint8Array.from([...data, ...ACCESS_UNIT_DELIMITER]);
  for (const size of [1, stream.length]) {
    const units = split(stream, size, { maxBytes: data.length });
    assert.deepEqual(units.map((unit) => unit.data), [data]);
    assert.deepEqual(split(stream, size, { maxBytes: data.length - 1 }), []);
  }
});

test("AccessUnitSplitter drops an access unit of too many NAL units", () => {
  const flood = Array(514).fill(SEI);
  const splitter = new AccessUnitSplitter();
  const units = [
    ...splitter.push(byteStream([...flood, P, P, DELIMITER])),
    ...splitter.push(byteStream([...flood.slice(3), P, DELIMITER])),
  ];
  assert.equal(types(units)[0], "1");
  assert.equal(types(units)[1]?.length, 1023);
  assert.deepEqual(units.map((unit) => unit.discontinuity), [true, false]);
  assert.equal(splitter.droppedUnits, 1);
});

test("AccessUnitSplitter starts anew at a delimiter without any slice", () => {
  const splitter = new AccessUnitSplitter();
  splitter.push(byteStream(Array(600).fill(SEI)));
  assert.equal(splitter.droppedUnits, 1);
  const units = splitter.push(byteStream([DELIMITER, SEI, P, DELIMITER]));
  assert.deepEqual(types(units), ["6 1"]);
  assert.equal(units[0]?.discontinuity, true);
});

test("AccessUnitSplitter survives a NAL unit without end", () => {
  const splitter = new AccessUnitSplitter();
  splitter.push(byteStream([P]));
  const chunk = new Uint8Array(1 << 20).fill(0x55);
  for (let i = 0; i < 20; i++) assert.deepEqual(splitter.push(chunk), []);
  assert.equal(splitter.droppedUnits, 1);
  assert.equal(splitter.droppedBytes, byteStream([P]).length + 20 * 2 ** 20);
  const units = splitter.push(byteStream([DELIMITER, P, DELIMITER]));
  assert.deepEqual(types(units), ["1"]);
});

test("AccessUnitSplitter refuses zeros that a byte makes part of a slice", () => {
  const splitter = new AccessUnitSplitter({ maxBytes: 1000 });
  splitter.push(byteStream([P]));
  splitter.push(new Uint8Array(2000));
  splitter.push(Uint8Array.of(0x55));
  assert.equal(splitter.droppedUnits, 1);
});

test("AccessUnitSplitter.flush() gives the last picture, once", () => {
  const splitter = new AccessUnitSplitter();
  assert.deepEqual(splitter.flush(), []);
  splitter.push(byteStream([SPS, PPS]));
  assert.deepEqual(splitter.flush(), []);
  splitter.push(byteStream([IDR]));
  assert.deepEqual(types(splitter.flush()), ["7 8 5"]);
  assert.deepEqual(splitter.flush(), []);
});

test("AccessUnitSplitter.flush() does not disturb what comes after", () => {
  const stream = byteStream([SPS, PPS, IDR, P, P], 3);
  const whole = split(stream);
  const sizes = [SPS, PPS, IDR, P].map((nalUnit) => 3 + nalUnit.length);
  let border = sizes[0]! + sizes[1]!;
  for (const size of sizes.slice(2)) {
    border += size;
    // Zeros of the next start code, all of it, and the header behind it.
    for (const ahead of [0, 1, 2, 3, 4]) {
      const splitter = new AccessUnitSplitter();
      const units = [
        ...splitter.push(stream.subarray(0, border + ahead)),
        ...splitter.flush(),
        ...splitter.push(stream.subarray(border + ahead)),
        ...splitter.flush(),
      ];
      assert.deepEqual(units, whole);
      assert.equal(splitter.skippedBytes, 0);
    }
  }
});

test("AccessUnitSplitter.flush() shows that it cut a slice in two", () => {
  const splitter = new AccessUnitSplitter();
  splitter.push(byteStream([P]));
  assert.equal(splitter.flush().length, 1);
  splitter.push(Uint8Array.of(0x55, 0x55, 0x55));
  assert.equal(splitter.skippedBytes, 3);
  const units = splitter.push(byteStream([P, DELIMITER]));
  assert.deepEqual(units.map((unit) => unit.discontinuity), [true]);
});

test("AccessUnitSplitter hands out buffers of their own", () => {
  const splitter = new AccessUnitSplitter();
  const chunk = byteStream([P, DELIMITER]);
  const [unit] = splitter.push(chunk);
  chunk.fill(0xee);
  splitter.push(byteStream([IDR, DELIMITER]));
  assert.deepEqual(unit?.data, byteStream([P]));
});
