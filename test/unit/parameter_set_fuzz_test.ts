import assert from "node:assert/strict";
import {
  joinNalUnits,
  MAX_PARAMETER_SET_BYTES,
  ParameterSetCache,
  parseSps,
  SpsError,
} from "../../agent/media/mod.ts";
import {
  BitWriter,
  type SpsFields,
  writePps,
  writeSlice,
  writeSps,
} from "../h264_writer.ts";
import { property } from "../property.ts";
import type { Random } from "../random.ts";

/** Fields of any sequence parameter set that the standard allows. */
function randomSps(random: Random): SpsFields {
  const profileIdc = random.pick([66, 77, 88, 100, 110, 122, 244]);
  const high = profileIdc >= 100;
  const scalingList = (size: number) => {
    if (random.once(2)) return undefined;
    const deltas: number[] = [];
    let scale = 8;
    // Behind a scale of 0 there are no more deltas (7.3.2.1.1.1).
    while (deltas.length < size && scale !== 0) {
      const delta = random.between(-2, 2);
      deltas.push(delta);
      scale += delta;
    }
    return deltas;
  };
  const chromaFormatIdc = high ? random.below(4) : 1;
  const lists = chromaFormatIdc === 3 ? 12 : 8;
  return {
    id: random.below(32),
    profileIdc,
    constraintFlags: random.below(64) << 2,
    levelIdc: random.between(10, 62),
    chromaFormatIdc,
    separatePlanes: random.once(2),
    bitDepth: high ? random.between(8, 14) : 8,
    scalingLists: random.once(2)
      ? Array.from({ length: lists }, (_, i) => scalingList(i < 6 ? 16 : 64))
      : [],
    log2MaxFrameNum: random.between(4, 16),
    pocType: random.below(3),
    pocOffsets: random.list(random.below(4), () => random.between(-99, 99)),
    maxNumRefFrames: random.between(0, 16),
    widthInMbs: random.between(4, 1055),
    heightInMapUnits: random.between(8, 527),
    frameMbsOnly: random.once(2),
    crop: random.once(2)
      ? [random.below(8), random.below(8), random.below(8), random.below(8)]
      : [0, 0, 0, 0],
    vui: (bits) => bits.u(9, 0),
  };
}

property("parseSps() reads every SPS that was written", 10_000, (random) => {
  const fields = randomSps(random);
  const nalUnit = writeSps(fields);
  const sps = parseSps(nalUnit);
  const { id, profileIdc, constraintFlags, levelIdc, bitDepth } = fields;
  const { chromaFormatIdc, maxNumRefFrames, log2MaxFrameNum } = fields;
  const { pocType, frameMbsOnly } = fields;
  const height = 16 * fields.heightInMapUnits * (frameMbsOnly ? 1 : 2);
  // ITU-T H.264, 7.4.2.1.1: CropUnitX and CropUnitY.
  const [x, y] = [[1, 1], [2, 2], [2, 1], [1, 1]][chromaFormatIdc]!;
  const [left, right, top, bottom] = fields.crop;
  const expected = {
    id,
    profileIdc,
    constraintFlags,
    levelIdc,
    width: fields.widthInMbs * 16 - (left + right) * x!,
    height: height - (top + bottom) * y! * (frameMbsOnly ? 1 : 2),
    codedWidth: fields.widthInMbs * 16,
    codedHeight: height,
    chromaFormatIdc,
    bitDepth,
    maxNumRefFrames,
    log2MaxFrameNum,
    pocType,
    frameMbsOnly,
  };
  const { reorderDepth: _, ...rest } = sps;
  assert.deepEqual(rest, expected, nalUnit.toHex());
});

property("parseSps() throws nothing but SpsError", 15_000, (random) => {
  const nalUnit = random.mutate(writeSps(randomSps(random)));
  try {
    const sps = parseSps(nalUnit);
    const { width, height, codedWidth, codedHeight } = sps;
    assert.ok(width > 0 && width <= codedWidth && codedWidth <= 16880);
    assert.ok(height > 0 && height <= codedHeight && codedHeight <= 16880);
    assert.ok((sps.reorderDepth ?? 0) <= 16);
    assert.ok((sps.fps ?? 1) > 0);
  } catch (error) {
    if (!(error instanceof SpsError)) throw error;
  }
});

property("ParameterSetCache takes everything", 5_000, (random) => {
  const cache = new ParameterSetCache();
  for (let n = random.below(4); n > 0; n--) {
    const nalUnits = random.list(random.below(5), () =>
      random.pick([
        () => writeSps({ ...randomSps(random), id: random.below(3) }),
        () => writePps(random.below(3), random.below(3)),
        () => writeSlice(0x65, { ppsId: random.below(3) }),
        () => random.mutate(writePps()),
      ])());
    const data = joinNalUnits(nalUnits);
    const before = cache.sps;
    assert.equal(cache.update(data), cache.sps !== before);
    const repaired = cache.withParameterSets(data);
    assert.ok(repaired === data || repaired.length > data.length);
    assert.equal(cache.update(data), false);
  }
  assert.ok(cache.data.length <= MAX_PARAMETER_SET_BYTES);
});

property("BitWriter, on which these tests rest, is right", 3_000, (random) => {
  const value = random.pick([random.below(2 ** 32 - 1), random.below(20)]);
  const bits = [...new BitWriter().ue(value).bytes()]
    .map((byte) => byte.toString(2).padStart(8, "0")).join("");
  const binary = (value + 1).toString(2);
  assert.ok(bits.startsWith(binary.padStart(2 * binary.length - 1, "0")));
});
