import assert from "node:assert/strict";
import { test } from "../../test/harness.ts";
import { type Complaint, complaintIn, worse } from "./complaint.ts";

const LIBCAMERA = "[0:12:34.567890123] [987]";

/** Lines as rpicam-apps and libcamera print them. */
const LINES: Record<string, [kind: Complaint["kind"], text: string]> = {
  "ERROR: *** unrecognised option '--low-latency' ***": [
    "option",
    "low-latency",
  ],
  "ERROR: *** no cameras available ***": ["no-camera", "no cameras available"],
  "ERROR: *** selected camera is not available ***": [
    "no-camera",
    "selected camera is not available",
  ],
  [`${LIBCAMERA} ERROR Camera camera.cpp:986 Pipeline handler in use by another process`]:
    ["busy", "Pipeline handler in use by another process"],
  "ERROR: *** failed to acquire camera /base/soc/i2c@1/imx708@1a ***": [
    "busy",
    "failed to acquire camera /base/soc/i2c@1/imx708@1a",
  ],
  [`${LIBCAMERA} ERROR RPI pipeline_base.cpp:1373 Camera frontend has timed out!`]:
    ["cable", "Camera frontend has timed out"],
  "ERROR: Device timeout detected, attempting a restart!!!": [
    "cable",
    "Device timeout detected",
  ],
  "ERROR: *** Unable to find an appropriate H.264 codec ***": [
    "encoder",
    "Unable to find an appropriate H.264 codec",
  ],
  "ERROR: *** libav: cannot find video encoder libx264 ***": [
    "encoder",
    "libav: cannot find video encoder libx264",
  ],
  "ERROR: *** libav: Incompatible options selected. ***": [
    "encoder",
    "libav: Incompatible options selected.",
  ],
  "ERROR: *** failed to start output streaming ***": [
    "encoder",
    "failed to start output streaming",
  ],
  "ERROR: *** no such profile tall ***": ["value", "no such profile tall"],
  "ERROR: *** the argument ('x') for option '--roi' is invalid ***": [
    "value",
    "the argument ('x') for option '--roi' is invalid",
  ],
  "ERROR: the system appears to be configured for the legacy camera stack": [
    "legacy",
    "configured for the legacy camera stack",
  ],
  "ERROR: rpicam-apps currently only supports the Raspberry Pi platforms.": [
    "no-pi",
    "only supports the Raspberry Pi platforms",
  ],
  "  what():  failed to write output bytes": [
    "other",
    "failed to write output bytes",
  ],
  "ERROR: *** failed to start camera ***": ["other", "failed to start camera"],
};

for (const [line, [kind, text]] of Object.entries(LINES)) {
  test(`complaintIn() takes "${line.replace(LIBCAMERA, "")}" for ${kind}`, () => {
    assert.deepEqual(complaintIn(line), { kind, text });
  });
}

for (
  const line of [
    `${LIBCAMERA}  INFO Camera camera_manager.cpp:327 libcamera v0.5.0+59-d83ff0a4`,
    "Mode selection for 1280:720:12:P(30)",
    "    SRGGB10_CSI2P,1536x864/120.135 - Score: 1100",
    "[libx264 @ 0x5581] using cpu capabilities: ARMv8 NEON",
    "Output #0, h264, to 'pipe:':",
  ]
) {
  test(`complaintIn() finds nothing wrong in "${line.slice(0, 30)}"`, () => {
    assert.equal(complaintIn(line), undefined);
  });
}

test("worse() keeps the first, but for one that says nothing", () => {
  const busy: Complaint = { kind: "busy", text: "in use" };
  const other: Complaint = { kind: "other", text: "failed" };
  assert.equal(worse(undefined, other), other);
  assert.equal(worse(other, busy), busy);
  assert.equal(worse(busy, other), busy);
});
