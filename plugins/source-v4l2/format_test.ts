import assert from "node:assert/strict";
import type { VideoDevice, VideoSettings } from "../../mod.ts";
import { test } from "../../test/harness.ts";
import { choose } from "./format.ts";

const SIZES = [[1920, 1080], [1280, 720], [640, 480]] as const;

/** A format with these rates at every size. */
function format(fourcc: string, ...fps: number[]) {
  const modes = SIZES.map(([width, height]) => ({ width, height, fps }));
  return { fourcc, modes };
}

function camera(...formats: VideoDevice["formats"]): VideoDevice {
  return {
    path: "/dev/video0",
    links: [],
    name: "Camera",
    driver: "uvcvideo",
    bus: "usb-1",
    busy: false,
    formats,
  };
}

/** As most webcams are: raw at full rate only when small. */
const WEBCAM = camera(
  {
    fourcc: "YUYV",
    modes: [
      { width: 1280, height: 720, fps: [10, 5] },
      { width: 640, height: 480, fps: [30, 15] },
    ],
  },
  format("MJPG", 30, 15),
);

const H264_CAMERA = camera(format("MJPG", 30), format("H264", 30, 25));

const CASES: Record<
  string,
  [
    device: VideoDevice,
    video: Partial<VideoSettings>,
    fourcc: string | undefined,
    choice: string,
  ]
> = {
  "raw pictures if nobody says": [WEBCAM, {}, undefined, "YUYV 640x480@30"],
  "JPEGs where raw pictures are too slow": [
    WEBCAM,
    { size: { width: 1280, height: 720 }, fps: 30 },
    undefined,
    "MJPG 1280x720@30",
  ],
  "the rate next to 30, raw or not": [
    WEBCAM,
    { size: { width: 1280, height: 720 } },
    undefined,
    "MJPG 1280x720@30",
  ],
  "the format that is asked for": [
    WEBCAM,
    { size: { width: 1280, height: 720 } },
    "YUYV",
    "YUYV 1280x720@10",
  ],
  "a rate as people write it": [
    camera(format("YUYV", 29.97)),
    { fps: 30 },
    undefined,
    "YUYV 640x480@29.97",
  ],
  "the size next to the usual one": [
    camera({ fourcc: "NV12", modes: [{ width: 600, height: 400, fps: [20] }] }),
    {},
    undefined,
    "NV12 600x400@20",
  ],
  "H.264 as it is": [H264_CAMERA, {}, undefined, "H264 640x480@30 copy"],
  "H.264 at a rate of its own": [
    H264_CAMERA,
    { fps: 25 },
    undefined,
    "H264 640x480@25 copy",
  ],
  "no H.264 where a bitrate is wanted": [
    H264_CAMERA,
    { bitrate: 1e6 },
    undefined,
    "MJPG 640x480@30",
  ],
  "no H.264 where an encoder is wanted": [
    H264_CAMERA,
    { encoder: "libx264" },
    undefined,
    "MJPG 640x480@30",
  ],
  "any rate of a camera that tells none": [
    camera(format("YUYV")),
    { fps: 12 },
    undefined,
    "YUYV 640x480@12",
  ],
};

for (const [what, [device, video, fourcc, expected]] of Object.entries(CASES)) {
  test(`choose() takes ${what}`, () => {
    const choice = choose(device, { encoder: "auto", ...video }, fourcc);
    assert.ok(typeof choice !== "string", `${choice}`);
    const { size: { width, height }, fps, copy } = choice;
    const text = `${choice.fourcc} ${width}x${height}@${fps}`;
    assert.equal(text + (copy ? " copy" : ""), expected);
  });
}

const REFUSALS: [
  device: VideoDevice,
  video: Partial<VideoSettings>,
  fourcc: string | undefined,
  why: string,
][] = [
  [
    WEBCAM,
    { size: { width: 1300, height: 700 } },
    undefined,
    "it has no 1300x700, the nearest is 1280x720",
  ],
  [
    WEBCAM,
    { fps: 60 },
    undefined,
    "it has no 60 pictures a second at 640x480, the nearest is 30",
  ],
  [WEBCAM, {}, "NV12", "it has no format NV12; it has YUYV, MJPG"],
  [camera(), {}, undefined, "it delivers nothing that we know"],
  [
    camera(format("pRAA", 30)),
    {},
    undefined,
    "it delivers nothing that we know",
  ],
  [
    camera(format("H264", 30)),
    { gop: 10 },
    undefined,
    "its H.264 cannot be changed; it has no other",
  ],
];

for (const [device, video, fourcc, why] of REFUSALS) {
  test(`choose() refuses: ${why}`, () => {
    assert.equal(choose(device, { encoder: "auto", ...video }, fourcc), why);
  });
}
