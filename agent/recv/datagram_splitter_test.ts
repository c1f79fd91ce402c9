import assert from "node:assert/strict";
import {
  BitWriter,
  byteStream,
  writePps,
  writeSps,
} from "../../test/h264_writer.ts";
import { test } from "../../test/harness.ts";
import { property } from "../../test/property.ts";
import { Random } from "../../test/random.ts";
import {
  AccessUnitSplitter,
  type SplitUnit,
} from "../media/access_unit_splitter.ts";
import { ACCESS_UNIT_DELIMITER } from "../media/delimiter.ts";
import { type DatagramPicture, DatagramSplitter } from "./datagram_splitter.ts";

/** One picture as an encoder gives it. */
interface Picture {
  /** Parameter sets and slices. */
  readonly nalUnits: readonly Uint8Array[];
}

type Bytes = Uint8Array<ArrayBuffer>;

/** How a sender puts a picture into datagrams. */
type Fill = (picture: Picture) => Bytes[];

const [SPS, PPS] = [writeSps({ log2MaxFrameNum: 4 }), writePps()];
const GOP = 50;

/** A slice of so many bytes, none of them the zero of start codes, or 0x47. */
function slice(
  header: number,
  frameNum: number,
  firstMb: number,
  size: number,
) {
  const head = new BitWriter().ue(firstMb, 7, 0).u(4, frameNum % 16).bytes();
  const payload = new Uint8Array(size).map((_, i) => 0x80 | (i * 7));
  return Uint8Array.of(header, ...head, ...payload);
}

/** So many pictures, each with a number of slices, of some size altogether. */
function film(
  count: number,
  { slices = () => 1, size = (i: number) => 300 + i * 37 % 400 }: {
    slices?: (index: number) => number;
    size?: (index: number) => number;
  } = {},
): Picture[] {
  return Array.from({ length: count }, (_, i) => {
    const [header, frameNum] = i % GOP === 0 ? [0x65, 0] : [0x41, i % GOP];
    const sets = i % GOP === 0 ? [SPS, PPS] : [];
    const parts = slices(i);
    const bytes = Math.ceil((i % GOP === 0 ? 3 : 1) * size(i) / parts);
    const made = Array.from(
      { length: parts },
      (_, n) => slice(header, frameNum, n * 100, bytes),
    );
    return { nalUnits: [...sets, ...made] };
  });
}

function cut(data: Bytes, payload: number): Bytes[] {
  return Array.from(
    { length: Math.ceil(data.length / payload) },
    (_, i) => data.slice(i * payload, (i + 1) * payload),
  );
}

const PAYLOAD = 200;

/** FFmpeg: full datagrams, and a shorter one at the end of each picture. */
const filled: Fill = ({ nalUnits }) => cut(byteStream(nalUnits), PAYLOAD);

/** rpicam-vid, and GStreamer with alignment=au: a picture each. */
const whole: Fill = ({ nalUnits }) => [byteStream(nalUnits)];

/** GStreamer with alignment=nal: a NAL unit each. */
const single: Fill = ({ nalUnits }) => nalUnits.map((one) => byteStream([one]));

/** Every NAL unit by itself, cut into full datagrams and a shorter one. */
const filledSingly: Fill = (picture) =>
  single(picture).flatMap((one) => cut(one, PAYLOAD));

/** camagent: the next unit's delimiter in the last datagram. */
const delimited: Fill = ({ nalUnits }) =>
  cut(byteStream([...nalUnits, ACCESS_UNIT_DELIMITER.subarray(4)]), PAYLOAD);

/** Splits datagrams; tells what was complete with which of them. */
function split(datagrams: readonly Bytes[]) {
  const splitter = new DatagramSplitter("peer");
  const units = datagrams.map((datagram) => splitter.push(datagram));
  return { splitter, units };
}

/** Pictures without what only datagrams tell. */
function plain(units: readonly DatagramPicture[][]): SplitUnit[] {
  return units.flat().map(({ mayLackEnd: _, ...unit }) => unit);
}

/** The pictures as they are without any rule, the last one too. */
function expected(datagrams: readonly Bytes[]): SplitUnit[] {
  const splitter = new AccessUnitSplitter();
  const units = datagrams.flatMap((datagram) => splitter.push(datagram));
  return [...units, ...splitter.flush()];
}

for (const [who, fill] of Object.entries({ filled, whole })) {
  for (const slices of [1, 4]) {
    test(`DatagramSplitter learns what ends a picture: ${who}, ${slices} slices`, () => {
      const pictures = film(200, { slices: () => slices }).map(fill);
      const datagrams = pictures.flat();
      assert.deepEqual(plain(split(datagrams).units), expected(datagrams));
      // How many pictures wait, each time when all of one was sent.
      const splitter = new DatagramSplitter("peer");
      let complete = 0;
      const waiting = pictures.map((datagrams, i) => {
        for (const one of datagrams) complete += splitter.push(one).length;
        return i + 1 - complete;
      });
      const learnt = waiting.indexOf(0);
      assert.ok(learnt > 30 && learnt <= GOP + 2, `${waiting}`);
      assert.deepEqual(waiting.slice(0, learnt), Array(learnt).fill(1));
      const late = waiting.slice(learnt).filter((count) => count > 0);
      // Such as filled the last datagram, or were the largest so far.
      assert.ok(late.length <= 3, `${waiting}`);
    });
  }
}

/** Senders of which the rule does not hold. */
const OTHERS: Record<string, [Fill, number]> = {
  "a NAL unit a datagram": [single, 1],
  "a NAL unit a datagram, of slices": [single, 4],
  "NAL units in full datagrams": [filledSingly, 1],
  "NAL units in full datagrams, of slices": [filledSingly, 4],
  "delimiters behind pictures": [delimited, 1],
};

for (const [what, [fill, slices]] of Object.entries(OTHERS)) {
  test(`DatagramSplitter learns nothing from ${what}`, () => {
    const datagrams = film(200, { slices: () => slices }).flatMap(fill);
    const { splitter, units } = split(datagrams);
    assert.equal(splitter.isLearnt, false);
    const pictures = units.flat();
    assert.deepEqual(pictures, expected(datagrams).slice(0, pictures.length));
    assert.ok(pictures.length >= 199);
  });
}

test("DatagramSplitter learns nothing where pictures share datagrams", () => {
  const stream = film(200).map(({ nalUnits }) => byteStream(nalUnits));
  const joined = Uint8Array.from(stream.flatMap((data) => [...data]));
  const random = new Random(1);
  const datagrams: Bytes[] = [];
  for (let at = 0; at < joined.length;) {
    const size = random.between(100, PAYLOAD);
    datagrams.push(joined.slice(at, at += size));
  }
  const { splitter, units } = split(datagrams);
  assert.equal(splitter.isLearnt, false);
  assert.deepEqual(units.flat(), expected(datagrams).slice(0, -1));
});

test("DatagramSplitter waits for a keyframe with parameter sets", () => {
  const [first, ...others] = film(200);
  const bare = others.map(({ nalUnits }) => ({
    nalUnits: nalUnits.slice(nalUnits.length === 3 ? 2 : 0),
  }));
  const { splitter } = split([...single(first!), ...bare.flatMap(single)]);
  assert.equal(splitter.isLearnt, false);
  for (const one of film(60).flatMap(whole)) splitter.push(one);
  assert.equal(splitter.isLearnt, true);
});

test("DatagramSplitter ignores datagrams without a byte", () => {
  const datagrams = film(100).flatMap(filled);
  const { units } = split(datagrams.flatMap((one) => [one, new Uint8Array()]));
  assert.deepEqual(plain(units), expected(datagrams));
});

test("DatagramSplitter tells that the end of a picture may be missing", () => {
  for (const slices of [1, 4]) {
    // None fills its last datagram.
    const size = (i: number) => slices * (250 + i % 40);
    const films = film(200, { slices: () => slices, size }).map(filled);
    const lost = [113, 125, 131, 160];
    for (const at of [13, ...lost]) films[at]!.pop();
    const units = split(films.flat()).units.flat();
    const marked = units.flatMap(({ mayLackEnd }, i) => mayLackEnd ? [i] : []);
    assert.deepEqual(marked, lost);
  }
});

test("DatagramSplitter gives up for good once a slice comes late", () => {
  // One slice a picture, until things move; parameter sets with the first.
  const pictures = film(300, { slices: (i) => i < 130 ? 1 : 3 });
  const datagrams = pictures.flatMap(({ nalUnits }) => {
    const first = nalUnits.length > 3 || nalUnits[0] === SPS ? 3 : 1;
    const others = { nalUnits: nalUnits.slice(first) };
    return [byteStream(nalUnits.slice(0, first)), ...single(others)];
  });
  const { splitter, units } = split(datagrams);
  assert.equal(splitter.isLearnt, false);
  const damaged = units.flat().flatMap(({ damaged }, i) => damaged ? [i] : []);
  // What was left of the first such picture.
  assert.deepEqual(damaged, [131]);
  assert.equal(units.flat().length, 300);
});

test("DatagramSplitter shows that a picture was cut within a slice", () => {
  const pictures = film(200).map(filled);
  const torn = pictures[130]!;
  const [head] = torn;
  torn.splice(0, 1, head!.slice(0, 120), head!.slice(120));
  const { splitter, units } = split(pictures.flat());
  assert.equal(splitter.isLearnt, false);
  const odd = units.flat().flatMap(({ discontinuity }, i) =>
    discontinuity ? [i] : []
  );
  assert.deepEqual(odd, [131]);
});

test("DatagramSplitter still trusts a sender after losses", () => {
  for (const slices of [1, 4]) {
    const pictures = film(400, { slices: () => slices }).map(filled);
    for (const at of [113, 125, 131, 142, 164]) pictures[at]!.shift();
    for (const at of [173, 185, 191]) pictures[at]!.pop();
    for (const at of [213, 225, 231]) pictures[at]!.splice(1, 1);
    for (const at of [243, 255, 261]) pictures[at] = [];
    const { splitter } = split(pictures.flat());
    assert.ok(splitter.isLearnt, `${slices} slices`);
  }
});

property(
  "DatagramSplitter breaks no picture that comes whole",
  60,
  (random) => {
    const most = random.pick([1, 2, 4]);
    const pictures = film(random.between(30, 150), {
      slices: random.once(2) ? () => most : () => random.between(1, most),
      size: () => random.between(20, 900),
    });
    const fill = random.pick([filled, whole, single, filledSingly, delimited]);
    const datagrams = pictures.flatMap(fill);
    const units = plain(split(datagrams).units);
    assert.deepEqual(units, expected(datagrams).slice(0, units.length));
    assert.ok(units.length >= pictures.length - 1);
  },
);

property(
  "DatagramSplitter takes whatever is lost, doubled or cut",
  60,
  (random) => {
    const pictures = film(100, { slices: () => random.between(1, 3) });
    const datagrams = pictures.flatMap(random.pick([filled, whole, single]));
    for (let n = random.between(1, 20); n > 0; n--) {
      const at = random.below(datagrams.length);
      const one = datagrams[at]!;
      const other = random.pick([[], [one, one], [
        one.slice(0, one.length >> 1),
      ]]);
      datagrams.splice(at, 1, ...other);
    }
    const bytes = datagrams.reduce((sum, { length }) => sum + length, 0);
    const units = split(datagrams).units.flat();
    const kept = units.reduce((sum, { data }) => sum + data.length, 0);
    assert.ok(kept <= 2 * bytes);
    assert.ok(units.length <= pictures.length * 4);
  },
);
