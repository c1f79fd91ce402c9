/**
 * Devices that may decode.
 *
 * @module
 */

import { readdirSync, realpathSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";

/**
 * Folders of /dev, and what of them: graphics cards, V4L2 and its controllers,
 * Nvidia's, Rockchip's.
 */
const NODES: readonly [folder: string, name: RegExp][] = [
  ["dri", /^renderD\d+$/],
  [".", /^(video|media|nvidia)\d+$/],
  [".", /^mpp_service$/],
];

/** Where /sys says what V4L2's nodes belong to. */
const OWNERS = ["class/video4linux", "bus/media/devices"];

/** A machine has a few; /dev may have more names than anybody needs. */
const MOST = 64;

/**
 * Lists the devices that FFmpeg may decode with, such as `dri/renderD128`. On
 * macOS that is `macos` itself.
 *
 * @param dev Where devices are.
 * @default {"/dev"}
 * @param sys What the kernel tells of them.
 * @default {"/sys"}
 */
export function listDevices(dev = "/dev", sys = "/sys"): string[] {
  if (process.platform === "darwin") return ["macos"];
  return NODES.flatMap(([folder, name]) =>
    namesIn(join(dev, folder))
      .filter((node) => name.test(node) && !isOnUsb(node, sys))
      .map((node) => join(folder, node))
  ).sort().slice(0, MOST);
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // There is no such folder.
  }
}

/** Cameras come and go, and do not decode. */
function isOnUsb(node: string, sys: string): boolean {
  return OWNERS.some((folder) => {
    try {
      return realpathSync(join(sys, folder, node)).includes("/usb");
    } catch {
      return false; // It is none of V4L2's.
    }
  });
}
