import assert from "node:assert/strict";
import { test } from "../../test/harness.ts";
import { causeIn, exitError, firstCauseIn } from "./exit_error.ts";

/** What FFmpeg wrote at the end, by version and by what was wrong. */
const CAUSES: [name: string, tail: string[], cause: string | undefined][] = [
  ["says nothing", [], undefined],
  ["says what it always says", [
    "[ivf @ 0x55d66d954d40] Stream #0: not enough frames to estimate rate; consider increasing probesize",
  ], undefined],
  ["has no camera (5.1.9)", [
    "[video4linux2,v4l2 @ 0x55f63f4c48c0] Cannot open video device /dev/video0: No such file or directory",
    "/dev/video0: No such file or directory",
  ], "/dev/video0: No such file or directory"],
  ["has no camera (7.1.5)", [
    "[video4linux2,v4l2 @ 0x55fd7437a240] Cannot open video device /dev/video0: No such file or directory",
    "[in#0 @ 0x55fd74379f80] Error opening input: No such file or directory",
    "Error opening input file /dev/video0.",
    "Error opening input files: No such file or directory",
  ], "in#0: Error opening input: No such file or directory"],
  ["has no such encoder in hardware (5.1.9)", [
    "[h264_v4l2m2m @ 0x557e924a7580] Could not find a valid device",
    "[h264_v4l2m2m @ 0x557e924a7580] can't configure encoder",
    "Error initializing output stream 0:0 -- Error while opening encoder for output stream #0:0 - maybe incorrect parameters such as bit_rate, rate, width or height",
    "Conversion failed!",
  ], "h264_v4l2m2m: Could not find a valid device"],
  ["has no such decoder in hardware (5.1.9)", [
    "[h264_v4l2m2m @ 0x560a610ff480] Could not find a valid device",
    "[h264_v4l2m2m @ 0x560a610ff480] can't configure decoder",
    "Error while opening decoder for input stream #0:0 : Invalid argument",
  ], "h264_v4l2m2m: Could not find a valid device"],
  [
    "has nothing to decode with (5.1.9)",
    [
      "Device creation failed: -542398533.",
      "[h264 @ 0x55eb21359540] No device available for decoder: device type vaapi needed for codec h264.",
      "Device setup failed for decoder on input stream #0:0 : Generic error in an external library",
    ],
    "h264: No device available for decoder: device type vaapi needed for codec h264.",
  ],
  ["has no such encoder in hardware (7.1.5)", [
    "[h264_nvenc @ 0x56133c67ec40] Cannot load libcuda.so.1",
    "[vost#0:0/h264_nvenc @ 0x56133c69ff40] Error while opening encoder - maybe incorrect parameters such as bit_rate, rate, width or height.",
    "[vf#0:0 @ 0x56133c6bb140] Error sending frames to consumers: Operation not permitted",
    "[vf#0:0 @ 0x56133c6bb140] Task finished with error code: -1 (Operation not permitted)",
    "[vf#0:0 @ 0x56133c6bb140] Terminating thread with return code -1 (Operation not permitted)",
    "[vost#0:0/h264_nvenc @ 0x56133c69ff40] Could not open encoder before EOF",
    "[vost#0:0/h264_nvenc @ 0x56133c69ff40] Task finished with error code: -22 (Invalid argument)",
    "[vost#0:0/h264_nvenc @ 0x56133c69ff40] Terminating thread with return code -22 (Invalid argument)",
    "[out#0/flv @ 0x56133c69f680] Nothing was written into output file, because at least one of its streams received no packets.",
  ], "h264_nvenc: Cannot load libcuda.so.1"],
  [
    "has no such hardware (5.1.9)",
    [
      "Device creation failed: -542398533.",
      "Failed to set value 'vaapi=gpu' for option 'init_hw_device': Generic error in an external library",
      "Error parsing global options: Generic error in an external library",
    ],
    "Failed to set value 'vaapi=gpu' for option 'init_hw_device': Generic error in an external library",
  ],
  ["knows no such encoder (7.1.5)", [
    "[vost#0:0 @ 0x558a443fbf40] Unknown encoder 'nosuch'",
    "[vost#0:0 @ 0x558a443fbf40] Error selecting an encoder",
    "Error opening output file pipe:1.",
    "Error opening output files: Encoder not found",
  ], "vost#0:0: Unknown encoder 'nosuch'"],
  [
    "finds no video (5.1.9)",
    [
      "Stream map '0:V:0' matches no streams.",
      "To ignore this, add a trailing '?' to the map.",
    ],
    "Stream map '0:V:0' matches no streams.",
  ],
  [
    "finds no video (7.1.5)",
    [
      "Stream map '' matches no streams.",
      "To ignore this, add a trailing '?' to the map.",
      "Failed to set value '0:V:0' for option 'map': Invalid argument",
      "Error parsing options for output file pipe:1.",
      "Error opening output files: Invalid argument",
    ],
    "Stream map '' matches no streams.",
  ],
  [
    "finds no keyframe (5.1.9)",
    [
      "[nut @ 0x55f4aef2fb80] dimensions not set",
      "Could not write header for output file #0 (incorrect codec parameters ?): Invalid argument",
    ],
    "nut: dimensions not set",
  ],
  ["ended for no reason of its own", [
    "Conversion failed!",
  ], "Conversion failed!"],
];

for (const [name, tail, cause] of CAUSES) {
  test(`causeIn finds the cause where FFmpeg ${name}`, () => {
    assert.equal(causeIn(tail), cause);
  });
}

/** What FFmpeg 5.1.9 wrote first of a decoder that does not work. */
const FIRST_CAUSES: [tail: string[], cause: string | undefined][] = [
  [[], undefined],
  [[
    "[ivf @ 0x55] Stream #0: not enough frames to estimate rate; consider increasing probesize",
    "[mjpeg @ 0x55] EOI missing, emulating",
    "[mjpeg_qsv @ 0x55] Error initializing an internal MFX session: unsupported (-3)",
    "[mjpeg_qsv @ 0x55] Error initializing an MFX session",
    "Error while decoding stream #0:0: Function not implemented",
  ], "mjpeg_qsv: Error initializing an internal MFX session: unsupported (-3)"],
  [
    [
      "Device creation failed: -542398533.",
      "[h264 @ 0x55] No device available for decoder: device type vaapi needed for codec h264.",
      "Device setup failed for decoder on input stream #0:0 : Generic error in an external library",
    ],
    "h264: No device available for decoder: device type vaapi needed for codec h264.",
  ],
  [["Device creation failed: -14."], "Device creation failed: -14."],
];

for (const [tail, cause] of FIRST_CAUSES) {
  test(`firstCauseIn takes ${cause} of ${tail.length} lines`, () => {
    assert.equal(firstCauseIn(tail), cause);
  });
}

test("exitError tells code, cause and command", () => {
  const command = ["ffmpeg", "-i", "file:x"];
  const error = exitError(command, {
    code: 1,
    signal: null,
    forced: false,
    stderrTail: ["file:x: No such file or directory"],
  });
  assert.equal(
    error.message,
    "ffmpeg exited with 1: file:x: No such file or directory",
  );
  assert.equal(error.reason, "exited");
  assert.equal(error.exitCode, 1);
  assert.equal(error.signal, undefined);
  assert.deepEqual(error.command, command);
});

test("exitError blames nothing that FFmpeg said before a signal", () => {
  const error = exitError(["ffmpeg"], {
    code: null,
    signal: "SIGKILL",
    forced: true,
    stderrTail: ["deprecated pixel format used"],
  });
  assert.equal(error.message, "ffmpeg was killed by SIGKILL");
  assert.equal(error.reason, "killed");
  assert.equal(error.signal, "SIGKILL");
  assert.equal(error.exitCode, undefined);
  assert.equal(error.forced, true);
  assert.deepEqual(error.stderrTail, ["deprecated pixel format used"]);
});
