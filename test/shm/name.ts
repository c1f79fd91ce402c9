/**
 * Names of shared memory for tests.
 *
 * @module
 */

import { randomBytes } from "node:crypto";
import { rmSync } from "node:fs";

/** A name that is nobody else's, and nobody's when it is disposed of. */
export interface FreshName extends Disposable {
  /** What stands behind `shm:`. */
  readonly name: string;
  /** Where its memory stands. */
  readonly path: string;
}

/** Makes up a name. */
export function freshName(): FreshName {
  const name = `test-${randomBytes(6).toString("hex")}`;
  const path = `/dev/shm/camagent-${name}`;
  return {
    name,
    path,
    [Symbol.dispose]: () => rmSync(path, { force: true, recursive: true }),
  };
}
