import assert from "node:assert/strict";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "../../test/e2e/folder.ts";
import { test } from "../../test/harness.ts";
import { listDevices } from "./devices.ts";

/** A kernel that tells nothing. */
const NO_SYS = "/no/such";

test("listDevices finds what may decode, and nothing else", () => {
  using folder = temporaryFolder();
  mkdirSync(join(folder.path, "dri"));
  const nodes = [
    ...["video10", "video0", "media2", "nvidia0", "mpp_service"],
    ...["dri/renderD128", "dri/card0", "nvidiactl", "video", "null", "sda1"],
  ];
  for (const node of nodes) writeFileSync(join(folder.path, node), "");
  assert.deepEqual(listDevices(folder.path, NO_SYS), [
    "dri/renderD128",
    "media2",
    "mpp_service",
    "nvidia0",
    "video0",
    "video10",
  ]);
});

test("listDevices leaves USB cameras out", () => {
  using folder = temporaryFolder();
  const [dev, sys] = ["dev", "sys"].map((name) => join(folder.path, name));
  const nodes = [
    ["class/video4linux", "video0", "pci0/usb1/1-2/video4linux/video0"],
    ["class/video4linux", "video10", "platform/codec/video4linux/video10"],
    ["bus/media/devices", "media0", "pci0/usb1/1-2/media0"],
    ["bus/media/devices", "media1", "platform/codec/media1"],
  ] as const;
  mkdirSync(dev!);
  for (const [owner, node, device] of nodes) {
    const target = join(sys!, "devices", device);
    mkdirSync(target, { recursive: true });
    mkdirSync(join(sys!, owner), { recursive: true });
    symlinkSync(target, join(sys!, owner, node));
    writeFileSync(join(dev!, node), "");
  }
  assert.deepEqual(listDevices(dev, sys), ["media1", "video10"]);
});

test("listDevices finds nothing where there is nothing", () => {
  using folder = temporaryFolder();
  assert.deepEqual(listDevices(folder.path, NO_SYS), []);
  assert.deepEqual(listDevices(join(folder.path, "no/such"), NO_SYS), []);
});

test("listDevices has no more names than anybody needs", () => {
  using folder = temporaryFolder();
  for (let i = 0; i < 200; i++) {
    writeFileSync(join(folder.path, `video${i}`), "");
  }
  assert.equal(listDevices(folder.path, NO_SYS).length, 64);
});
