import assert from "node:assert/strict";
import { test } from "../../test/harness.ts";
import { SAMPLE_JPEG } from "../../test/jpeg_writer.ts";
import { property } from "../../test/property.ts";
import type { SplitUnit } from "./access_unit_splitter.ts";
import { concat } from "./bytes.ts";
import { JpegSplitter } from "./jpeg_splitter.ts";

/** Three pictures in a row. */
const SAMPLE = concat(SAMPLE_JPEG, SAMPLE_JPEG, SAMPLE_JPEG);

const [SOI, EOI] = [Uint8Array.of(0xff, 0xd8), Uint8Array.of(0xff, 0xd9)];

/** A segment with a length. */
function segment(marker: number, ...content: number[]): Uint8Array {
  const length = content.length + 2;
  return Uint8Array.of(0xff, marker, length >> 8, length & 0xff, ...content);
}

/** SOS and what is coded behind it. */
function scan(...coded: number[]): Uint8Array {
  return concat(segment(0xda, 1), Uint8Array.from(coded));
}

function split(
  data: Uint8Array,
  size = data.length,
): { units: SplitUnit[]; skippedBytes: number } {
  const splitter = new JpegSplitter();
  const units: SplitUnit[] = [];
  for (let at = 0; at < data.length; at += size) {
    units.push(...splitter.push(data.subarray(at, at + size)));
  }
  units.push(...splitter.flush());
  return { units, skippedBytes: splitter.skippedBytes };
}

const PLAIN = concat(SOI, segment(0xc0, 8, 0, 1, 0, 1), scan(1, 2), EOI);

test("JpegSplitter cuts FFmpeg's stream into its pictures", () => {
  const { units, skippedBytes } = split(SAMPLE);
  assert.equal(units.length, 3);
  assert.equal(skippedBytes, 0);
  assert.deepEqual(concat(...units.map(({ data }) => data)), SAMPLE);
  for (const { data, ...rest } of units) {
    assert.deepEqual(data.subarray(-2), EOI);
    assert.deepEqual(rest, {
      keyframe: true,
      recoveryPoint: false,
      hasParameterSets: true,
      damaged: false,
      discontinuity: false,
    });
  }
});

test("JpegSplitter does not care for the borders of chunks", () => {
  const whole = split(SAMPLE);
  for (let size = 1; size < SAMPLE.length; size++) {
    assert.deepEqual(split(SAMPLE, size), whole);
  }
});

test("JpegSplitter delivers a picture with its last byte", () => {
  const splitter = new JpegSplitter();
  assert.deepEqual(splitter.push(PLAIN.subarray(0, -1)), []);
  assert.equal(splitter.isInPicture, true);
  assert.equal(splitter.push(PLAIN.subarray(-1)).length, 1);
  assert.equal(splitter.isInPicture, false);
});

const PICTURES: Record<string, Uint8Array> = {
  "a thumbnail in a segment": concat(
    SOI,
    segment(0xe1, ...PLAIN),
    segment(0xfe, ...EOI),
    scan(1),
    EOI,
  ),
  "stuffed bytes and restart markers": concat(
    SOI,
    scan(1, 0xff, 0, 2, 0xff, 0xd0, 3, 0xff, 0xd7, 0xff, 0, 0xff, 0),
    EOI,
  ),
  "several scans, with a table between": concat(
    SOI,
    scan(1, 2),
    segment(0xc4, 0xff, 0xd9),
    scan(3),
    EOI,
  ),
  "fill bytes in front of markers": concat(
    SOI,
    Uint8Array.of(0xff, 0xff),
    segment(0xc0, 1),
    scan(1, 0xff, 0xff),
    EOI,
  ),
  "markers that stand alone": concat(SOI, Uint8Array.of(0xff, 1), scan(1), EOI),
  "an empty segment": concat(SOI, segment(0xfe), scan(1), EOI),
  "no scan": concat(SOI, segment(0xc0, 1), EOI),
};

for (const [name, picture] of Object.entries(PICTURES)) {
  test(`JpegSplitter takes a picture with ${name}`, () => {
    const { units } = split(concat(picture, PLAIN));
    assert.deepEqual(units.map(({ data }) => data), [picture, PLAIN]);
  });
}

test("JpegSplitter leaves out what stands between pictures", () => {
  const header = new TextEncoder().encode(
    "\r\n--boundary\r\nContent-Type: image/jpeg\r\n\r\n",
  );
  const zeros = new Uint8Array(7);
  const { units, skippedBytes } = split(
    concat(header, PLAIN, zeros, PLAIN, Uint8Array.of(0xff, 0xff), PLAIN),
  );
  assert.deepEqual(units.map(({ data }) => data), [PLAIN, PLAIN, PLAIN]);
  assert.equal(skippedBytes, header.length + zeros.length + 2);
  assert.ok(units.every(({ discontinuity }) => !discontinuity));
});

test("JpegSplitter marks a picture whose end is missing", () => {
  const { units } = split(concat(PLAIN.subarray(0, -3), PLAIN));
  assert.deepEqual(units.map(({ damaged }) => damaged), [true, false]);
  assert.deepEqual(units[0]!.data, PLAIN.subarray(0, -3));
});

const NO_PICTURES: Record<string, Uint8Array> = {
  "no marker behind SOI": concat(SOI, Uint8Array.of(1)),
  "a length that does not count itself": concat(
    SOI,
    Uint8Array.of(0xff, 0xc0, 0, 1),
  ),
  "no marker behind a segment": concat(SOI, segment(0xc0, 1), Uint8Array.of(7)),
  "a stuffed byte outside of a scan": concat(SOI, Uint8Array.of(0xff, 0)),
};

for (const [name, bytes] of Object.entries(NO_PICTURES)) {
  test(`JpegSplitter throws away ${name}`, () => {
    const { units } = split(concat(bytes, PLAIN));
    assert.deepEqual(units.map(({ data }) => data), [PLAIN]);
    assert.equal(units[0]!.discontinuity, true);
  });
}

test("JpegSplitter keeps no more than a picture may have", () => {
  const splitter = new JpegSplitter();
  splitter.push(concat(SOI, scan(1)));
  const coded = new Uint8Array(1 << 20);
  const before = concat(SOI, scan(1)).length;
  for (let i = 0; i < 9; i++) assert.deepEqual(splitter.push(coded), []);
  assert.equal(splitter.isInPicture, false);
  assert.equal(splitter.skippedBytes, before + 9 * coded.length);
  const [next] = splitter.push(PLAIN);
  assert.deepEqual([next!.data, next!.discontinuity], [PLAIN, true]);
});

test("JpegSplitter does not take for a picture what is cut off", () => {
  assert.deepEqual(split(PLAIN.subarray(0, -1)).units, []);
});

property("JpegSplitter survives damaged pictures", 20_000, (random) => {
  const bytes = SAMPLE.slice();
  for (let i = random.below(20); i >= 0; i--) {
    bytes[random.below(bytes.length)] = random.below(3) === 0
      ? 0xff
      : random.below(256);
  }
  const whole = split(bytes);
  assert.deepEqual(split(bytes, 1 + random.below(400)), whole);
  const length = whole.units.reduce((sum, { data }) => sum + data.length, 0);
  assert.ok(length + whole.skippedBytes <= bytes.length);
});
