/**
 * VLC, which does not run as root.
 *
 * @module
 */

import { chmodSync } from "node:fs";
import process from "node:process";
import { Program } from "./program.ts";

/** "nobody" and "nogroup" of Debian. */
const NOBODY = "65534";

/**
 * Starts it without a window.
 *
 * @param folder It may write there.
 * @param stdout See {@linkcode Program}.
 */
export function vlc(
  folder: string,
  args: readonly string[],
  stdout: "lines" | "bytes" = "lines",
): Program {
  chmodSync(folder, 0o777);
  const isRoot = process.getuid?.() === 0;
  const ids = [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups"];
  const command = isRoot ? ["setpriv", ...ids, "cvlc"] : ["cvlc"];
  return new Program(
    [...command, "--no-dbus", ...args],
    { HOME: folder },
    stdout,
  );
}
