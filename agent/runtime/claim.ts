/**
 * Claims on a name among all processes of this machine, given back by the
 * kernel whichever way the holder ends.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { StreamError } from "../errors.ts";
import { ERRNO, errnoName, type Libc } from "./libc.ts";

/** socket(2), the same numbers on x86-64 and arm64. */
const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;

/**
 * A child that is being started keeps what was just given back, from its fork
 * to its exec: a few milliseconds, or more on a busy machine.
 */
const TRIES = 6;
const PAUSE_MS = 20;

/**
 * Claims a name that this process may have given back a moment ago.
 *
 * @returns As {@linkcode claim}, after 0.1 s if somebody else holds it.
 * @throws As {@linkcode claim}.
 */
export async function reclaim(
  libc: Libc,
  name: string,
): Promise<Disposable | undefined> {
  let held = claim(libc, name);
  for (let tries = 1; held === undefined && tries < TRIES; tries++) {
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    held = claim(libc, name);
  }
  return held;
}

/**
 * Binds a socket in the abstract namespace (unix(7)): no file stays behind.
 *
 * @returns The claim, or `undefined` if somebody else holds it.
 * @throws {StreamError} "lost" if the system has no socket to spare.
 */
export function claim(libc: Libc, name: string): Disposable | undefined {
  const digest = createHash("sha256").update(name).digest("hex");
  const path = new TextEncoder().encode(`\0camagent:${digest}`);
  const address = new Uint8Array(2 + path.length);
  new Uint16Array(address.buffer, 0, 1)[0] = AF_UNIX;
  address.set(path, 2);
  let fd = libc.socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || libc.bind(fd, address, address.length) !== 0) {
    const errno = libc.errno();
    if (fd >= 0) libc.close(fd);
    if (errno === ERRNO.EADDRINUSE) return undefined;
    throw new StreamError(
      "lost",
      `Cannot claim "${name}": ${errnoName(errno)}`,
    );
  }
  return {
    [Symbol.dispose]() {
      if (fd >= 0) libc.close(fd);
      fd = -1;
    },
  };
}
