import assert from "node:assert/strict";
import { test } from "../../test/harness.ts";
import type { EncoderJob, VideoSettings } from "../plugin/source.ts";
import { encoderArgs, tellsCapture } from "./encoder_args.ts";

const TIME_BASE = 1_763_869_200_000_000;

const VGA = { width: 640, height: 480 };

const TEST_PICTURE = ["-f", "lavfi", "-i", "testsrc2"];

const START = "-hide_banner -nostdin -loglevel warning -stats_period 0.05";

const END = "-flush_packets 1 -flvflags no_duration_filesize -f flv pipe:1";

const CLOCK = `settb=1/1000000,setpts='max(RTCTIME-${TIME_BASE},` +
  "if(isnan(PREV_OUTPTS),0,PREV_OUTPTS+1))'";

const X264 = "-c:v libx264 -preset ultrafast -tune zerolatency -x264-params";

const ANY_TIME = "-fps_mode passthrough -enc_time_base 1:1000000";

const CASES: [
  name: string,
  job: Partial<EncoderJob>,
  video: Partial<VideoSettings>,
  args: string,
][] = [
  [
    "the test picture",
    { filters: ["realtime"] },
    {},
    `${START} -f lavfi -i testsrc2 -map 0:v:0 -vf realtime,${CLOCK} ${X264} ` +
    "colorprim=smpte170m:transfer=smpte170m:colormatrix=smpte170m:" +
    "fps=30000/1000:force-cfr=1 -pix_fmt yuv420p -bf 0 -g 30 " +
    `-b:v 2000000 -maxrate 2000000 -bufsize 500000 ${ANY_TIME} ${END}`,
  ],
  [
    "a camera that tells the monotonic time",
    { input: ["-i", "camera"], time: "monotonic" },
    {},
    `${START} -copyts -itsoffset -1763869200 -i camera -map 0:v:0 ` +
    `-vf settb=1/1000000 ${X264} ` +
    "colorprim=smpte170m:transfer=smpte170m:colormatrix=smpte170m:" +
    "fps=30000/1000:force-cfr=1 -pix_fmt yuv420p -bf 0 -g 30 " +
    `-b:v 2000000 -maxrate 2000000 -bufsize 500000 ${ANY_TIME} ${END}`,
  ],
  [
    "a large film with its own times",
    {
      input: ["-i", "file:film.mkv"],
      size: { width: 1920, height: 1080 },
      fps: 30000 / 1001,
      time: "input",
    },
    {},
    `${START} -i file:film.mkv -map 0:v:0 ${X264} ` +
    "colorprim=bt709:transfer=bt709:colormatrix=bt709:" +
    "fps=29970/1000:force-cfr=1 -pix_fmt yuv420p -bf 0 -g 30 " +
    `-b:v 8000000 -maxrate 8000000 -bufsize 2000000 ${ANY_TIME} ${END}`,
  ],
  [
    "a picture of odd size, and a wish for each setting",
    { size: { width: 641, height: 480 }, fps: 7.5, time: "input" },
    { bitrate: 300_001, gop: 5, encoder: "libx264" },
    `${START} -f lavfi -i testsrc2 -map 0:v:0 ` +
    `-vf crop=trunc(iw/2)*2:trunc(ih/2)*2:0:0 ${X264} ` +
    "colorprim=smpte170m:transfer=smpte170m:colormatrix=smpte170m:" +
    "fps=7500/1000:force-cfr=1 -pix_fmt yuv420p -bf 0 -g 5 " +
    `-b:v 300001 -maxrate 300001 -bufsize 75000 ${ANY_TIME} ${END}`,
  ],
  [
    "H.264 that is passed on",
    { input: ["-i", "file:film.mp4"], copy: true, filters: ["realtime"] },
    { encoder: "h264_vaapi" },
    `${START} -i file:film.mp4 -map 0:v:0 -c:v copy ${END}`,
  ],
  [
    "the encoder of a Raspberry Pi 4",
    {},
    { encoder: "h264_v4l2m2m" },
    `${START} -f lavfi -i testsrc2 -map 0:v:0 -vf ${CLOCK} ` +
    "-c:v h264_v4l2m2m -pix_fmt yuv420p -bf 0 -g 30 " +
    `-b:v 2000000 -maxrate 2000000 -bufsize 500000 ${ANY_TIME} ${END}`,
  ],
  [
    "VA-API",
    { filters: ["realtime"] },
    { encoder: "h264_vaapi" },
    `${START} -init_hw_device vaapi=gpu -filter_hw_device gpu ` +
    `-f lavfi -i testsrc2 -map 0:v:0 ` +
    `-vf realtime,${CLOCK},format=nv12,hwupload ` +
    "-c:v h264_vaapi -async_depth 1 -bf 0 -g 30 " +
    "-b:v 2000000 -maxrate 2000000 -bufsize 500000 " +
    `-fps_mode cfr -r 30 ${END}`,
  ],
  [
    "NVENC",
    {},
    { encoder: "h264_nvenc" },
    `${START} -f lavfi -i testsrc2 -map 0:v:0 -vf ${CLOCK} -c:v h264_nvenc ` +
    "-preset p1 -tune ull -zerolatency 1 -delay 0 -rc cbr " +
    "-pix_fmt yuv420p -bf 0 -g 30 " +
    "-b:v 2000000 -maxrate 2000000 -bufsize 500000 " +
    `-fps_mode cfr -r 30 ${END}`,
  ],
  [
    "Quick Sync",
    {},
    { encoder: "h264_qsv" },
    `${START} -f lavfi -i testsrc2 -map 0:v:0 -vf ${CLOCK} -c:v h264_qsv ` +
    "-preset veryfast -async_depth 1 -pix_fmt nv12 -bf 0 -g 30 " +
    "-b:v 2000000 -maxrate 2000000 -bufsize 500000 " +
    `-fps_mode cfr -r 30 ${END}`,
  ],
  [
    "an encoder that nobody has heard of",
    { time: "input" },
    { encoder: "libopenh264" },
    `${START} -f lavfi -i testsrc2 -map 0:v:0 -c:v libopenh264 ` +
    "-pix_fmt yuv420p -bf 0 -g 30 " +
    "-b:v 2000000 -maxrate 2000000 -bufsize 500000 " +
    `-fps_mode cfr -r 30 ${END}`,
  ],
];

for (const [name, job, video, args] of CASES) {
  test(`encoderArgs composes the command line for ${name}`, () => {
    const [whole, settings] = [jobOf(job), { encoder: "auto", ...video }];
    assert.equal(encoderArgs(whole, settings, TIME_BASE).join(" "), args);
  });
}

const TELLING: [name: string, Partial<EncoderJob>, string, boolean][] = [
  ["a live source", {}, "auto", true],
  ["a Raspberry Pi 4's encoder", {}, "h264_v4l2m2m", true],
  ["an encoder that wants fixed times", {}, "h264_nvenc", false],
  ["a film", { time: "input" }, "auto", false],
  ["what is passed on", { copy: true }, "auto", false],
];

for (const [name, job, encoder, expected] of TELLING) {
  test(`tellsCapture is ${expected} of ${name}`, () => {
    assert.equal(tellsCapture(jobOf(job), { encoder }), expected);
  });
}

function jobOf(job: Partial<EncoderJob>): EncoderJob {
  return { input: TEST_PICTURE, size: VGA, fps: 30, time: "now", ...job };
}
