/**
 * Cameras that are devices of V4L2 (linux/videodev2.h).
 *
 * @module
 */

import { readdirSync, realpathSync } from "node:fs";
import { join } from "node:path";
import type { VideoDevice, VideoFormat } from "../plugin/runtime.ts";
import { cString, ERRNO, libc, O_CLOEXEC } from "./libc.ts";
import { V4l2 } from "./v4l2.ts";

/** A machine has a few; /dev may have more names than anybody needs. */
const MOST_DEVICES = 64;

/** open(2): O_RDWR and O_NONBLOCK. */
const OPEN_FLAGS = 2 | 0o4000 | O_CLOEXEC;

/**
 * What is behind the camera port of a Raspberry Pi, and its codecs: they
 * deliver nothing by themselves.
 */
const NO_CAMERAS = [
  "unicam",
  "bcm2835-isp",
  "bcm2835-codec",
  "rp1-cfe",
  "pispbe",
  "rpivid",
  "rpi-hevc-dec",
];

/** Lists the cameras, without disturbing those that stream. */
export function listVideoDevices(dev = "/dev"): VideoDevice[] {
  const names = namesIn(dev).filter((name) => /^video\d+$/.test(name));
  const links = linksIn(join(dev, "v4l/by-id"));
  return names.sort((a, b) => numberOf(a) - numberOf(b))
    .slice(0, MOST_DEVICES)
    .flatMap((name) => {
      const path = join(dev, name);
      const device = deviceAt(path);
      return device ? [{ ...device, links: links.get(path) ?? [] }] : [];
    });
}

function deviceAt(path: string): Omit<VideoDevice, "links"> | undefined {
  const fd = libc?.open(cString(path), OPEN_FLAGS, 0) ?? -1;
  if (fd < 0) return undefined; // Gone, or not ours to open.
  try {
    const v4l2 = new V4l2(fd, libc!);
    const about = v4l2.capability();
    if (!about?.captures || NO_CAMERAS.includes(about.driver)) return undefined;
    const { name, driver, bus } = about;
    const busy = v4l2.tryBuffers() === ERRNO.EBUSY;
    return { path, name, driver, bus, busy, formats: formatsOf(v4l2) };
  } finally {
    libc!.close(fd);
  }
}

function formatsOf(v4l2: V4l2): VideoFormat[] {
  return v4l2.formats().map((fourcc) => ({
    fourcc,
    modes: v4l2.sizes(fourcc)
      .map(({ width, height }) => ({
        width,
        height,
        fps: v4l2.rates(fourcc, width, height).toSorted((a, b) => b - a),
      }))
      .toSorted((a, b) => b.width * b.height - a.width * a.height),
  }));
}

/** Links by what they lead to. */
function linksIn(folder: string): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const name of namesIn(folder).sort()) {
    const link = join(folder, name);
    try {
      const target = realpathSync(link);
      found.set(target, [...found.get(target) ?? [], link]);
    } catch {
      // It has just been unplugged.
    }
  }
  return found;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // There is no such folder.
  }
}

function numberOf(name: string): number {
  return Number(name.replace(/\D+/g, ""));
}
