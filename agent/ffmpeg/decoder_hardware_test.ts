import assert from "node:assert/strict";
import { test } from "../../test/harness.ts";
import { mayWork } from "./decoder_hardware.ts";
import type { DecoderMethod } from "./decoder_method.ts";

const CASES: [method: DecoderMethod, device: string][] = [
  [{ hwaccel: "vaapi" }, "dri/renderD128"],
  [{ hwaccel: "vulkan" }, "dri/renderD129"],
  [{ decoder: "h264_qsv" }, "dri/renderD128"],
  [{ hwaccel: "vdpau" }, "nvidia0"],
  [{ hwaccel: "cuda" }, "nvidia0"],
  [{ decoder: "hevc_cuvid" }, "nvidia1"],
  [{ decoder: "h264_v4l2m2m" }, "video10"],
  [{ hwaccel: "drm" }, "media2"],
  [{ decoder: "h264_rkmpp" }, "mpp_service"],
  [{ hwaccel: "videotoolbox" }, "macos"],
];

const devices = [...new Set(CASES.map(([, device]) => device))];

for (const [method, device] of CASES) {
  test(`mayWork gives ${JSON.stringify(method)} a try where there is ${device}`, () => {
    assert.ok(mayWork(method, [device]));
    const family = device.replace(/\d+$/, "");
    const others = devices.filter((other) => !other.startsWith(family));
    const isVdpau = method.hwaccel === "vdpau";
    assert.ok(isVdpau || !mayWork(method, others), `${others}`);
    assert.ok(!mayWork(method, []));
  });
}

test("mayWork gives no try to what needs nothing that it knows", () => {
  for (const name of ["opencl", "libopenh264", "h264_mediacodec"]) {
    assert.ok(!mayWork({ decoder: name }, devices));
  }
  assert.ok(!mayWork({}, devices));
});
