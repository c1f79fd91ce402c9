/**
 * What a server of RTMP is asked for.
 *
 * @module
 */

/** A stream, as RTMP names it. */
export interface Stream {
  /** What `connect` names. */
  readonly application: string;
  /** What `publish` names; may be empty. */
  readonly key: string;
}

/** A line of a preset holds 1000 bytes of FFmpeg's. */
const MOST_CHARACTERS = 300;

/**
 * Takes path and query apart: the last part of the path is the key, and the
 * query goes with it. A single part is the application, as for FFmpeg.
 *
 * @returns `undefined` if there is none, or it is too long.
 */
export function streamOf(resource: string): Stream | undefined {
  const parts = /^\/(?:([^?]+)\/)?([^?/]+)\/?(\?.*)?$/.exec(resource);
  if (!parts || resource.length > MOST_CHARACTERS) return undefined;
  const [, path, last = "", query = ""] = parts;
  return path === undefined
    ? { application: last + query, key: "" }
    : { application: path, key: last + query };
}
