/**
 * How a user and a password are shown to servers of HTTP and RTSP: Basic (RFC
 * 7617) and Digest (RFC 7616, and 2617 before it).
 *
 * @module
 */

import { createHash } from "node:crypto";

/** Who asks, and for what. */
export interface AuthRequest {
  /** Who it is. */
  readonly username: string;
  /** Only its hash is told, but in Basic. */
  readonly password: string;
  /** `ANNOUNCE` and the like. */
  readonly method: string;
  /** As it stands in the request line. */
  readonly uri: string;
  /** How often the same challenge is answered, from 1. */
  readonly count: number;
  /** 64 random bits or more, in letters and digits. */
  readonly clientNonce: string;
}

/** What a server wants to be shown. */
export interface AuthChallenge {
  /** In which form. */
  readonly scheme: "basic" | "digest";
  /** As the server wrote them, names in lower case. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** Names of hashes, by what RFC 7616 calls them. */
const HASHES: Readonly<Record<string, string>> = {
  "md5": "md5",
  "sha-256": "sha256",
};

/** A parameter: a token, or a text in quotes. */
const PARAMETER = /([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/g;

/** Far more than a challenge has. */
const MAX_CHARACTERS = 4096;

/**
 * Reads the value of a `WWW-Authenticate` header.
 *
 * @returns `undefined` if it is none that can be answered.
 */
export function readChallenge(header: string): AuthChallenge | undefined {
  const text = header.slice(0, MAX_CHARACTERS);
  const scheme = /^\s*(basic|digest)\b/i.exec(text)?.[1]?.toLowerCase();
  if (scheme !== "basic" && scheme !== "digest") return undefined;
  const entries = [...text.matchAll(PARAMETER)].map((
    [, name = "", quoted, token],
  ) => [name.toLowerCase(), quoted?.replace(/\\(.)/g, "$1") ?? token ?? ""]);
  const parameters: Record<string, string> = Object.fromEntries(entries);
  if (scheme === "basic") return { scheme, parameters };
  const { nonce, realm, qop, algorithm = "md5" } = parameters;
  const isKnown = Object.hasOwn(HASHES, algorithm.toLowerCase());
  const isPlain = qop === undefined || /(^|[\s,])auth([\s,]|$)/.test(qop);
  return nonce !== undefined && realm !== undefined && isKnown && isPlain
    ? { scheme, parameters }
    : undefined;
}

/** Writes the value of an `Authorization` header. */
export function answerChallenge(
  { scheme, parameters }: AuthChallenge,
  request: AuthRequest,
): string {
  const { username, password } = request;
  if (scheme === "basic") {
    const bytes = new TextEncoder().encode(`${username}:${password}`);
    return `Basic ${bytes.toBase64()}`;
  }
  const { realm = "", nonce = "", algorithm, opaque, qop } = parameters;
  const name = HASHES[algorithm?.toLowerCase() ?? "md5"]!;
  const hash = (text: string) => createHash(name).update(text).digest("hex");
  const count = request.count.toString(16).padStart(8, "0");
  const rest = qop === undefined ? "" : `${count}:${request.clientNonce}:auth:`;
  const secret = hash(`${username}:${realm}:${password}`);
  const what = hash(`${request.method}:${request.uri}`);
  const fields = [
    `username=${quoted(username)}`,
    `realm=${quoted(realm)}`,
    `nonce=${quoted(nonce)}`,
    `uri=${quoted(request.uri)}`,
    `response="${hash(`${secret}:${nonce}:${rest}${what}`)}"`,
    ...(algorithm === undefined ? [] : [`algorithm=${algorithm}`]),
    ...(opaque === undefined ? [] : [`opaque=${quoted(opaque)}`]),
    ...(qop === undefined
      ? []
      : ["qop=auth", `nc=${count}`, `cnonce="${request.clientNonce}"`]),
  ];
  return `Digest ${fields.join(", ")}`;
}

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, "\\$&")}"`;
}
