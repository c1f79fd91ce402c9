/**
 * Who has the cameras.
 *
 * @module
 */

import type { ProcessName, Runtime } from "../../mod.ts";

/** What libcamera opens while it has a camera. */
const DEVICES = /^\/dev\/media\d+$/;

/** Users of the camera that are named. */
const MOST_USERS = 3;

/** The processes that have a camera of a camera port. */
export function cameraUsers(runtime: Runtime): Promise<ProcessName[]> {
  return runtime.usersOf(DEVICES);
}

/** The same for a message: `by rpicam-hello (4711)`. */
export async function namesOfUsers(runtime: Runtime): Promise<string> {
  const names = (await cameraUsers(runtime)).slice(0, MOST_USERS)
    .map(({ name, pid }) => `${name} (${pid})`);
  return names.length > 0 ? ` by ${names.join(", ")}` : " by another program";
}
