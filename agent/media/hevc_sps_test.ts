import assert from "node:assert/strict";
import type { BitWriter } from "../../test/h264_writer.ts";
import { test } from "../../test/harness.ts";
import {
  hevcNalUnit,
  writeHevcPps,
  writeHevcSps,
} from "../../test/hevc_writer.ts";
import { type HevcSps, parseHevcSps } from "./hevc_sps.ts";
import { SpsError } from "./sps.ts";

/**
 * `ffmpeg -f lavfi -i testsrc2=s=<first> -frames:v 8 -c:v libx265 <rest> -f
 * hevc -` of FFmpeg 5.1.9 with x265 3.5; the SPS of it; and what `ffprobe
 * -show_streams` says.
 */
const REAL = [
  [
    "640x480:r=30 -preset ultrafast -tune zerolatency",
    "42010101600000030090000003000003005aa0050201e165ba4a4c2f016808000003000800000300f040",
    "640x480 of 640x480 profile 1 level 90 chroma 1 8 bit reorder 0 fps 30 sar 1:1 limited",
  ],
  [
    "1920x1080:r=25 -preset ultrafast",
    "420101016000000300900000030000030078a003c0801107cb965654a4c2f0168080000003008000000c84",
    "1920x1080 of 1920x1088 profile 1 level 120 chroma 1 8 bit reorder 2 fps 25 sar 1:1 limited",
  ],
  [
    "853x479:r=30 -preset ultrafast -vf scale=853:479 -pix_fmt yuv444p",
    "4201010408000003009e0800000300005a9000d8403c38cacb2b2a52617fff759f73db4040000003004000000782",
    "853x479 of 864x480 profile 4 level 90 chroma 3 8 bit reorder 2 fps 30 sar 61107:61051 limited",
  ],
  [
    "853x479:r=30 -preset ultrafast -pix_fmt yuv420p",
    "42010101600000030090000003000003005aa006c201e1cf5965654a4c2f016808000003000800000300f040",
    "852x478 of 864x480 profile 1 level 90 chroma 1 8 bit reorder 2 fps 30 sar 1:1 limited",
  ],
  [
    "642x362:r=30000/1001 -preset ultrafast -x265-params bframes=0",
    "42010101600000030090000003000003003fa005220171c44996e92930bc05a02000007d20000ea601",
    "642x362 of 656x368 profile 1 level 63 chroma 1 8 bit reorder 0 fps 29.97 sar 1:1 limited",
  ],
  [
    "1280x720:r=60 -preset medium -x265-params bframes=4:b-pyramid=1",
    "420101016000000300900000030000030078a00280802d165959a4932bc05a020000030002000003007810",
    "1280x720 of 1280x720 profile 1 level 120 chroma 1 8 bit reorder 2 fps 60 sar 1:1 limited",
  ],
  [
    "640x360:r=30 -preset ultrafast -pix_fmt yuv420p10le",
    "42010102200000030090000003000003003fa005020171f2b6595952930bc05a020000030002000003003c10",
    "640x360 of 640x368 profile 2 level 63 chroma 1 10 bit reorder 2 fps 30 sar 1:1 limited",
  ],
  [
    "640x362:r=30 -preset ultrafast -pix_fmt yuv422p",
    "4201010408000003009d0800000300003fb005020171f3e595952930bc05a020000003002000000303c1",
    "640x362 of 640x368 profile 4 level 63 chroma 2 8 bit reorder 2 fps 30 sar 1:1 limited",
  ],
  [
    "322x242:r=30 -preset ultrafast -pix_fmt yuv422p12le",
    "420101040800000300990800000300003cb00a880407111e52965654a4c2f0168080000003008000000f04",
    "322x242 of 336x256 profile 4 level 60 chroma 2 12 bit reorder 2 fps 30 sar 1:1 limited",
  ],
  [
    "322x242:r=30 -preset ultrafast -pix_fmt gray",
    "4201010408000003009fc800000300003cc02a20101c7c7e595952930bc05b020000030002000003003c10",
    "322x242 of 336x256 profile 4 level 60 chroma 0 8 bit reorder 2 fps 30 sar 1:1 full",
  ],
  [
    "1280x720:r=30 -preset ultrafast -color_range tv -color_primaries bt709 -color_trc bt709 -colorspace bt709",
    "42010101600000030090000003000003005da00280802d16595952930bc05a808080820000030002000003003c10",
    "1280x720 of 1280x720 profile 1 level 93 chroma 1 8 bit reorder 2 fps 30 sar 1:1 limited 1 1 1",
  ],
  [
    "640x480:r=30 -preset ultrafast -pix_fmt yuvj420p -color_range pc -color_primaries smpte170m -color_trc smpte170m -colorspace smpte170m",
    "42010101600000030090000003000003005aa0050201e16595952930bc05b830303020000003002000000303c1",
    "640x480 of 640x480 profile 1 level 90 chroma 1 8 bit reorder 2 fps 30 sar 1:1 full 6 6 6",
  ],
  [
    "3840x2160:r=1 -preset ultrafast -pix_fmt yuv420p10le -color_primaries bt2020 -color_trc smpte2084 -colorspace bt2020nc",
    "420101022000000300900000030000030096a001e020021c4d965654a4c2f016a12201208000000300800000030084",
    "3840x2160 of 3840x2160 profile 2 level 150 chroma 1 10 bit reorder 2 fps 1 sar 1:1 limited 9 16 9",
  ],
  [
    "720x576:r=25 -preset ultrafast -vf setsar=16/11",
    "42010101600000030090000003000003005aa005a200905965654a4c2f046808000003000800000300c840",
    "720x576 of 720x576 profile 1 level 90 chroma 1 8 bit reorder 2 fps 25 sar 16:11 limited",
  ],
  [
    "720x576:r=25 -preset ultrafast -vf setsar=5/7",
    "42010101600000030090000003000003005aa005a200905965654a4c2fff000500076808000003000800000300c840",
    "720x576 of 720x576 profile 1 level 90 chroma 1 8 bit reorder 2 fps 25 sar 5:7 limited",
  ],
  [
    "640x480:r=30 -preset ultrafast -x265-params keyint=1",
    "4201010408000003009fa800000300005aa0050201e165ba4a4c2f016808000003000800000300f040",
    "640x480 of 640x480 profile 4 level 90 chroma 1 8 bit reorder 0 fps 30 sar 1:1 limited",
  ],
  [
    "640x480:r=30 -preset ultrafast -x265-params temporal-layers=1:bframes=3:b-adapt=0",
    "42010201600000030090000003000003005a0000a0050201e1659594aca94985e02d010000030001000003001e08",
    "640x480 of 640x480 profile 1 level 90 chroma 1 8 bit reorder 2 fps 30 sar 1:1 limited",
  ],
  [
    "640x480:r=30 -preset ultrafast -x265-params scaling-list=default",
    "42010101600000030090000003000003005aa0050201e165959529385e02d010000003001000000301e080",
    "640x480 of 640x480 profile 1 level 90 chroma 1 8 bit reorder 2 fps 30 sar 1:1 limited",
  ],
  [
    "640x480:r=30 -preset ultrafast -x265-params hrd=1:vbv-bufsize=500:vbv-maxrate=2000:bitrate=2000",
    "42010101600000030090000003000003005aa0050201e16595952930bc05a020000003002000000303cc1182cdc001e848003d0990",
    "640x480 of 640x480 profile 1 level 90 chroma 1 8 bit reorder 2 fps 30 sar 1:1 limited",
  ],
  [
    "640x480:r=30 -preset ultrafast -x265-params interlace=tff",
    "42010101600000030040000003000003005aa0050201e16595952930bc05a1a0000003002000000303c1",
    "640x480 of 640x480 profile 1 level 90 chroma 1 8 bit reorder 2 fps 30 sar 1:1 limited",
  ],
  [
    "640x480:r=30 -preset ultrafast -x265-params level-idc=5.1:high-tier=1:bitrate=60000:vbv-maxrate=60000:vbv-bufsize=60000",
    "420101216000000300900000030000030099a0050201e16595952930bc05a020000003002000000303c1",
    "640x480 of 640x480 profile 1 level 153 chroma 1 8 bit reorder 2 fps 30 sar 1:1 limited",
  ],
  [
    "640x480:r=30 -preset slow -x265-params ref=6:bframes=8",
    "42010101600000030090000003000003005aa0050201e1659d8a924caf016808000003000800000300f040",
    "640x480 of 640x480 profile 1 level 90 chroma 1 8 bit reorder 2 fps 30 sar 1:1 limited",
  ],
  [
    "640x480:r=30 -preset ultrafast -x265-params display-window=4,2,6,8",
    "42010101600000030090000003000003005aa0050201e16595952930bc05a04a76260000030002000003003c10",
    "640x480 of 640x480 profile 1 level 90 chroma 1 8 bit reorder 2 fps 30 sar 1:1 limited",
  ],
  [
    "640x480:r=30 -preset ultrafast -bsf:v hevc_metadata=crop_left=4:crop_top=6:chroma_sample_loc_type=0",
    "42010101600000030090000003000003005aa0050201e1b93965654a4c2f0169c20000030002000003003c10",
    "636x474 of 640x480 profile 1 level 90 chroma 1 8 bit reorder 2 fps 30 sar 1:1 limited",
  ],
  [
    "1920x1080:r=50 -preset ultrafast -x265-params slices=4",
    "42010101600000030090000003000003007ba003c0801107cb965654a4c2f0168080000003008000001904",
    "1920x1080 of 1920x1088 profile 1 level 123 chroma 1 8 bit reorder 2 fps 50 sar 1:1 limited",
  ],
  [
    "640x480:r=30 -preset ultrafast -x265-params videoformat=2:range=full:overscan=crop:chromaloc=1",
    "42010101600000030090000003000003005aa0050201e16595952930bc07aa9040000003004000000782",
    "640x480 of 640x480 profile 1 level 90 chroma 1 8 bit reorder 2 fps 30 sar 1:1 full",
  ],
] as const;

for (const [args, hex, expected] of REAL) {
  test(`parseHevcSps() reads ${args}`, () => {
    assert.equal(describe(parseHevcSps(Uint8Array.fromHex(hex))), expected);
  });
}

function describe(sps: HevcSps): string {
  const { width, height, codedWidth, codedHeight, profileIdc, levelIdc } = sps;
  const { sampleAspectRatio: ratio, colour, chromaFormatIdc, bitDepth } = sps;
  const range = colour && (colour.fullRange ? "full" : "limited");
  const parts = [
    `${width}x${height} of ${codedWidth}x${codedHeight}`,
    `profile ${profileIdc} level ${levelIdc}`,
    `chroma ${chromaFormatIdc} ${bitDepth} bit reorder ${sps.reorderDepth}`,
    `fps ${Number(sps.fps?.toFixed(2))} sar ${ratio?.width}:${ratio?.height}`,
    range,
    colour?.primaries,
    colour?.transfer,
    colour?.matrix,
  ];
  return parts.filter((part) => part !== undefined).join(" ");
}

test("parseHevcSps() reads what a decoder needs", () => {
  const sps = parseHevcSps(writeHevcSps({
    id: 15,
    profileIdc: 2,
    highTier: true,
    levelIdc: 153,
    bitDepth: 10,
    chromaBitDepth: 9,
    reorderDepths: [3],
  }));
  assert.deepEqual(sps, {
    id: 15,
    profileIdc: 2,
    highTier: true,
    levelIdc: 153,
    width: 640,
    height: 480,
    codedWidth: 640,
    codedHeight: 480,
    chromaFormatIdc: 1,
    bitDepth: 10,
    chromaBitDepth: 9,
    reorderDepth: 3,
  });
});

/** A VUI that would be read as another one if a single bit were lost. */
const FULL_RANGE = (bits: BitWriter) =>
  bits.flags(false, false, true).u(3, 5).flags(true, true)
    .u(8, 9).u(8, 16).u(8, 10).u(7, 0);

const COLOUR = { fullRange: true, primaries: 9, transfer: 16, matrix: 10 };

// All were read alike by FFmpeg 5.1.9's trace_headers filter.
const WRITTEN: Record<string, Parameters<typeof writeHevcSps>[0]> = {
  "seven sub-layers": {
    subLayers: [
      [true, true],
      [false, true],
      [true, false],
      [false, false],
      [true, true],
      [false, false],
    ],
    reorderDepths: [0, 0, 1, 1, 2, 3, 4],
  },
  "scaling lists, of which some are predicted": {
    scalingLists: Array.from({ length: 20 }, (_, i) => i % 3 > 0),
  },
  "default scaling lists": { scalingLists: [] },
  "PCM": { pcm: true },
  "sets of reference pictures": {
    referenceSets: [
      { before: [0, 1], after: [2] },
      { before: [], after: [] },
      { before: [4, 0, 0, 0], after: [] },
    ],
  },
  "sets that are predicted, and that lose a picture by it": {
    referenceSets: [
      { before: [0, 1], after: [0, 2] }, // -1 -3 1 4
      { shift: -1, has: [true, true, true, true, true] }, // -1 -2 -4 3
      { shift: 2, has: [true, true, true, true, true] }, // -2 1 2 5
      { shift: -2, has: [false, true, true, true, false] }, // -1 3
      { shift: 1, has: [true, true, false] },
    ],
  },
  "long-term pictures": { longTerm: 3, log2MaxPoc: 16 },
};

for (const [name, fields] of Object.entries(WRITTEN)) {
  test(`parseHevcSps() finds the VUI behind ${name}`, () => {
    const sps = parseHevcSps(writeHevcSps({ ...fields, vui: FULL_RANGE }));
    assert.deepEqual(sps.colour, COLOUR);
    assert.equal(sps.reorderDepth, fields?.reorderDepths?.at(-1) ?? 0);
  });
}

test("parseHevcSps() does without a VUI that it cannot reach", () => {
  const lost: Parameters<typeof writeHevcSps>[0][] = [
    { longTerm: 33 },
    { referenceSets: Array(65).fill({ before: [], after: [] }) },
    { referenceSets: [{ before: Array(17).fill(0), after: [] }] },
    { referenceSets: [{ before: Array(9).fill(0), after: Array(8).fill(0) }] },
    {
      referenceSets: [
        { before: Array(16).fill(0), after: [] },
        { shift: -1, has: Array(17).fill(true) },
      ],
    },
  ];
  for (const fields of lost) {
    const sps = parseHevcSps(writeHevcSps({ ...fields, vui: FULL_RANGE }));
    assert.deepEqual([sps.width, sps.colour], [640, undefined]);
  }
});

test("parseHevcSps() crops in units of chroma", () => {
  const sizes = [0, 1, 2, 3].map((chromaFormatIdc) => {
    const crop = [1, 2, 3, 4] as const;
    const sps = parseHevcSps(writeHevcSps({ chromaFormatIdc, crop }));
    return `${sps.width}x${sps.height} of ${sps.codedWidth}x${sps.codedHeight}`;
  });
  assert.deepEqual(sizes, [
    "637x473 of 640x480",
    "634x466 of 640x480",
    "634x473 of 640x480",
    "637x473 of 640x480",
  ]);
});

const BAD: Record<string, [Uint8Array, RegExp]> = {
  "a PPS": [writeHevcPps(), /NAL unit type is 34 of layer 0$/],
  "an SPS of another layer": [
    hevcNalUnit(33, undefined, { layerId: 33 }),
    /type is 33 of layer 33$/,
  ],
  "nothing": [new Uint8Array(), /no NAL unit$/],
  "a header without content": [Uint8Array.of(0x42, 1), /Cannot read 4 bits/],
  "an endless number": [
    Uint8Array.of(0x42, 1, 1, ...new Uint8Array(100)),
    /ue\(v\)/,
  ],
  "eight sub-layers": [
    writeHevcSps({ subLayers: Array(7).fill([false, false]) }),
    /sub_layers_minus1 is 7, above 6$/,
  ],
  "an id of 16": [writeHevcSps({ id: 16 }), /set_id is 16, above 15$/],
  "4:5:0": [writeHevcSps({ chromaFormatIdc: 4 }), /is 4, above 3$/],
  "a width of 16,889": [
    writeHevcSps({ width: 16_889 }),
    /luma_samples is 16889, above 16888$/,
  ],
  "a height of 0": [writeHevcSps({ height: 0 }), /after cropping$/],
  "nothing left": [writeHevcSps({ crop: [200, 120, 0, 0] }), /after cropping$/],
  "17 bits a sample": [writeHevcSps({ bitDepth: 17 }), /is 9, above 8$/],
  "orders of 17 bits": [writeHevcSps({ log2MaxPoc: 17 }), /is 13, above 12$/],
  "17 pictures": [writeHevcSps({ reorderDepths: [15] }), /is 16, above 15$/],
};

for (const [name, [nalUnit, message]] of Object.entries(BAD)) {
  test(`parseHevcSps() refuses ${name}`, () => {
    assert.throws(() => parseHevcSps(nalUnit), { name: "SpsError", message });
  });
}

test("parseHevcSps() wants all before the reorder depth, and no more", () => {
  const nalUnit = writeHevcSps({ scalingLists: [], vui: FULL_RANGE });
  const read = Array.from(nalUnit, (_, length) => {
    try {
      return parseHevcSps(nalUnit.subarray(0, length)).width;
    } catch (error) {
      assert.ok(error instanceof SpsError);
      return 0;
    }
  });
  const first = read.indexOf(640);
  assert.ok(first > 20 && first < nalUnit.length - 5, `${first}`);
  assert.ok(read.every((width, length) => width === 640 === length >= first));
});
