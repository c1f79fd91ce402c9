/**
 * The addresses in what clients ask.
 *
 * @module
 */

/** A stream, or the one part it has. */
export interface RequestedStream {
  /** From the slash on, decoded; without a slash at its end. */
  readonly path: string;
  /** What follows the path for the part alone; absent for the whole. */
  readonly track?: string;
  /** The address of the whole as the client wrote it, without user and query. */
  readonly base: string;
}

/** Without a user: clients leave theirs in, or do not. */
const URL = /^(rtsps?:\/\/)(?:[^/?#]*@)?([^/?#@]+)(\/[^?#]*)?(?:[?#].*)?$/i;

/** The last part of a path, if it is a part of a stream. */
const TRACK = /^(.*)\/(trackID=[^/]*)$/;

/**
 * Reads the address of a request.
 *
 * @returns `undefined` if it is none of RTSP's.
 */
export function readRequestUrl(url: string): RequestedStream | undefined {
  const [, scheme = "", authority = "", whole = ""] = URL.exec(url) ?? [];
  if (authority === "") return undefined;
  const [, before = whole, track] = TRACK.exec(whole) ?? [];
  const plain = before.replace(/\/+$/, "");
  try {
    return {
      path: decodeURIComponent(plain) || "/",
      ...(track !== undefined && { track }),
      base: `${scheme}${authority}${plain}/`,
    };
  } catch {
    return undefined;
  }
}
