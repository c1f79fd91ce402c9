/**
 * Pipes that child processes open by a path.
 *
 * @module
 */

import { randomBytes } from "node:crypto";
import { rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConfigError } from "../errors.ts";
import type { ChildPipe } from "../plugin/runtime.ts";
import { openFramePipe } from "./frame_pipe.ts";

/**
 * Makes a pipe. It has no name in any folder, unless its path is to have an
 * ending: then a link leads to it.
 *
 * @throws {ConfigError} If this system has none that we can use.
 */
export function openPipe(ending?: string): ChildPipe {
  const pipe = openFramePipe();
  if (pipe === undefined) {
    throw new ConfigError(
      "Cannot make a pipe for a child process: there is no /proc, or no C " +
        "library that we know",
      { exitCode: 69 },
    );
  }
  if (ending === undefined) return pipe;
  const name = `camagent-${randomBytes(12).toString("hex")}${ending}`;
  const link = join(tmpdir(), name);
  try {
    symlinkSync(pipe.path, link);
  } catch (cause) {
    pipe[Symbol.dispose]();
    throw new ConfigError(`Cannot make "${link}": ${cause}`, {
      exitCode: 73,
      cause,
    });
  }
  let isLinked = true;
  const unlink = () => {
    if (isLinked) rmSync(link, { force: true });
    isLinked = false;
  };
  // Once there is something in it, it has been opened: nothing is left behind
  // by an agent that is killed later.
  const opened = (count: number) => {
    if (count > 0) unlink();
    return count;
  };
  return {
    path: link,
    readerPath: pipe.readerPath,
    readNow: (view) => opened(pipe.readNow(view)),
    read: async (view) => opened(await pipe.read(view)),
    end: pipe.end,
    [Symbol.dispose]() {
      unlink();
      pipe[Symbol.dispose]();
    },
  };
}
