import assert from "node:assert/strict";
import {
  byteStream,
  SAMPLE,
  writePps,
  writeSlice,
  writeSps,
} from "../../test/h264_writer.ts";
import { test } from "../../test/harness.ts";
import { nalUnitsOf } from "./annexb.ts";
import { us } from "./time.ts";
import {
  insertTiming,
  readTiming,
  type Timing,
  writeTiming,
} from "./timing_sei.ts";

const TIMING: Timing = {
  captured: true,
  epoch: 0xdeadbeef,
  bootTag: "0123456789abcdef",
  sequence: 7,
  monotonic: us(123_456_789),
  realtime: us(1_795_000_000_000_000),
};

/** Full of what must not look like a start code. */
const ZEROS: Timing = {
  captured: false,
  epoch: 0,
  bootTag: "0000000000000001",
  sequence: 0x00000300,
  monotonic: us(1),
  realtime: us(0),
};

const DIGEST: Timing = { ...TIMING, digest: 3 };

const LARGEST: Timing = {
  captured: true,
  epoch: 2 ** 32 - 1,
  bootTag: "ffffffffffffffff",
  sequence: 2 ** 32 - 1,
  monotonic: us(Number.MAX_SAFE_INTEGER),
  realtime: us(Number.MAX_SAFE_INTEGER),
  digest: 2 ** 32 - 1,
};

const [SPS, PPS, IDR] = [writeSps(), writePps(), writeSlice(0x65)];
const BUFFERING_PERIOD = [6, 0, 1, 0x80, 0x80];

test("writeTiming() writes what receivers of other versions expect", () => {
  assert.equal(
    writeTiming(TIMING).toHex(),
    // With emulation prevention in the sequence and in the monotonic time.
    "00000001" + "060532" + "8d9bf2c65e3a4f719d24b7ce61a8f35d" + "01" + "01" +
      "deadbeef" + "0123456789abcdef" + "0000030007" +
      "0000030000075bcd15" + "0006608b015f3000" + "80",
  );
});

for (
  const [name, timing] of Object.entries({ TIMING, DIGEST, ZEROS, LARGEST })
) {
  test(`readTiming() reads what writeTiming() wrote: ${name}`, () => {
    const written = writeTiming(timing);
    assert.deepEqual(readTiming(written), timing);
    const [nalUnit, ...others] = nalUnitsOf(written);
    assert.deepEqual(others, []);
    assert.equal(nalUnit?.length, written.length - 4);
  });
}

test("writeTiming() refuses a boot tag that is none", () => {
  const bootTag = "0123456789abcdeg";
  assert.throws(() => writeTiming({ ...TIMING, bootTag }), SyntaxError);
});

test("insertTiming() goes behind parameter sets and other messages", () => {
  const data = byteStream([BUFFERING_PERIOD, SPS, PPS, IDR, IDR]);
  const types = [...nalUnitsOf(insertTiming(data, TIMING))].map((nalUnit) =>
    nalUnit[0]! & 0x1f
  );
  assert.deepEqual(types, [6, 7, 8, 6, 5, 5]);
});

for (const startCodeLength of [3, 4]) {
  test(`insertTiming() keeps start codes of ${startCodeLength} bytes`, () => {
    const sets = byteStream([SPS, PPS], startCodeLength);
    const picture = byteStream([[14, 0x40], IDR], startCodeLength);
    const data = Uint8Array.from([...sets, ...picture]);
    assert.deepEqual(
      insertTiming(data, TIMING),
      Uint8Array.from([...sets, ...writeTiming(TIMING), ...picture]),
    );
  });
}

test("insertTiming() appends where there is no picture", () => {
  const sets = byteStream([SPS, PPS, [6, 5, 1, 0, 0x80, 0]]);
  assert.deepEqual(
    insertTiming(sets, TIMING),
    Uint8Array.from([...sets, ...writeTiming(TIMING)]),
  );
  assert.deepEqual(insertTiming(new Uint8Array(), TIMING), writeTiming(TIMING));
});

test("readTiming() finds it in an access unit", () => {
  assert.deepEqual(readTiming(insertTiming(SAMPLE, ZEROS)), ZEROS);
  const data = byteStream([BUFFERING_PERIOD, [6, 5, 1, 0, 0x80], SPS, IDR]);
  assert.deepEqual(readTiming(insertTiming(data, ZEROS)), ZEROS);
});

test("readTiming() does not look behind the picture", () => {
  const data = Uint8Array.from([...SAMPLE, ...writeTiming(TIMING)]);
  assert.equal(readTiming(data), undefined);
});

/** Message with another byte at an index of its NAL unit. */
function changed(index: number, value: number): Uint8Array {
  const data = writeTiming(TIMING);
  data[4 + index] = value;
  return data;
}

const OTHERS: Record<string, Uint8Array> = {
  "nothing": new Uint8Array(),
  "no SEI": SAMPLE,
  "another UUID": changed(3, 0x8e),
  "another payload type": changed(1, 4),
  "another version": changed(19, 2),
  "a payload of the UUID alone": byteStream([[
    ...[6, 5, 16],
    ...writeTiming(TIMING).subarray(7, 23),
    0x80,
  ]]),
  "a payload that is cut off": writeTiming(TIMING).subarray(0, -3),
  "a time beyond 285 years": changed(47, 0xff),
};

for (const [name, data] of Object.entries(OTHERS)) {
  test(`readTiming() finds none in ${name}`, () => {
    assert.equal(readTiming(data), undefined);
  });
}

test("readTiming() reads fields that it does not know yet", () => {
  const written = writeTiming(TIMING);
  const longer = Uint8Array.from([...written.subarray(0, -1), 1, 2, 3, 0x80]);
  longer[6]! += 3;
  assert.deepEqual(readTiming(longer), TIMING);
});
