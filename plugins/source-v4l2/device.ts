/**
 * Which camera an address means.
 *
 * @module
 */

import type { VideoDevice } from "../../mod.ts";

/** What the address of a device begins with. */
const FOLDER = /^\/dev\//;

/**
 * Finds a camera by its path, by the name of a link to it, or by what it calls
 * itself; the first one where nothing is said.
 */
export function findDevice(
  devices: readonly VideoDevice[],
  wanted: string | undefined,
): VideoDevice | undefined {
  if (wanted === undefined) return devices[0];
  if (FOLDER.test(wanted)) {
    return devices.find(({ path, links }) => [path, ...links].includes(wanted));
  }
  const text = wanted.toLowerCase();
  const named = (fits: (name: string) => boolean) =>
    devices.find(({ name }) => fits(name.toLowerCase()));
  return named((name) => name === text) ??
    named((name) => name.includes(text));
}

/** Finds a camera again that was there before: it may have another path now. */
export function findAgain(
  devices: readonly VideoDevice[],
  before: VideoDevice,
): VideoDevice | undefined {
  const { links, name, bus } = before;
  return devices.find((device) =>
    device.links.some((link) => links.includes(link))
  ) ?? devices.find((device) => device.bus === bus && device.name === name);
}

/** The address that selects a camera, also when it is plugged in again. */
export function addressOf({ links, path }: VideoDevice): string {
  // Names of links may have any letter in them.
  const name = (links[0] ?? path).replace(
    /[^\w./:+@-]/g,
    (letter) => encodeURIComponent(letter),
  );
  return `v4l2:${name}`;
}
