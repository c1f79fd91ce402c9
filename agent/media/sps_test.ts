import assert from "node:assert/strict";
import {
  byteStream,
  writePps,
  writeSlice,
  writeSps,
} from "../../test/h264_writer.ts";
import { test } from "../../test/harness.ts";
import { parseSps, pictureSizeOf, type Sps } from "./sps.ts";

/**
 * `ffmpeg -f lavfi -i testsrc2=s=<first> -frames:v 8 -c:v libx264 <rest> -f
 * h264 -` of FFmpeg 5.1.9 with x264 164; the SPS of it; and what `ffprobe
 * -show_streams` says.
 */
const REAL = [
  [
    "640x480:r=30 -profile:v baseline",
    "6742c01ed900a03db0110000030001000003003c0f162e48",
    "640x480 profile 66 level 30 reorder 0 fps 30 sar 1:1",
  ],
  [
    "1920x1080:r=25 -profile:v high -bf 2",
    "67640028acd940780227e5c044000003000400000300c83c60c658",
    "1920x1080 profile 100 level 40 reorder 2 fps 25 sar 1:1",
  ],
  [
    "642x362:r=30000/1001 -profile:v main -bf 0",
    "674d401ed900a42fe224c04400000fa40003a9803c58b920",
    "642x362 profile 77 level 30 reorder 0 fps 29.97 sar 1:1",
  ],
  [
    "642x362:r=50 -profile:v high -bf 3 -x264-params b-pyramid=normal",
    "6764001facd940a42fe224c044000003000400000301903c60c658",
    "642x362 profile 100 level 31 reorder 2 fps 50 sar 1:1",
  ],
  [
    "1280x720:r=60 -preset ultrafast -tune zerolatency",
    "6742c020da014016ec0440000003004000001e23c60ca8",
    "1280x720 profile 66 level 32 reorder 0 fps 60 sar 1:1",
  ],
  [
    "640x360:r=30 -profile:v high10 -pix_fmt yuv420p10le",
    "676e001ea6cd940a02ff970110000003001000000303c0f162d960",
    "640x360 profile 110 level 30 reorder 2 fps 30 sar 1:1",
  ],
  [
    "640x363:r=30 -profile:v high422 -pix_fmt yuv422p",
    "677a001ebcd940a02ff9f0110000030001000003003c0f162d96",
    "640x362 profile 122 level 30 reorder 2 fps 30 sar 1:1",
  ],
  [
    "322x242:r=30 -profile:v high422 -pix_fmt yuv422p10le",
    "677a000db6cd9415087888fc0440000003004000000f03c50a6580",
    "322x242 profile 122 level 13 reorder 2 fps 30 sar 1:1",
  ],
  [
    "322x242:r=30 -profile:v high -pix_fmt gray",
    "6764000df36505421e3e3f016c80000003008000001e078a14cb",
    "322x242 profile 100 level 13 reorder 2 fps 30 sar 1:1 full",
  ],
  [
    "1920x1080:r=25 -profile:v high -flags +ilme+ildct",
    "67640028acd94078044fde0220000003002000000643e2c5b2c0",
    "1920x1080i profile 100 level 40 reorder 2 fps 25 sar 1:1",
  ],
  [
    "720x484:r=30000/1001 -profile:v high422 -pix_fmt yuv422p -flags +ilme+ildct",
    "677a001fbcd940b420fc7e022000007d20001d4c03e2c5b2c0",
    "720x484i profile 122 level 31 reorder 2 fps 29.97 sar 1:1",
  ],
  [
    "720x484:r=25 -profile:v main -flags +ilme+ildct",
    "674d401eeca05a107e23011000000300100000030321f1429960",
    "720x484i profile 77 level 30 reorder 2 fps 25 sar 1:1",
  ],
  [
    "1280x720:r=30 -color_range tv -color_primaries bt709 -color_trc bt709 -colorspace bt709",
    "6764001facd9405005bb016a02020280000003008000001e078c18cb",
    "1280x720 profile 100 level 31 reorder 2 fps 30 sar 1:1 limited 1 1 1",
  ],
  [
    "640x480:r=30 -pix_fmt yuvj420p -color_range pc -color_primaries smpte170m -color_trc smpte170m -colorspace smpte170m",
    "6764001eacd940a03db016e0c0c0c8000003000800000301e078b16cb0",
    "640x480 profile 100 level 30 reorder 2 fps 30 sar 1:1 full 6 6 6",
  ],
  [
    "640x480:r=30 -pix_fmt yuvj420p -color_range pc",
    "6764001eacd940a03db016c8000003000800000301e078b16cb0",
    "640x480 profile 100 level 30 reorder 2 fps 30 sar 1:1 full",
  ],
  [
    "720x576:r=25 -vf setsar=16/11",
    "6764001eacd940b4126c1040000003004000000c83c58b6580",
    "720x576 profile 100 level 30 reorder 2 fps 25 sar 16:11",
  ],
  [
    "720x576:r=25 -vf setsar=5/7",
    "6764001eacd940b4126ffc0014001c40000003004000000c83c58b6580",
    "720x576 profile 100 level 30 reorder 2 fps 25 sar 5:7",
  ],
  [
    "640x480:r=30 -profile:v high10 -pix_fmt yuv420p10le -g 1",
    "676e101ea6cb81407b60220000030002000003007808",
    "640x480 profile 110 level 30 reorder 0 fps 30 sar 1:1",
  ],
  [
    "640x480:r=30 -b:v 2M -maxrate 2M -bufsize 500k -x264-params nal-hrd=cbr",
    "6764001eacd940a03db0110000030001000003003c622000f424001e84e0c30078b16cb0",
    "640x480 profile 100 level 30 reorder 2 fps 30 sar 1:1",
  ],
  [
    "320x240:r=30 -refs 16 -profile:v main",
    "674d4016bb088283f60220000003002000000781e2c5b08c",
    "320x240 profile 77 level 22 reorder 2 fps 30 sar 1:1",
  ],
  [
    "4096x2160:r=60 -preset ultrafast",
    "6742c034da00400043ec0440000003004000001e03c60ca8",
    "4096x2160 profile 66 level 52 reorder 0 fps 60 sar 1:1",
  ],
  [
    "16x16:r=1 -preset ultrafast",
    "6742c00ada7b011000000300100000030020f1226a",
    "16x16 profile 66 level 10 reorder 0 fps 1 sar 1:1",
  ],
  [
    "640x480:r=30 -x264-params intra-refresh=1 -bf 0",
    "6764001eac6d01407b6022000003000200000300781e2c5d40",
    "640x480 profile 100 level 30 reorder 0 fps 30 sar 1:1",
  ],
  [
    "640x480:r=30 -bsf:v h264_metadata=crop_left=4:crop_top=6:chroma_sample_loc_type=0:overscan_appropriate_flag=1",
    "6764001eacd940a03ddc9c0778000003000800000301e078b16cb0",
    "636x474 profile 100 level 30 reorder 2 fps 30 sar 1:1",
  ],
  [
    "640x480:r=30 -profile:v high444 -pix_fmt yuv444p -vf scale=323:241",
    "67f4000d919b282a10f1d087fe0788079220000003002000000781e28532c0",
    "323x241 profile 244 level 13 reorder 2 fps 30 sar 964:969",
  ],
] as const;

for (const [args, hex, expected] of REAL) {
  test(`parseSps() agrees with ffprobe on ${args}`, () => {
    assert.equal(summary(parseSps(Uint8Array.fromHex(hex))), expected);
  });
}

function summary(sps: Sps): string {
  const { width, height, frameMbsOnly, profileIdc, levelIdc, colour } = sps;
  const ratio = sps.sampleAspectRatio;
  const range = { true: "full", false: "limited" }[`${colour?.fullRange!}`];
  const parts = [
    `${width}x${height}${frameMbsOnly ? "" : "i"}`,
    `profile ${profileIdc} level ${levelIdc} reorder ${sps.reorderDepth}`,
    `fps ${Number(sps.fps?.toFixed(2))} sar ${ratio?.width}:${ratio?.height}`,
    range,
    colour?.primaries,
    colour?.transfer,
    colour?.matrix,
  ];
  return parts.filter((part) => part !== undefined).join(" ");
}

test("parseSps() tells the size before cropping", () => {
  const sizes = REAL.map(([args, hex]) => {
    const { codedWidth, codedHeight } = parseSps(Uint8Array.fromHex(hex));
    return `${args.split(":")[0]} ${codedWidth}x${codedHeight}`;
  });
  assert.ok(sizes.includes("1920x1080 1920x1088"));
  assert.ok(sizes.includes("642x362 656x368"));
  assert.ok(sizes.includes("720x484 720x512"));
  assert.ok(sizes.includes("16x16 16x16"));
});

test("parseSps() reads what a decoder needs", () => {
  const sps = parseSps(writeSps({
    id: 31,
    profileIdc: 110,
    constraintFlags: 0x40,
    levelIdc: 51,
    bitDepth: 10,
    log2MaxFrameNum: 16,
    pocType: 0,
    maxNumRefFrames: 16,
  }));
  assert.deepEqual(sps, {
    id: 31,
    profileIdc: 110,
    constraintFlags: 0x40,
    levelIdc: 51,
    width: 640,
    height: 480,
    codedWidth: 640,
    codedHeight: 480,
    chromaFormatIdc: 1,
    bitDepth: 10,
    maxNumRefFrames: 16,
    log2MaxFrameNum: 16,
    pocType: 0,
    frameMbsOnly: true,
  });
});

const LIST_16 = Array.from({ length: 16 }, (_, i) => i % 3 - 1);
const LIST_64 = Array.from({ length: 64 }, (_, i) => i % 5 - 2);

// All four were read alike by FFmpeg 5.1.9's trace_headers filter.
const WRITTEN: Record<string, [Parameters<typeof writeSps>[0], string]> = {
  "eight scaling lists, of which some are defaults, absent or end early": [
    {
      profileIdc: 100,
      scalingLists: [
        LIST_16,
        undefined,
        [-8],
        LIST_16,
        [3, -11],
        undefined,
        LIST_64,
        [-8],
      ],
    },
    "640x480",
  ],
  "twelve scaling lists": [
    {
      profileIdc: 244,
      chromaFormatIdc: 3,
      scalingLists: [...Array(6).fill(LIST_16), ...Array(6).fill(LIST_64)],
      crop: [1, 2, 3, 4],
    },
    "637x473",
  ],
  "separate colour planes": [
    {
      profileIdc: 244,
      chromaFormatIdc: 3,
      separatePlanes: true,
      crop: [1, 2, 3, 4],
    },
    "637x473",
  ],
  "pic_order_cnt_type 1": [
    {
      profileIdc: 77,
      pocType: 1,
      pocOffsets: [1, -2, 3],
      frameMbsOnly: false,
      crop: [0, 1, 0, 1],
    },
    "638x956",
  ],
};

for (const [name, [fields, size]] of Object.entries(WRITTEN)) {
  test(`parseSps() reads ${name}`, () => {
    const { width, height } = parseSps(writeSps(fields));
    assert.equal(`${width}x${height}`, size);
  });
}

test("parseSps() leaves the reorder depth open where the stream does", () => {
  const depths = [
    { profileIdc: 100, pocType: 0 },
    { profileIdc: 100, pocType: 0, constraintFlags: 0x10 },
    { profileIdc: 77, pocType: 0, constraintFlags: 0x10 },
    { profileIdc: 77, pocType: 2 },
    { profileIdc: 66, pocType: 0 },
  ].map((fields) => parseSps(writeSps(fields)).reorderDepth);
  assert.deepEqual(depths, [undefined, 0, undefined, 0, 0]);
});

const BAD: Record<string, [Uint8Array, RegExp]> = {
  "a PPS": [writePps(), /NAL unit type is 8$/],
  "nothing": [new Uint8Array(), /NAL unit type is 0$/],
  "a header without content": [Uint8Array.of(0x67), /Cannot read 8 bits: 0/],
  "an endless number": [
    Uint8Array.of(0x67, 66, 0, 30, ...new Uint8Array(100)),
    /ue\(v\)/,
  ],
  "an id of 32": [writeSps({ id: 32 }), /set_id is 32, above 31$/],
  "4:5:0": [
    writeSps({ profileIdc: 100, chromaFormatIdc: 4 }),
    /is 4, above 3$/,
  ],
  "15 bits a sample": [
    writeSps({ profileIdc: 110, bitDepth: 15 }),
    /bit_depth_luma_minus8 is 7, above 6$/,
  ],
  "frame numbers of 17 bits": [
    writeSps({ log2MaxFrameNum: 17 }),
    /log2_max_frame_num_minus4 is 13, above 12$/,
  ],
  "pic_order_cnt_type 3": [writeSps({ pocType: 3 }), /is 3, above 2$/],
  "an order cycle of 256": [
    writeSps({ pocType: 1, pocOffsets: Array(256).fill(0) }),
    /is 256, above 255$/,
  ],
  "17 reference frames": [writeSps({ maxNumRefFrames: 17 }), /above 16$/],
  "a width of 16,896": [writeSps({ widthInMbs: 1056 }), /is 1055, above 1054$/],
  "a height of 16,896": [
    writeSps({ heightInMapUnits: 528, frameMbsOnly: false }),
    /height in macroblocks is 1056, above 1055$/,
  ],
  "nothing left": [writeSps({ crop: [200, 120, 0, 0] }), /after cropping$/],
  "a negative height": [writeSps({ crop: [0, 0, 2 ** 31, 9] }), /cropping$/],
};

for (const [name, [nalUnit, message]] of Object.entries(BAD)) {
  test(`parseSps() refuses ${name}`, () => {
    assert.throws(() => parseSps(nalUnit), { name: "SpsError", message });
  });
}

test("parseSps() refuses every SPS that is cut off before its VUI", () => {
  const nalUnit = writeSps({ profileIdc: 100, scalingLists: [LIST_16] });
  for (let length = 0; length < nalUnit.length - 1; length++) {
    assert.throws(() => parseSps(nalUnit.subarray(0, length)), {
      name: "SpsError",
    });
  }
});

test("pictureSizeOf() finds the size in an access unit", () => {
  const sps = writeSps({ widthInMbs: 20, heightInMapUnits: 15 });
  const idr = writeSlice(0x65);
  const data = byteStream([[6, 5, 0, 0x80], sps, writePps(), idr]);
  assert.deepEqual(pictureSizeOf(data), { width: 320, height: 240 });
});

test("pictureSizeOf() skips an SPS that it cannot read", () => {
  const data = byteStream([[0x67, 66], writeSps(), writePps()]);
  assert.deepEqual(pictureSizeOf(data), { width: 640, height: 480 });
});

test("pictureSizeOf() finds nothing where there is no SPS", () => {
  assert.equal(pictureSizeOf(byteStream([writeSlice(0x41)])), undefined);
  assert.equal(pictureSizeOf(new Uint8Array()), undefined);
});
