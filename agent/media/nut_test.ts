import assert from "node:assert/strict";
import { test } from "../../test/harness.ts";
import {
  NUT_ID,
  nutCodes,
  nutFrame,
  nutHeader,
  nutMain,
  nutStream,
  nutV,
} from "../../test/nut_writer.ts";
import { MAX_NUT_PACKET_BYTES, type NutPacket, NutReader } from "./nut.ts";
import { NUT_SAMPLE } from "../../test/nut_sample.ts";

const HEADERS = [...NUT_ID, ...nutMain(), ...nutStream()];

function read(...parts: readonly (readonly number[])[]): NutPacket[] {
  return new NutReader().push(Uint8Array.from(parts.flat()));
}

/** Reads behind the usual headers. */
function readFrames(...frames: readonly (readonly number[])[]): NutPacket[] {
  return read(HEADERS, ...frames);
}

test("NutReader reads what FFmpeg writes", () => {
  const packets = new NutReader().push(NUT_SAMPLE);
  assert.deepEqual(
    packets.map(({ pts, keyframe, data }) => [pts, keyframe, data.length]),
    // As `ffprobe -show_packets` says.
    [
      [33_328, true, 18],
      [100_328, false, 12],
      [66_328, false, 12],
      [166_328, false, 15],
      [133_328, false, 12],
    ],
  );
  assert.equal(
    packets[0]!.data.toHex(),
    "0000000e65888400cffef6ecbe053614c8c1",
  );
  for (const { codec, size, extradata } of packets) {
    assert.deepEqual([codec, size], ["h264", { width: 16, height: 16 }]);
    assert.equal(extradata.length, 44);
  }
});

test("NutReader does not care for the borders of chunks", () => {
  const whole = new NutReader().push(NUT_SAMPLE);
  for (let size = 1; size < NUT_SAMPLE.length; size++) {
    const reader = new NutReader();
    const packets: NutPacket[] = [];
    for (let at = 0; at < NUT_SAMPLE.length; at += size) {
      packets.push(...reader.push(NUT_SAMPLE.subarray(at, at + size)));
    }
    assert.deepEqual(packets, whole);
  }
});

test("NutReader gives a packet with its last byte", () => {
  const reader = new NutReader();
  const bytes = Uint8Array.from([...HEADERS, ...nutFrame([1, 2, 3])]);
  assert.deepEqual(reader.push(bytes.subarray(0, -1)), []);
  assert.equal(reader.push(bytes.subarray(-1)).length, 1);
});

test("NutReader hands out buffers of their own", () => {
  const chunk = Uint8Array.from([...HEADERS, ...nutFrame([1, 2, 3])]);
  const [packet] = new NutReader().push(chunk);
  chunk.fill(0xee);
  assert.deepEqual([...packet!.data], [1, 2, 3]);
});

test("NutReader says what a stream header says", () => {
  const stream = nutStream({
    fourcc: "AV01",
    extradata: [0x81, 4, 5],
    size: [1920, 1080],
  });
  const [packet] = read(
    NUT_ID,
    nutMain(),
    stream,
    nutFrame([1], { key: true }),
  );
  assert.deepEqual(packet, {
    codec: "av1",
    data: Uint8Array.of(1),
    pts: 0,
    keyframe: true,
    size: { width: 1920, height: 1080 },
    extradata: Uint8Array.of(0x81, 4, 5),
  });
});

const CODECS: [fourcc: string, codec: string][] = [
  ["H264", "h264"],
  ["HEVC", "hevc"],
  ["MJPG", "mjpeg"],
  ["mpg1", "mpeg1video"],
  ["mpg2", "mpeg2video"],
  ["FMP4", "mpeg4"],
  ["VP80", "vp8"],
  ["VP90", "vp9"],
  ["AV01", "av1"],
];

for (const [fourcc, codec] of CODECS) {
  test(`NutReader knows ${codec} by "${fourcc}"`, () => {
    const stream = nutStream({ fourcc });
    const [packet] = read(NUT_ID, nutMain(), stream, nutFrame([1]));
    assert.equal(packet?.codec, codec);
  });
}

test("NutReader passes over everything that is no picture", () => {
  const index = nutHeader("index", Array(70_000).fill(7));
  const packets = readFrames(
    nutHeader("info", [1, 2, 3]),
    nutHeader("unknown", Array(5000).fill(1)),
    nutFrame([], { key: true, end: true }),
    nutFrame([]),
    nutFrame([1]),
    index,
    nutFrame([2]),
  );
  assert.deepEqual(packets.map(({ data }) => [...data]), [[1], [2]]);
});

test("NutReader takes the first stream of video alone", () => {
  const packets = read(
    NUT_ID,
    nutMain({ streams: 3 }),
    nutStream({ id: 0, streamClass: 1, fourcc: "mp4a" }),
    nutStream({ id: 1 }),
    nutStream({ id: 2 }),
    ...[0, 1, 2, 1].map((stream, i) => nutFrame([i], { stream })),
  );
  assert.deepEqual(packets.map(({ data }) => [...data]), [[1], [3]]);
});

test("NutReader passes over headers that are repeated", () => {
  const repeated = [...nutMain(), ...nutStream({ extradata: [1] })];
  const packets = readFrames(
    nutFrame([1], { pts: 128 + 50 }),
    repeated,
    nutFrame([2]),
  );
  assert.deepEqual(packets.map(({ pts }) => pts), [50_000, 50_000]);
  assert.equal(packets[0]!.extradata, packets[1]!.extradata);
});

/** "coded_pts" in frame after frame; with 7 bits, below 128 are the lowest. */
const TIMES: [name: string, coded: number[], milliseconds: number[]][] = [
  ["in full", [128, 128 + 1000, 128 + 5], [0, 1000, 5]],
  ["by their lowest bits", [128 + 1000, 105, 127, 1], [1000, 1001, 1023, 1025]],
  ["that go back by their lowest bits", [128 + 1000, 103, 42], [
    1000,
    999,
    938,
  ]],
  ["beyond 32 bits", [128 + 2 ** 40, 1], [2 ** 40, 2 ** 40 + 1]],
];

for (const [name, coded, milliseconds] of TIMES) {
  test(`NutReader reads timestamps ${name}`, () => {
    const packets = readFrames(...coded.map((pts) => nutFrame([1], { pts })));
    assert.deepEqual(packets.map(({ pts }) => pts / 1000), milliseconds);
  });
}

test("NutReader counts from a syncpoint, whichever clock it is by", () => {
  const packets = read(
    NUT_ID,
    nutMain({ timeBases: [[1, 90_000], [1001, 30_000]] }),
    nutStream({ timeBase: 1 }),
    // A third of a second after 10 s, by the first of two clocks.
    nutHeader("syncpoint", nutV(930_000 * 2), [0]),
    nutFrame([1]),
  );
  assert.deepEqual(packets.map(({ pts }) => pts), [
    Math.round(309 * 1001e6 / 30_000),
  ]);
});

test("NutReader takes from the code what a frame leaves out", () => {
  const [key, sizeMsb] = [1, 1 << 5];
  const codes = [
    nutCodes(1, 1 << 13),
    nutCodes(4, key, 33),
    nutCodes(2, sizeMsb, -1),
  ];
  const packets = read(
    NUT_ID,
    nutMain({ codes }),
    nutStream(),
    ...[[1 + 3, 7, 7, 7], [5 + 1, 2, 1, 2, 3, 4, 5]],
  );
  assert.deepEqual(
    packets.map(({ pts, keyframe, data }) => [pts, keyframe, data.length]),
    [[33_000, true, 3], [32_000, false, 5]],
  );
});

test("NutReader puts codes behind that of headers, which is none", () => {
  // 78 is "N": the last two of 80 codes are 79 and 80.
  const codes = [nutCodes(80, 0)];
  const data = Array(78).fill(3);
  const packets = read(NUT_ID, nutMain({ codes }), nutStream(), [79, ...data]);
  assert.equal(packets[0]?.data.length, 78);
});

test("NutReader reads frames that say everything", () => {
  const packets = read(
    NUT_ID,
    nutMain({ elided: [[0, 0, 1], [0, 0, 1, 0xb6]] }),
    nutStream(),
    nutFrame([8], {
      key: true,
      pts: 128 + 40,
      stream: 0,
      matchTime: -3,
      elided: 2,
      reserved: [1, 300],
      checksum: true,
    }, 5),
    nutFrame(Array(70_000).fill(1), { elided: 1, checksum: true }),
  );
  assert.deepEqual(
    packets.map(({ pts, keyframe }) => [pts, keyframe]),
    [[40_000, true], [40_000, false]],
  );
  assert.deepEqual([...packets[0]!.data], [0, 0, 1, 0xb6, 8]);
  // Long frames elide nothing.
  assert.equal(packets[1]!.data.length, 70_000);
  assert.equal(packets[1]!.data[0], 1);
});

const TOO_LARGE = MAX_NUT_PACKET_BYTES + 1;

const BAD: Record<string, [readonly (readonly number[])[], RegExp]> = {
  "another container": [[[...NUT_ID].fill(0x41, 0, 3)], /begin with its name$/],
  "another version": [[NUT_ID, nutMain({ version: 4 })], /version 4$/],
  "too many streams": [[NUT_ID, nutMain({ streams: 251 })], /251 streams$/],
  "a clock that stands": [
    [NUT_ID, nutMain({ timeBases: [[0, 1]] })],
    /time base 0\/1$/,
  ],
  "no clock": [[NUT_ID, nutMain({ timeBases: [] })], /no clock$/],
  "a header above the bound": [
    [NUT_ID, nutHeader("main", Array(65_533).fill(0))],
    /header of 65537 bytes$/,
  ],
  "a header that is cut off": [
    [NUT_ID, nutHeader("main", [3, 1])],
    /header is cut off$/,
  ],
  "a header without end": [
    [NUT_ID, nutHeader("main", [3, 1, 1, 1, 1, 1], [0, 6, 0, 1, 0, 0, 0, 0])],
    /header is cut off$/,
  ],
  "a stream in front of the main header": [
    [NUT_ID, nutStream()],
    /no main header$/,
  ],
  "a stream beyond their number": [
    [NUT_ID, nutMain(), nutStream({ id: 1 })],
    /stream 1 with clock 0, 7$/,
  ],
  "a clock that is not there": [
    [NUT_ID, nutMain(), nutStream({ timeBase: 1 })],
    /stream 0 with clock 1, 7$/,
  ],
  "timestamps of too many bits": [
    [NUT_ID, nutMain(), nutStream({ msbPtsShift: 16 })],
    /stream 0 with clock 0, 16$/,
  ],
  "a codec that nobody asked for": [
    [NUT_ID, nutMain(), nutStream({ fourcc: "theo" })],
    /decode video of FourCC "theo"$/,
  ],
  "a FourCC of five bytes": [
    [NUT_ID, nutMain(), nutStream({ fourcc: "H264x" })],
    /string of 5 bytes$/,
  ],
  "a frame in front of the headers": [[NUT_ID, nutFrame([1])], /main header$/],
  "a frame of a code that is none": [[HEADERS, [0]], /frame of code 0$/],
  "a frame of another stream": [
    [HEADERS, nutFrame([1], { stream: 1 })],
    /frame of stream 1$/,
  ],
  "a frame above the bound": [
    [HEADERS, nutFrame([1], {}, TOO_LARGE)],
    new RegExp(`frame of ${TOO_LARGE} bytes$`),
  ],
  "a frame that elides what is not there": [
    [HEADERS, nutFrame([1], { elided: 1 })],
    /frame of 1 bytes$/,
  ],
  "a frame that is shorter than what it elides": [
    [
      NUT_ID,
      nutMain({ elided: [[0, 0, 1]] }),
      nutStream(),
      nutFrame([1], { elided: 1 }),
    ],
    /frame of 1 bytes$/,
  ],
  "a number above 2^53": [
    [HEADERS, [1, 0x88, ...Array(8).fill(0x80)]],
    /number of \d+$/,
  ],
};

for (const [name, [parts, message]] of Object.entries(BAD)) {
  test(`NutReader refuses ${name}`, () => {
    const reader = new NutReader();
    const bytes = Uint8Array.from(parts.flat());
    assert.throws(() => reader.push(bytes), { name: "NutError", message });
    assert.throws(() => reader.push(bytes), { name: "NutError" });
  });
}
