/**
 * Named pipes whose readers never see what another one left behind, and that
 * never block.
 *
 * @module
 */

import * as fs from "node:fs";
import { basename, dirname, join } from "node:path";
import process from "node:process";
import { ConfigError, StreamError } from "../errors.ts";
import type { Fifo, FifoOptions, FifoWriter } from "../plugin/runtime.ts";
import { claim } from "./claim.ts";
import { cString, ERRNO, errnoName, type Libc, libc } from "./libc.ts";

/** open(2); O_NOFOLLOW differs between x86-64 and arm64. */
const O_WRONLY = 1;
const O_NONBLOCK = 0o4000;
const O_CLOEXEC = 0o2000000;
const O_NOFOLLOW = fs.constants.O_NOFOLLOW;

/** fcntl(2) of pipes, and ioctl(2) for the bytes that can be read. */
const F_SETPIPE_SZ = 1031;
const F_GETPIPE_SZ = 1032;
const FIONREAD = 0x541b;

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
    throw refusal(path, "its folder does not exist", cause);
  });
  // A second agent on the same path would mix its frames with ours.
  const held = claim(libc, `fifo:${join(folder, basename(path))}`);
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

function refusal(path: string, why: string, cause?: unknown): ConfigError {
  return new ConfigError(`Cannot make FIFO "${path}": ${why}`, {
    exitCode: 73,
    cause,
  });
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

  accept(capacity: number): FifoWriter | undefined {
    const standing = this.#standing();
    if (standing === undefined) {
      // Somebody removed it.
      this.#inode = this.#replace();
      return undefined;
    }
    this.#mode = standing.mode & 0o777;
    const flags = O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW;
    const fd = this.#libc.open(cString(this.#path), flags, 0);
    if (fd < 0) {
      const errno = this.#libc.errno();
      if (errno === ERRNO.ENXIO || errno === ERRNO.ENOENT) return undefined;
      throw refusal(this.#path, `cannot open it (${errnoName(errno)})`);
    }
    // Whoever opens the path from now on gets an inode of their own.
    this.#inode = this.#replace();
    if (this.#libc.fcntl(fd, F_GETPIPE_SZ, 0) < 0) {
      // A file was put there between the look and the open.
      this.#libc.close(fd);
      return undefined;
    }
    this.#libc.fcntl(fd, F_SETPIPE_SZ, capacity);
    return new Writer(this.#libc, fd, this.#path);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      const { ino } = await fs.promises.lstat(this.#path);
      if (ino === this.#inode) await fs.promises.unlink(this.#path);
    } catch {
      // Gone already.
    } finally {
      this.#held[Symbol.dispose]();
    }
  }

  /** What stands at the path, if it is a FIFO of ours. */
  #standing(): fs.Stats | undefined {
    const stats = fs.lstatSync(this.#path, { throwIfNoEntry: false });
    if (stats === undefined) return undefined;
    if (!stats.isFIFO()) {
      throw refusal(
        this.#path,
        "something else stands there; remove it or choose another path",
      );
    }
    if (stats.uid !== process.getuid?.()) {
      throw refusal(this.#path, "a FIFO of another user stands there");
    }
    return stats;
  }

  /** Puts a fresh FIFO at the path, in one step. */
  #replace(): number {
    const fresh = `${this.#path}.${process.pid}`;
    fs.rmSync(fresh, { force: true });
    if (this.#libc.mkfifo(cString(fresh), this.#mode) !== 0) {
      const errno = this.#libc.errno();
      const why = errno === ERRNO.EACCES
        ? "no permission to write to its folder"
        : `the system refuses (${errnoName(errno)})`;
      throw refusal(this.#path, why);
    }
    // The process's umask may have taken bits away.
    fs.chmodSync(fresh, this.#mode);
    const { ino } = fs.lstatSync(fresh);
    fs.renameSync(fresh, this.#path);
    return ino;
  }
}

class Writer implements FifoWriter {
  readonly #libc: Libc;
  readonly #path: string;
  readonly #unread = new Int32Array(1);
  #fd: number;

  constructor(libc: Libc, fd: number, path: string) {
    this.#libc = libc;
    this.#fd = fd;
    this.#path = path;
  }

  pending(): number {
    const argument = new Uint8Array(this.#unread.buffer);
    this.#libc.ioctl(this.#fd, FIONREAD, argument);
    return this.#unread[0]!;
  }

  write(bytes: Uint8Array<ArrayBuffer>): number {
    let done = 0;
    while (done < bytes.length) {
      const rest = bytes.subarray(done);
      const count = this.#libc.write(this.#fd, rest, rest.length);
      if (count < 0) {
        const errno = this.#libc.errno();
        if (errno === ERRNO.EAGAIN) break;
        const why = errno === ERRNO.EPIPE
          ? "its reader left"
          : errnoName(errno);
        throw new StreamError("lost", `Lost FIFO "${this.#path}": ${why}`);
      }
      done += count;
    }
    return done;
  }

  [Symbol.dispose](): void {
    if (this.#fd >= 0) this.#libc.close(this.#fd);
    this.#fd = -1;
  }
}
