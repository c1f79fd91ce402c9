import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "../../test/harness.ts";
import { listVideoDevices } from "./video_devices.ts";

// What real devices tell is looked at in a machine that has some: test/vm.

test("listVideoDevices() takes what is no device of V4L2 for none", () => {
  const dev = mkdtempSync(join(tmpdir(), "camagent-"));
  try {
    for (const name of ["video0", "video10", "videotape"]) {
      writeFileSync(join(dev, name), "");
    }
    mkdirSync(join(dev, "v4l/by-id"), { recursive: true });
    symlinkSync("../../video0", join(dev, "v4l/by-id/usb-camera"));
    symlinkSync("../../video9", join(dev, "v4l/by-id/usb-unplugged"));
    assert.deepEqual(listVideoDevices(dev), []);
  } finally {
    rmSync(dev, { recursive: true });
  }
});

test("listVideoDevices() finds nothing where there is no such folder", () => {
  assert.deepEqual(listVideoDevices("/nonexistent"), []);
});
