/**
 * Our end of a named pipe that one reader has opened.
 *
 * @module
 */

import { StreamError } from "../errors.ts";
import type { FifoWriter } from "../plugin/runtime.ts";
import { ERRNO, errnoName, type Libc } from "./libc.ts";

/** ioctl(2): the bytes that can be read. */
const FIONREAD = 0x541b;

/** Writes to a pipe without blocking. */
export class PipeWriter implements FifoWriter {
  readonly #libc: Libc;
  readonly #path: string;
  readonly #unread = new Int32Array(1);
  readonly #unreadBytes = new Uint8Array(this.#unread.buffer);
  #fd: number;

  /**
   * @param fd Open with O_NONBLOCK; belongs to the writer from here on.
   * @param path For messages.
   */
  constructor(libc: Libc, fd: number, path: string) {
    this.#libc = libc;
    this.#fd = fd;
    this.#path = path;
  }

  pending(): number {
    this.#libc.ioctl(this.#fd, FIONREAD, this.#unreadBytes);
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
        throw this.#lost(
          errno === ERRNO.EPIPE ? "its reader left" : errnoName(errno),
        );
      }
      done += count;
    }
    return done;
  }

  [Symbol.dispose](): void {
    if (this.#fd >= 0) this.#libc.close(this.#fd);
    this.#fd = -1;
  }

  #lost(why: string): StreamError {
    return new StreamError("lost", `Lost FIFO "${this.#path}": ${why}`);
  }
}
