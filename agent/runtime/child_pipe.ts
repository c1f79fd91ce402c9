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
import { type KernelPipe, openFramePipe } from "./frame_pipe.ts";
import { causeOf } from "./system_error.ts";

/** What is read at once. */
const CHUNK_BYTES = 4096;

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
  const link = ending === undefined ? undefined : linkTo(pipe, ending);
  let isLinked = link !== undefined;
  const unlink = () => {
    if (isLinked) rmSync(link!, { force: true });
    isLinked = false;
  };
  const reading = chunksOf(pipe);
  return {
    path: link ?? pipe.path,
    readerPath: pipe.readerPath,
    chunks: reading.chunks,
    readNow(view) {
      const count = pipe.readNow(view);
      // Somebody has opened it: nothing is left behind by an agent that is
      // killed from now on.
      if (count > 0) unlink();
      return count;
    },
    end: pipe.end,
    [Symbol.dispose]() {
      unlink();
      reading.stop();
      pipe[Symbol.dispose]();
    },
  };
}

function linkTo(pipe: KernelPipe, ending: string): string {
  const name = `camagent-${randomBytes(12).toString("hex")}${ending}`;
  const link = join(tmpdir(), name);
  try {
    symlinkSync(pipe.path, link);
  } catch (cause) {
    pipe[Symbol.dispose]();
    throw new ConfigError(`Cannot make "${link}": ${causeOf(cause)}`, {
      exitCode: 73,
      cause,
    });
  }
  return link;
}

/** What arrives, and how to end that. */
interface Reading {
  chunks: AsyncIterable<Uint8Array<ArrayBuffer>>;
  stop(): void;
}

/**
 * In Deno a thread of the file pool waits. Bun's pool is as large as the machine
 * has cores, and is easily used up: there the event loop waits.
 */
function chunksOf(pipe: KernelPipe): Reading {
  if ("Bun" in globalThis) return eventedChunksOf(pipe.descriptor);
  return {
    chunks: {
      async *[Symbol.asyncIterator]() {
        const view = new Uint8Array(CHUNK_BYTES);
        for (let count; (count = await pipe.read(view)) > 0;) {
          yield view.subarray(0, count);
        }
      },
    },
    stop() {},
  };
}

function eventedChunksOf(descriptor: number): Reading {
  let reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>> | undefined;
  return {
    chunks: {
      async *[Symbol.asyncIterator]() {
        const { Bun } = globalThis as unknown as { Bun: BunFiles };
        reader = Bun.file(descriptor).stream().getReader();
        for (let part; !(part = await reader.read()).done;) yield part.value;
      },
    },
    stop: () => void reader?.cancel(),
  };
}

/** The part of Bun that is used; the descriptor stays ours. */
interface BunFiles {
  file(descriptor: number): {
    stream(): ReadableStream<Uint8Array<ArrayBuffer>>;
  };
}
