import assert from "node:assert/strict";
import {
  joinNalUnits,
  MAX_PARAMETER_SET_BYTES,
  ParameterSetCache,
  parseHevcSps,
  readHevcHeader,
  readJpeg,
  SpsError,
} from "../../agent/media/mod.ts";
import {
  hevcNalUnit,
  type HevcSpsFields,
  type ReferenceSet,
  writeHevcPps,
  writeHevcSlice,
  writeHevcSps,
  writeVps,
} from "../hevc_writer.ts";
import { jpegSegment, SAMPLE_JPEG, writeJpeg } from "../jpeg_writer.ts";
import { property } from "../property.ts";
import type { Random } from "../random.ts";

/** Sets of reference pictures, some of them told by the one before. */
function randomSets(random: Random): ReferenceSet[] {
  let size = 0;
  let far = 100;
  return random.list(random.below(5), () => {
    const steps = () => random.list(random.below(4), () => random.below(4));
    if (size === 0 || random.once(3)) {
      const [before, after] = [steps(), steps()];
      size = before.length + after.length;
      return { before, after };
    }
    const has = random.list(size + 1, () => random.once(2));
    // So far that nothing hits the current picture, which would be left out.
    far *= 4;
    size = has.filter(Boolean).length;
    return { shift: random.pick([-far, far]), has };
  });
}

/** Fields of any sequence parameter set that the standard allows. */
function randomSps(random: Random): HevcSpsFields {
  const subLayers = random.list(
    random.once(2) ? 0 : random.between(1, 6),
    () => [random.once(2), random.once(2)] as const,
  );
  const crop = () => random.below(8);
  return {
    id: random.below(16),
    profileIdc: random.below(12),
    highTier: random.once(2),
    levelIdc: random.between(30, 186),
    subLayers,
    chromaFormatIdc: random.below(4),
    width: random.between(40, 16_888),
    height: random.between(40, 16_888),
    crop: random.once(2) ? [crop(), crop(), crop(), crop()] : [0, 0, 0, 0],
    bitDepth: random.between(8, 16),
    chromaBitDepth: random.between(8, 16),
    log2MaxPoc: random.between(4, 16),
    reorderDepths: random.list(
      random.once(2) ? 1 : subLayers.length + 1,
      () => random.below(15),
    ),
    scalingLists: random.pick([
      () => undefined,
      () => [],
      () => random.list(20, () => random.once(4)),
    ])(),
    pcm: random.once(2),
    referenceSets: randomSets(random),
    longTerm: random.pick([0, 0, random.below(4)]),
    vui: (bits) => bits.u(2, 0).flags(true).u(3, 5).flags(true).u(9, 0),
  };
}

property("parseHevcSps() reads every SPS that was written", 4_000, (random) => {
  const fields = randomSps(random);
  const nalUnit = writeHevcSps(fields);
  const { id, profileIdc, highTier, levelIdc, chromaFormatIdc } = fields;
  const { bitDepth, chromaBitDepth } = fields;
  // ITU-T H.265, Table 6-1: SubWidthC and SubHeightC.
  const [x, y] = [[1, 1], [2, 2], [2, 1], [1, 1]][chromaFormatIdc]!;
  const [left, right, top, bottom] = fields.crop;
  assert.deepEqual(parseHevcSps(nalUnit), {
    id,
    profileIdc,
    highTier,
    levelIdc,
    width: fields.width - (left + right) * x!,
    height: fields.height - (top + bottom) * y!,
    codedWidth: fields.width,
    codedHeight: fields.height,
    chromaFormatIdc,
    bitDepth,
    chromaBitDepth,
    reorderDepth: fields.reorderDepths.at(-1),
    colour: { fullRange: true },
  }, nalUnit.toHex());
});

property("parseHevcSps() throws nothing but SpsError", 6_000, (random) => {
  const nalUnit = random.mutate(writeHevcSps(randomSps(random)));
  try {
    const sps = parseHevcSps(nalUnit);
    const { width, height, codedWidth, codedHeight } = sps;
    assert.ok(width > 0 && width <= codedWidth && codedWidth <= 16_888);
    assert.ok(height > 0 && height <= codedHeight && codedHeight <= 16_888);
    assert.ok(sps.id < 16 && sps.reorderDepth < 16);
    assert.ok((sps.fps ?? 1) > 0);
  } catch (error) {
    if (!(error instanceof SpsError)) throw error;
  }
});

/** NAL units as encoders make them, and as nobody should. */
function randomNalUnit(random: Random): Uint8Array {
  return random.pick([
    () => writeVps(random.below(3)),
    () => writeHevcSps({ id: random.below(3), width: random.between(16, 20) }),
    () => writeHevcPps(random.below(3), random.below(3)),
    () => writeHevcSlice(random.below(24), { first: !random.once(4) }),
    () => writeHevcSlice(19, { ppsId: random.below(3) }),
    () =>
      hevcNalUnit(random.below(64), undefined, { layerId: random.below(2) }),
    () => random.mutate(writeHevcPps()),
    () => random.bytes(random.below(12)),
  ])();
}

property("ParameterSetCache takes everything of H.265", 4_000, (random) => {
  const cache = new ParameterSetCache("hevc");
  for (let n = random.below(4); n > 0; n--) {
    const nalUnits = random.list(random.below(6), () => randomNalUnit(random));
    const data = joinNalUnits(nalUnits);
    const before = cache.sps;
    assert.equal(cache.update(data), cache.sps !== before, data.toHex());
    const repaired = cache.withParameterSets(data);
    assert.ok(repaired === data || repaired.length > data.length);
    assert.equal(cache.update(data), false, data.toHex());
  }
  assert.ok(cache.data.length <= MAX_PARAMETER_SET_BYTES);
});

property("readHevcHeader() reads every header there is", 2_000, (random) => {
  const type = random.below(64);
  const [layerId, temporalId] = [random.below(64), random.below(7)];
  const nalUnit = hevcNalUnit(type, undefined, { layerId, temporalId });
  assert.deepEqual(readHevcHeader(nalUnit), { type, layerId, temporalId });
});

property("readJpeg() finds the size in front of all scans", 4_000, (random) => {
  const [width, height] = [random.between(1, 65535), random.between(1, 65535)];
  const before = random.list(random.below(5), () =>
    random.pick([
      () => [0xff],
      () => jpegSegment(random.between(0xe0, 0xfe), [...random.bytes(9)]),
      () => jpegSegment(0xe1, [...SAMPLE_JPEG]),
    ])()).flat();
  const scan = [...random.bytes(20)].flatMap((byte) =>
    byte === 0xff ? [byte, 0] : [byte]
  );
  const data = writeJpeg({ width, height, before, scan });
  const jpeg = readJpeg(data);
  assert.deepEqual([jpeg?.width, jpeg?.height], [width, height]);
  assert.equal(jpeg?.isComplete, true);
  const cut = data.subarray(0, random.below(data.length));
  assert.ok(!readJpeg(cut)?.isComplete);
});

property("readJpeg() takes everything", 8_000, (random) => {
  const jpeg = readJpeg(random.mutate(random.pick([SAMPLE_JPEG, writeJpeg()])));
  if (!jpeg) return;
  assert.ok(jpeg.width > 0 && jpeg.height > 0 && jpeg.components > 0);
});
