import assert from "node:assert/strict";
import {
  annexBFromAvcc,
  ContainerUnits,
  hasSequenceHeader,
  isBidirectional,
  MAX_NUT_PACKET_BYTES,
  nalUnitsOf,
  NutError,
  type NutPacket,
  NutReader,
  readAvccConfiguration,
  us,
} from "../../agent/media/mod.ts";
import { avcc, avcRecord, hevcRecord } from "../avcc_writer.ts";
import { byteStream, writePps, writeSlice, writeSps } from "../h264_writer.ts";
import { NUT_MPEG4_SAMPLE, NUT_SAMPLE } from "../nut_sample.ts";
import {
  NUT_ID,
  nutFrame,
  nutHeader,
  nutMain,
  nutStream,
  nutV,
} from "../nut_writer.ts";
import { property } from "../property.ts";
import type { Random } from "../random.ts";

/** Reads everything up to the error, if there is one. */
function read(
  chunks: Iterable<Uint8Array<ArrayBuffer>>,
): { packets: NutPacket[]; error?: string } {
  const reader = new NutReader();
  const packets: NutPacket[] = [];
  try {
    for (const chunk of chunks) packets.push(...reader.push(chunk));
    return { packets };
  } catch (error) {
    if (!(error instanceof NutError)) throw error;
    return { packets, error: error.message };
  }
}

function* singleBytes(bytes: Uint8Array<ArrayBuffer>) {
  for (let at = 0; at < bytes.length; at++) yield bytes.subarray(at, at + 1);
}

interface Frame {
  data: number[];
  key: boolean;
  milliseconds: number;
}

const ELIDED = [[0, 0, 1], [0, 0, 1, 0xb6]];

/** Frames as any writer may write them, and what they are. */
function randomNut(random: Random): { bytes: number[]; frames: Frame[] } {
  const shift = random.below(16);
  const range = 2 ** shift;
  const frames: Frame[] = [];
  const bytes = [
    ...NUT_ID,
    ...nutMain({ elided: ELIDED }),
    ...nutStream({ msbPtsShift: shift }),
  ];
  let last = 0;
  for (let n = random.below(8); n > 0; n--) {
    if (random.once(4)) {
      const kind = random.pick(["info", "index", "unknown"] as const);
      bytes.push(...nutHeader(kind, [...random.bytes(random.below(9))]));
    }
    if (random.once(4)) {
      last = random.below(1e6);
      bytes.push(...nutHeader("syncpoint", nutV(last), [0]));
    }
    const near = range > 1 && random.once(2);
    const milliseconds = near
      ? Math.max(0, last + random.between(-(range >> 2), range >> 2))
      : random.below(2 ** 32);
    const elided = random.below(3);
    const rest = [...random.bytes(random.between(1, 40))];
    const data = [...ELIDED[elided - 1] ?? [], ...rest];
    const key = random.once(2);
    const fields = {
      key,
      pts: near ? milliseconds % range : milliseconds + range,
      elided,
      checksum: random.once(3),
      ...(random.once(3) && { reserved: [random.below(300)] }),
      ...(random.once(3) && { matchTime: random.between(-9, 9) }),
    };
    bytes.push(...nutFrame(rest, fields, data.length));
    frames.push({ data, key, milliseconds });
    last = milliseconds;
  }
  return { bytes, frames };
}

property("NutReader reads every NUT that was written", 3_000, (random) => {
  const { bytes, frames } = randomNut(random);
  const { packets, error } = read(random.chunks(Uint8Array.from(bytes)));
  assert.equal(error, undefined);
  assert.deepEqual(
    packets.map(({ data, keyframe, pts }) => [[...data], keyframe, pts / 1000]),
    frames.map(({ data, key, milliseconds }) => [data, key, milliseconds]),
  );
});

property("NutReader throws nothing but NutError", 8_000, (random) => {
  const source = random.pick([
    () => NUT_SAMPLE,
    () => NUT_MPEG4_SAMPLE,
    () => Uint8Array.from(randomNut(random).bytes),
  ])();
  const bytes = random.mutate(source);
  const { packets, error } = read(singleBytes(bytes));
  const inChunks = read(random.chunks(bytes));
  assert.equal(inChunks.error, error);
  // A chunk with an error gives nothing.
  const count = error ? inChunks.packets.length : packets.length;
  assert.deepEqual(inChunks.packets, packets.slice(0, count));
  // Elided bytes are no more than the rest of what is there.
  const length = packets.reduce((sum, { data }) => sum + data.length, 0);
  assert.ok(length <= bytes.length * 255);
  assert.ok(packets.every(({ data }) => data.length <= MAX_NUT_PACKET_BYTES));
  convert(packets);
});

/** Converts packets; returns how many pictures they had. */
function convert(packets: readonly NutPacket[]): number {
  const units = new ContainerUnits();
  try {
    return packets.filter((packet) => units.convert(packet)).length;
  } catch (error) {
    if (!(error instanceof NutError)) throw error;
    return 0;
  }
}

const [SPS, PPS, IDR, P] = [
  writeSps(),
  writePps(),
  writeSlice(0x65),
  writeSlice(0x41),
];

property("ContainerUnits throws nothing but NutError", 10_000, (random) => {
  const lengthSize = random.between(1, 4);
  const codec = random.pick(
    ["h264", "hevc", "mpeg2video", "mpeg4", "av1", "vp9"] as const,
  );
  const extradata = random.mutate(Uint8Array.from(
    random.pick([
      () => avcRecord([SPS], [PPS], lengthSize),
      () => hevcRecord([[SPS], [PPS]], lengthSize),
      () => byteStream([SPS, PPS]),
      () => [],
    ])(),
  ));
  const packet = {
    pts: us(0),
    keyframe: random.once(2),
    size: { width: 64, height: 48 },
  };
  const packets = random.list(3, () => {
    const nalUnits = random.list(random.below(4), () => random.pick([IDR, P]));
    const whole = random.once(2)
      ? Uint8Array.from(avcc(nalUnits, lengthSize))
      : byteStream(nalUnits, random.between(3, 4));
    const data = random.once(2) ? random.mutate(whole) : whole;
    isBidirectional(codec, data);
    if (codec === "av1") hasSequenceHeader(codec, data);
    return { ...packet, codec, extradata, data };
  });
  convert(packets);
});

property("annexBFromAvcc() keeps every NAL unit", 3_000, (random) => {
  const nalUnits = random.list(
    random.between(1, 5),
    // No start codes inside, no zeros at the end.
    () =>
      Uint8Array.from(
        random.list(random.between(1, 9), () => random.between(2, 255)),
      ),
  );
  const lengthSize = random.between(1, 4);
  const data = Uint8Array.from(avcc(nalUnits, lengthSize));
  const stream = annexBFromAvcc(data, lengthSize);
  assert.deepEqual([...nalUnitsOf(stream!)], nalUnits);
  const record = Uint8Array.from(avcRecord(nalUnits, nalUnits, lengthSize));
  const configuration = readAvccConfiguration("h264", record)!;
  assert.equal(configuration.lengthSize, lengthSize);
  assert.deepEqual(
    [...nalUnitsOf(configuration.parameterSets)],
    [...nalUnits, ...nalUnits],
  );
});
