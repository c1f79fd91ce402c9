/**
 * Where shared memory stands.
 *
 * @module
 */

/** Where Linux has memory that looks like files: shm_overview(7). */
export const FOLDER = "/dev/shm";

/** What a file name can be that is never hidden and never a path. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** The file of a name; `undefined` if it may not be one. */
export function pathOf(name: string | undefined): string | undefined {
  if (name === undefined || !NAME.test(name)) return undefined;
  return `${FOLDER}/camagent-${name}`;
}
