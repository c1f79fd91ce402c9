import assert from "node:assert/strict";
import { test } from "../../test/harness.ts";
import {
  decoderArgs,
  type DecoderOutput,
  isSameDecoder,
  readTimestamp,
} from "./decoder_args.ts";

const START = "-hide_banner -nostdin -loglevel repeat+warning " +
  "-flags +low_delay+output_corrupt " +
  "-probesize 32 -analyzeduration 0 -copyts " +
  "-max_pixels 8912896 " +
  "-protocol_whitelist pipe -f ivf -c:v h264 -i pipe:0 -map 0:v:0 -vf " +
  "metadata=mode=add:key=c:value=1," +
  String.raw`metadata=mode=print:file='pipe\:2':direct=1`;

const MIDDLE = "-fps_mode passthrough -enc_time_base 1:1000 -threads 1 " +
  "-avioflags direct -f rawvideo -pix_fmt";

const CASES: [name: string, output: DecoderOutput, args: string][] = [
  [
    "a small picture",
    { pixelFormat: "rgb24", untagged: "bt601" },
    `${START} ${MIDDLE} rgb24 -y /proc/1/fd/9`,
  ],
  [
    "a large picture",
    { pixelFormat: "bgr24", untagged: "bt709" },
    `${START},scale=in_color_matrix=bt709 ${MIDDLE} bgr24 -y /proc/1/fd/9`,
  ],
  [
    "a picture to be scaled",
    {
      pixelFormat: "gray",
      untagged: "bt601",
      size: { width: 320, height: 240 },
    },
    `${START},scale=w=320:h=240 ${MIDDLE} gray -y /proc/1/fd/9`,
  ],
  [
    "a large picture to be scaled",
    {
      pixelFormat: "nv12",
      untagged: "bt709",
      size: { width: 320, height: 240 },
    },
    `${START},scale=w=320:h=240:in_color_matrix=bt709:out_range=tv ${MIDDLE} nv12 ` +
    "-y /proc/1/fd/9",
  ],
];

for (const [name, output, args] of CASES) {
  test(`decoderArgs composes the command line for ${name}`, () => {
    assert.equal(decoderArgs(output, "/proc/1/fd/9").join(" "), args);
  });
}

const INPUTS: [input: Partial<DecoderOutput>, args: string][] = [
  [{}, "-f ivf -c:v h264 -i"],
  [{ codec: "hevc" }, "-f ivf -c:v hevc -i"],
  [{ codec: "mjpeg" }, "-f ivf -c:v mjpeg -i"],
  [{ codec: "mpeg2video" }, "-f ivf -c:v mpeg2video -i"],
  [{ codec: "vp9" }, "-f ivf -c:v vp9 -i"],
  [{ codec: "av1" }, "-f ivf -c:v libdav1d -i"],
  [{ lossy: true }, "-f ivf -threads 1 -c:v h264 -i"],
  [{ lossy: true, codec: "hevc" }, "-f ivf -c:v hevc -i"],
  [{ hwaccel: "vaapi" }, "-f ivf -hwaccel vaapi -c:v h264 -i"],
  [{ hwaccel: "drm", codec: "hevc" }, "-f ivf -hwaccel drm -c:v hevc -i"],
  [{ hwaccel: "vaapi", codec: "av1" }, "-f ivf -hwaccel vaapi -c:v av1 -i"],
  [{ decoder: "h264_v4l2m2m" }, "-f ivf -c:v h264_v4l2m2m -i"],
  [{ decoder: "h264_qsv" }, "-f ivf -async_depth 1 -c:v h264_qsv -i"],
];

for (const [input, expected] of INPUTS) {
  test(`decoderArgs reads ${JSON.stringify(input)} by ${expected}`, () => {
    const output = { pixelFormat: "gray", untagged: "bt601" } as const;
    const args = decoderArgs({ ...output, ...input }, "pipe:1").join(" ");
    assert.ok(args.includes(` ${expected} pipe:0 `), args);
  });
}

for (const codec of ["mpeg1video", "mpeg2video", "mpeg4"] as const) {
  test(`decoderArgs has ${codec} put in order only where it is not`, () => {
    const output = { codec, pixelFormat: "gray", untagged: "bt601" } as const;
    const flags = [false, true].map((reordered) => {
      const args = decoderArgs({ ...output, reordered }, "pipe:1").join(" ");
      return /warning (.*) -probesize/.exec(args)?.[1];
    });
    assert.deepEqual(flags, [
      "-flags +low_delay+output_corrupt",
      "-thread_type slice -flags +output_corrupt",
    ]);
  });
}

test("isSameDecoder() tells outputs apart that take another decoder", () => {
  const output = { pixelFormat: "gray", untagged: "bt601" } as const;
  const same: Partial<DecoderOutput>[] = [
    { codec: "h264" },
    { lossy: false },
    { reordered: true },
  ];
  const others: Partial<DecoderOutput>[] = [
    { codec: "hevc" },
    { lossy: true },
    { size: { width: 2, height: 2 } },
    { untagged: "bt709" },
    { hwaccel: "vaapi" },
    { decoder: "h264_cuvid" },
  ];
  for (const change of [...same, ...others]) {
    assert.equal(
      isSameDecoder(output, { ...output, ...change }),
      same.includes(change),
      JSON.stringify(change),
    );
  }
});

const LINES: [line: string, meaning: number | "mark" | undefined][] = [
  ["frame:0    pts:0       pts_time:0", 0],
  ["frame:17   pts:4711    pts_time:4.711", 4711],
  ["frame:18   pts:NOPTS   pts_time:NOPTS", -1],
  ["[h264 @ 0x5581] frame:19   pts:4712    pts_time:4.712", 4712],
  ["c=1", "mark"],
  ["[h264 @ 0x5581] c=1", "mark"],
  ["frame=   30 fps=0.0 q=-0.0 size=N/A time=00:00:01.00", undefined],
  ["[h264 @ 0x5581] error while decoding MB 3 4, bytestream -5", undefined],
  ["c=10", undefined],
];

for (const [line, meaning] of LINES) {
  test(`readTimestamp takes "${line}" for ${meaning}`, () => {
    assert.equal(readTimestamp(line), meaning);
  });
}
