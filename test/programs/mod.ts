/**
 * Child programs that misbehave on purpose. They need a POSIX shell and
 * coreutils, and are started by absolute path.
 *
 * @module
 */

import { fileURLToPath } from "node:url";

/** What there is; each says on its second line what it does. */
export type ProgramName =
  | "exit-at-once"
  | "flood-stderr"
  | "forever"
  | "grandchild-holds-stdout"
  | "ignore-term"
  | "pretend-ffmpeg"
  | "rpicam-vid"
  | "stop-after";

/** Tells a program's absolute path. */
export function programPath(name: ProgramName): string {
  return fileURLToPath(new URL(name, import.meta.url));
}
