import assert from "node:assert/strict";
import { test } from "../../test/harness.ts";
import { inputArgs, type InputOptions } from "./input.ts";

const RECOGNISED =
  "avi,flv,h264,hevc,ivf,matroska,mjpeg,mov,mpeg,mpegts,ogg,webm";

const VGA = { width: 640, height: 480 };

/** Whole command lines, by what the user wants. */
const LINES: Record<
  string,
  [path: string, options: Partial<InputOptions>, line: string]
> = {
  "a file of a known kind": [
    "clip.mp4",
    {},
    `-format_whitelist ${RECOGNISED} -protocol_whitelist file -i file:clip.mp4`,
  ],
  "a file, over and over": [
    "/srv/clip.ts",
    { format: "mpegts", loop: true, pace: true },
    "-stream_loop -1 -re -f mpegts -protocol_whitelist file " +
    "-i file:/srv/clip.ts",
  ],
  "a file whose name looks like another protocol": [
    "http://pi/clip.mp4",
    { format: "flv" },
    "-f flv -protocol_whitelist file -i file:http://pi/clip.mp4",
  ],
  "a file whose name looks like an option": [
    "-y",
    { format: "flv" },
    "-f flv -protocol_whitelist file -i file:-y",
  ],
  "raw frames out of a pipe": [
    "/run/raw",
    { format: "rawvideo", pixelFormat: "nv12", size: VGA, fps: 30 },
    "-f rawvideo -pixel_format nv12 -video_size 640x480 -framerate 30 " +
    "-protocol_whitelist file -i file:/run/raw",
  ],
  "H.264 out of a pipe": [
    "/run/cam",
    { format: "h264", size: VGA, fps: 25, immediate: true },
    "-probesize 32 -analyzeduration 0 -f h264 -framerate 25 " +
    "-protocol_whitelist file -i file:/run/cam",
  ],
  "a container, which has a size and a rate of its own": [
    "/run/cam",
    { format: "matroska", size: VGA, fps: 25 },
    "-f matroska -protocol_whitelist file -i file:/run/cam",
  ],
  "numbered images": [
    "img%03d.png",
    { format: "image2", size: VGA, fps: 5 },
    "-f image2 -framerate 5 -protocol_whitelist file -i file:img%03d.png",
  ],
  "a USB camera": [
    "/dev/video0",
    { format: "v4l2", size: VGA, fps: 30 },
    "-f v4l2 -video_size 640x480 -framerate 30 -i /dev/video0",
  ],
  "the screen": [
    ":0.0+10,20",
    { format: "x11grab", size: VGA, fps: 12.5 },
    "-f x11grab -video_size 640x480 -framerate 12.5 -i :0.0+10,20",
  ],
  "a drawn picture": [
    "smptebars=s=640x480",
    { format: "lavfi", size: VGA, fps: 30 },
    "-f lavfi -i smptebars=s=640x480",
  ],
};

for (const [what, [path, options, line]] of Object.entries(LINES)) {
  test(`inputArgs() reads ${what}`, () => {
    const args = inputArgs(path, { pixelFormat: "yuv420p", ...options });
    assert.deepEqual(args, line.split(" "));
  });
}
