/**
 * Ends of TCP connections that nobody serves: neither a runtime nor a program
 * reads, so that only the kernel takes what is sent.
 *
 * @module
 */

import { sockets } from "./ffi.ts";
import {
  AF_INET,
  boundPort,
  encodeAddress,
  SOCK_CLOEXEC,
} from "./socket_address.ts";

/** socket.h of Linux, the same on x86-64 and arm64. */
const SOCK_STREAM = 1;

const HOST = "127.0.0.1";

/** A peer on this machine that is connected and never reads. */
export class MutePeer implements Disposable {
  readonly #fd = open();

  /** Connects to a port of this machine. */
  constructor(port: number) {
    const address = encodeAddress({ host: HOST, port });
    if (sockets.connect(this.#fd, address, address.length) !== 0) {
      sockets.close(this.#fd);
      throw new Error(`Cannot connect to port ${port}`);
    }
  }

  [Symbol.dispose](): void {
    sockets.close(this.#fd);
  }
}

/**
 * Listens and never accepts. With a backlog of 0 Linux completes one
 * connection, and lets all others wait for an answer.
 */
export class MuteListener implements Disposable {
  /** Where it listens. */
  readonly port: number;
  readonly #fd = open();

  /** Listens on a free port of this machine. */
  constructor() {
    const address = encodeAddress({ host: HOST, port: 0 });
    const failed = sockets.bind(this.#fd, address, address.length) !== 0 ||
      sockets.listen(this.#fd, 0) !== 0;
    if (failed) {
      sockets.close(this.#fd);
      throw new Error("Cannot listen");
    }
    this.port = boundPort(this.#fd);
  }

  [Symbol.dispose](): void {
    sockets.close(this.#fd);
  }
}

function open(): number {
  const fd = sockets.socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) throw new Error("Cannot open a socket");
  return fd;
}
