import assert from "node:assert/strict";
import {
  BitWriter,
  byteStream,
  SAMPLE,
  writePps,
  writeSlice,
  writeSps,
} from "../../test/h264_writer.ts";
import { test } from "../../test/harness.ts";
import {
  hevcNalUnit,
  writeHevcPps,
  writeHevcSlice,
  writeHevcSps,
  writeVps,
} from "../../test/hevc_writer.ts";
import { nalUnitsOf } from "./annexb.ts";
import {
  hasParameterSets,
  MAX_PARAMETER_SET_BYTES,
  ParameterSetCache,
} from "./parameter_sets.ts";

const [SPS, PPS, IDR, P] = [
  writeSps(),
  writePps(),
  writeSlice(0x65),
  writeSlice(0x41),
];
const WIDE = writeSps({ widthInMbs: 80 });
const KEYFRAME = byteStream([SPS, PPS, IDR]);
const BARE = byteStream([IDR]);

test("ParameterSetCache gives a keyframe the sets it lacks", () => {
  const cache = new ParameterSetCache();
  cache.update(KEYFRAME);
  assert.deepEqual(cache.withParameterSets(BARE), KEYFRAME);
  const half = byteStream([SPS, IDR]);
  assert.deepEqual(
    cache.withParameterSets(half),
    byteStream([SPS, PPS, SPS, IDR]),
  );
});

test("ParameterSetCache gives back what has its sets, or cannot get any", () => {
  const cache = new ParameterSetCache();
  assert.equal(cache.withParameterSets(BARE), BARE);
  cache.update(KEYFRAME);
  assert.equal(cache.withParameterSets(KEYFRAME), KEYFRAME);
});

test("ParameterSetCache reads the sets of x264", () => {
  const cache = new ParameterSetCache();
  assert.equal(cache.update(SAMPLE), true);
  assert.equal(cache.sps?.width, 16);
  assert.deepEqual(
    [...nalUnitsOf(cache.data)],
    [...nalUnitsOf(SAMPLE)].slice(0, 2),
  );
  assert.equal(cache.update(SAMPLE), false);
});

test("ParameterSetCache.update() tells when the active set changes", () => {
  const cache = new ParameterSetCache();
  const changes = [
    [P],
    [SPS, PPS, IDR],
    [P],
    [SPS, PPS, IDR],
    [WIDE, PPS, IDR],
    [IDR],
    [WIDE, IDR],
    [SPS, PPS, IDR],
  ].map((nalUnits) => [
    cache.update(byteStream(nalUnits)),
    cache.sps?.width,
  ]);
  assert.deepEqual(changes, [
    [false, undefined],
    [true, 640],
    [false, 640],
    [false, 640],
    [true, 1280],
    [false, 1280],
    [false, 1280],
    [true, 640],
  ]);
});

test("ParameterSetCache.update() takes sets without a picture", () => {
  const cache = new ParameterSetCache();
  assert.equal(cache.update(byteStream([SPS, PPS])), true);
  assert.equal(cache.update(byteStream([SPS, PPS])), false);
  assert.equal(cache.update(BARE), false);
  assert.equal(cache.sps?.height, 480);
});

test("ParameterSetCache.update() waits for the IDR picture", () => {
  const cache = new ParameterSetCache();
  cache.update(KEYFRAME);
  assert.equal(cache.update(byteStream([WIDE, PPS, P])), false);
  assert.equal(cache.sps?.width, 640);
  assert.equal(cache.update(BARE), true);
  assert.equal(cache.sps?.width, 1280);
});

test("ParameterSetCache follows a slice to its sets", () => {
  const cache = new ParameterSetCache();
  const other = writeSps({ id: 3, widthInMbs: 20 });
  const sets = [SPS, other, PPS, writePps(200, 3), writePps(9, 5)];
  cache.update(byteStream([...sets, IDR]));
  assert.equal(cache.sps?.id, 0);
  assert.equal(
    cache.update(byteStream([writeSlice(0x65, { ppsId: 200 })])),
    true,
  );
  assert.equal(cache.sps?.width, 320);
  // Of neither is everything known.
  cache.update(byteStream([writeSlice(0x65, { ppsId: 9 })]));
  cache.update(byteStream([writeSlice(0x65, { ppsId: 8 })]));
  assert.equal(cache.sps?.width, 320);
  assert.equal(cache.rejected, 0);
});

test("ParameterSetCache keeps the latest set of an id", () => {
  const cache = new ParameterSetCache();
  const other = writePps(0, 1);
  cache.update(byteStream([SPS, PPS, WIDE, other]));
  assert.deepEqual(cache.data, byteStream([WIDE, other]));
});

test("ParameterSetCache keeps copies", () => {
  const cache = new ParameterSetCache();
  const data = KEYFRAME.slice();
  cache.update(data);
  data.fill(0xee);
  assert.deepEqual(cache.withParameterSets(BARE), KEYFRAME);
});

test("ParameterSetCache rejects what makes no sense", () => {
  const cache = new ParameterSetCache();
  const noPps = new BitWriter().ue(256, 0).nalUnit(0x68);
  const noSps = new BitWriter().ue(0, 32).nalUnit(0x68);
  cache.update(byteStream([[0x67, 66], [0x68], noPps, noSps, IDR]));
  assert.equal(cache.rejected, 4);
  assert.equal(cache.data.length, 0);
});

test("ParameterSetCache has a bound, within which sets are replaced", () => {
  const cache = new ParameterSetCache();
  const large = (id: number, filling: number) =>
    Uint8Array.of(...writePps(id), ...Array(20_000).fill(filling));
  cache.update(byteStream([SPS, large(0, 1), large(1, 1), large(2, 1)]));
  cache.update(byteStream([large(3, 1)]));
  assert.equal(cache.rejected, 1);
  for (let filling = 2; filling < 100; filling++) {
    cache.update(byteStream([large(filling % 3, filling)]));
  }
  assert.equal(cache.rejected, 1);
  assert.ok(cache.data.length <= MAX_PARAMETER_SET_BYTES + 4 * 4);
});

test("hasParameterSets() wants both, in front of the picture", () => {
  const found = [
    [SPS, PPS, IDR],
    [PPS, SPS],
    [SPS, IDR],
    [PPS, IDR],
    [IDR, SPS, PPS],
    [],
  ].map((nalUnits) => hasParameterSets(byteStream(nalUnits)));
  assert.deepEqual(found, [true, true, false, false, false, false]);
});

/** H.265: a CRA picture, as well as any, begins a sequence. */
const HEVC_SETS = [writeVps(), writeHevcSps(), writeHevcPps()];
const CRA = writeHevcSlice(21);

test("ParameterSetCache gives a keyframe of H.265 the sets it lacks", () => {
  const cache = new ParameterSetCache("hevc");
  const [vps, sps, pps] = HEVC_SETS as [Uint8Array, Uint8Array, Uint8Array];
  const data = byteStream([pps, sps, vps, CRA]);
  assert.equal(cache.update(data), true);
  assert.equal(cache.withParameterSets(data), data);
  assert.deepEqual(
    cache.withParameterSets(byteStream([CRA])),
    byteStream([vps, sps, pps, CRA]),
  );
  const half = byteStream([sps, pps, CRA]);
  assert.deepEqual(
    cache.withParameterSets(half),
    byteStream([vps, sps, pps, sps, pps, CRA]),
  );
});

test("ParameterSetCache follows a picture of H.265 to its sets", () => {
  const cache = new ParameterSetCache("hevc");
  const wide = writeHevcSps({ id: 15, width: 1280 });
  const sets = [...HEVC_SETS, wide, writeHevcPps(63, 15)];
  const states = [
    [...HEVC_SETS],
    [...sets, writeHevcSlice(1, { ppsId: 63 })],
    [writeHevcSlice(8, { ppsId: 63 })],
    [writeHevcSlice(20, { ppsId: 63 })],
    [writeHevcSlice(16)],
    [writeHevcSlice(21, { ppsId: 62 })],
    [writeHevcSps({ width: 320 }), CRA],
  ].map((nalUnits) => [
    cache.update(byteStream(nalUnits)),
    cache.sps?.width,
  ]);
  assert.deepEqual(states, [
    [true, 640],
    [false, 640],
    [false, 640],
    [true, 1280],
    [true, 640],
    [false, 640],
    [true, 320],
  ]);
  assert.equal(cache.rejected, 0);
});

test("ParameterSetCache rejects sets of H.265 that make no sense", () => {
  const cache = new ParameterSetCache("hevc");
  const sets = [
    [0x40, 1],
    [0x42, 1, 1],
    writeHevcSps({ id: 16 }),
    writeHevcPps(64),
    writeHevcPps(0, 16),
  ];
  cache.update(byteStream([...sets, CRA]));
  assert.deepEqual([cache.rejected, cache.data.length], [5, 0]);
  // Of other layers there is nothing to be said.
  cache.update(byteStream([hevcNalUnit(33, undefined, { layerId: 1 })]));
  assert.equal(cache.rejected, 5);
});

test("ParameterSetCache knows the size of a stream without keyframes", () => {
  const cache = new ParameterSetCache();
  const [first, second] = [writeSps(), writeSps({ widthInMbs: 20 })];
  const unit = (sps: Uint8Array) =>
    byteStream([sps, writePps(), writeSlice(0x41)]);
  assert.equal(cache.update(unit(first)), true);
  assert.equal(cache.sps?.width, 640);
  // Only a keyframe can switch.
  assert.equal(cache.update(unit(second)), false);
  assert.equal(cache.sps?.width, 640);
});

test("ParameterSetCache keeps what is the same again behind another", () => {
  const cache = new ParameterSetCache();
  const [first, second] = [writeSps(), writeSps({ widthInMbs: 20 })];
  cache.update(byteStream([first]));
  const { sps } = cache;
  assert.equal(cache.update(byteStream([second, first])), false);
  assert.equal(cache.sps, sps);
});
