/**
 * Named pipes whose readers never see what another one left behind, and that
 * never block.
 *
 * @module
 */

import { randomBytes } from "node:crypto";
import * as fs from "node:fs";
import { basename, dirname, join } from "node:path";
import process from "node:process";
import { ConfigError } from "../errors.ts";
import type { Fifo, FifoOptions, FifoWriter } from "../plugin/runtime.ts";
import { reclaim } from "./claim.ts";
import { PipeWriter } from "./fifo_writer.ts";
import { cString, ERRNO, errnoName, type Libc, libc } from "./libc.ts";
import { causeOf, codeOf, pathRefusalOf } from "./system_error.ts";

/** open(2); O_NOFOLLOW differs between x86-64 and arm64. */
const O_WRONLY = 1;
const O_RDWR = 2;
const O_SAFELY = 0o4000 /* O_NONBLOCK */ | 0o2000000 /* O_CLOEXEC */ |
  fs.constants.O_NOFOLLOW;

/** fcntl(2): the capacity of a pipe. */
const F_SETPIPE_SZ = 1031;
const F_GETPIPE_SZ = 1032;

/** Makes a named pipe, or takes over one of ours that stands there. */
export async function openFifo(options: FifoOptions): Promise<Fifo> {
  const { path } = options;
  if (libc === undefined) {
    throw new ConfigError(
      `Cannot make FIFO "${path}": this system has no named pipes that we ` +
        'can use; write to "stdout:" instead',
      { exitCode: 69 },
    );
  }
  const folder = await fs.promises.realpath(dirname(path)).catch((cause) => {
    throw refusal(path, pathRefusalOf(codeOf(cause)), cause);
  });
  // A second agent on the same path would mix its frames with ours.
  const held = await reclaim(libc, `fifo:${join(folder, basename(path))}`);
  if (held === undefined) {
    throw refusal(path, "another camagent writes to it");
  }
  try {
    return new NamedPipe(libc, options, held);
  } catch (error) {
    held[Symbol.dispose]();
    throw error;
  }
}

function refusal(
  path: string,
  why = "the system refuses",
  cause?: unknown,
): ConfigError {
  const message = `Cannot make FIFO "${path}": ${why}`;
  return new ConfigError(message, { exitCode: 73, cause });
}

class NamedPipe implements Fifo {
  readonly #libc: Libc;
  readonly #path: string;
  readonly #held: Disposable;
  #mode: number;
  /** The inode we put there, or found and took over. */
  #inode: number;

  constructor(libc: Libc, options: FifoOptions, held: Disposable) {
    this.#libc = libc;
    this.#path = options.path;
    this.#held = held;
    const standing = this.#standing();
    this.#mode = standing ? standing.mode & 0o777 : options.mode;
    this.#inode = standing ? standing.ino : this.#replace();
  }

  get mode(): number {
    const standing = this.#standing();
    if (standing !== undefined) this.#mode = standing.mode & 0o777;
    return this.#mode;
  }

  accept(capacity: number): FifoWriter | undefined {
    const standing = this.#standing();
    if (standing === undefined) {
      // Somebody removed it.
      this.#inode = this.#replace();
      return undefined;
    }
    this.#mode = standing.mode & 0o777;
    const fd = this.#open(O_WRONLY);
    if (fd < 0) {
      const errno = this.#libc.errno();
      if (errno === ERRNO.ENXIO || errno === ERRNO.ENOENT) return undefined;
      throw refusal(this.#path, reasonOf(errnoName(errno)));
    }
    const writer = new PipeWriter(this.#libc, fd, this.#path);
    try {
      // A file was put there between the look and the open.
      const isPipe = this.#libc.fcntl(fd, F_GETPIPE_SZ, 0) >= 0;
      if (!isPipe) throw refusal(this.#path, SOMETHING_ELSE);
      // Whoever opens the path from now on gets an inode of their own.
      this.#inode = this.#replace();
    } catch (error) {
      writer[Symbol.dispose]();
      throw error;
    }
    this.#libc.fcntl(fd, F_SETPIPE_SZ, capacity);
    return writer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      const standing = this.#standing();
      if (standing?.ino === this.#inode) this.#remove();
    } catch {
      // What stands there now is not ours.
    } finally {
      // The number may be given to the next one's FIFO.
      this.#inode = -1;
      this.#held[Symbol.dispose]();
    }
    await Promise.resolve();
  }

  #open(mode: number): number {
    return this.#libc.open(cString(this.#path), mode | O_SAFELY, 0);
  }

  /** What stands at the path, if it is a FIFO of ours. */
  #standing(): fs.Stats | undefined {
    let stats;
    try {
      stats = fs.lstatSync(this.#path);
    } catch (cause) {
      const code = codeOf(cause);
      if (code === "ENOENT") return undefined;
      throw refusal(this.#path, pathRefusalOf(code) ?? causeOf(cause), cause);
    }
    if (!stats.isFIFO()) throw refusal(this.#path, SOMETHING_ELSE);
    if (stats.uid !== process.getuid?.()) {
      throw refusal(this.#path, "a FIFO of another user stands there");
    }
    return stats;
  }

  /** Puts a fresh FIFO at the path, in one step. */
  #replace(): number {
    const fresh = `${this.#path}.${randomBytes(6).toString("hex")}`;
    if (this.#libc.mkfifo(cString(fresh), this.#mode) !== 0) {
      throw refusal(this.#path, reasonOf(errnoName(this.#libc.errno())));
    }
    try {
      // The process's umask may have taken bits away.
      fs.chmodSync(fresh, this.#mode);
      const { ino } = fs.lstatSync(fresh);
      fs.renameSync(fresh, this.#path);
      return ino;
    } catch (cause) {
      fs.rmSync(fresh, { force: true });
      throw refusal(this.#path, reasonOf(codeOf(cause)), cause);
    }
  }

  /** Lets go of who has opened it and still waits for a writer: it ends. */
  #remove(): void {
    const fd = this.#open(O_RDWR);
    fs.unlinkSync(this.#path);
    if (fd >= 0) this.#libc.close(fd);
  }
}

const SOMETHING_ELSE =
  "something else stands there; remove it or choose another path";

function reasonOf(code: string): string {
  return pathRefusalOf(code) ?? `the system refuses (${code})`;
}
