/**
 * How a user and a password are shown to servers of HTTP and RTSP: Basic (RFC
 * 7617) and Digest (RFC 7616, and 2617 before it).
 *
 * @module
 */

import { createHash, timingSafeEqual } from "node:crypto";

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

/** Who may come, and what was asked of whom. */
export interface AuthExpectation {
  /** Who may. */
  readonly username: string;
  /** What only that one knows. */
  readonly password: string;
  /** Of the request. */
  readonly method: string;
  /** What the challenge called the whole. */
  readonly realm: string;
  /** What the challenge was told apart by. */
  readonly nonce: string;
}

/**
 * What a client has shown: the right thing, the right thing for a challenge of
 * before (RFC 7616, section 3.3), nothing of use, or something wrong.
 */
export type AuthVerdict = "right" | "stale" | "missing" | "wrong";

/** Names of hashes, by what RFC 7616 calls them. */
const HASHES: Readonly<Record<string, string>> = {
  "md5": "md5",
  "sha-256": "sha256",
};

/** A parameter: a token, or a text in quotes. */
const PARAMETER = /([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/g;

/** Far more than a challenge has. */
const MAX_CHARACTERS = 4096;

/** Where a challenge begins, in a text without what stands in quotes. */
const BEGINNING = /(?:^|,)\s*(?=[\w-]+(?:\s+[\w-]+\s*=|\s*(?:,|$)))/g;

/**
 * Reads the value of a `WWW-Authenticate` header: one challenge, or several
 * (RFC 9110, section 11.6.1).
 *
 * @returns Those that can be answered.
 */
export function readChallenges(header: string): AuthChallenge[] {
  const text = header.slice(0, MAX_CHARACTERS);
  const unquoted = text.replace(
    /"(?:[^"\\]|\\.)*"/g,
    ({ length }) => "x".repeat(length),
  );
  const starts = [...unquoted.matchAll(BEGINNING)]
    .map(({ index, 0: { length } }) => index + length);
  return starts.flatMap((start, i) =>
    readChallenge(text.slice(start, starts[i + 1])) ?? []
  );
}

function readChallenge(text: string): AuthChallenge | undefined {
  const scheme = /^(basic|digest)\b/i.exec(text)?.[1]?.toLowerCase();
  if (scheme !== "basic" && scheme !== "digest") return undefined;
  const parameters = readParameters(text);
  if (scheme === "basic") return { scheme, parameters };
  const { nonce, realm, qop, algorithm = "md5" } = parameters;
  const isKnown = Object.hasOwn(HASHES, algorithm.toLowerCase());
  const isPlain = qop === undefined || /(^|[\s,])auth([\s,]|$)/.test(qop);
  return nonce !== undefined && realm !== undefined && isKnown && isPlain
    ? { scheme, parameters }
    : undefined;
}

function readParameters(text: string): Record<string, string> {
  const entries = [...text.matchAll(PARAMETER)].map((
    [, name = "", quoted, token],
  ) => [name.toLowerCase(), quoted?.replace(/\\(.)/g, "$1") ?? token ?? ""]);
  return Object.fromEntries(entries);
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
  const count = request.count.toString(16).padStart(8, "0");
  const rest = qop === undefined ? "" : `${count}:${request.clientNonce}:auth:`;
  const response = digest({ ...request, realm, nonce, algorithm, rest });
  const fields = [
    `username=${quoted(username)}`,
    `realm=${quoted(realm)}`,
    `nonce=${quoted(nonce)}`,
    `uri=${quoted(request.uri)}`,
    `response="${response}"`,
    ...(algorithm === undefined ? [] : [`algorithm=${algorithm}`]),
    ...(opaque === undefined ? [] : [`opaque=${quoted(opaque)}`]),
    ...(qop === undefined
      ? []
      : ["qop=auth", `nc=${count}`, `cnonce="${request.clientNonce}"`]),
  ];
  return `Digest ${fields.join(", ")}`;
}

/**
 * Judges the value of an `Authorization` header, as a server whose challenges
 * were Basic, or Digest by MD5 without "qop", which every client knows.
 */
export function checkAuthorization(
  header: string | undefined,
  { username, password, method, realm, nonce }: AuthExpectation,
): AuthVerdict {
  const text = header?.slice(0, MAX_CHARACTERS) ?? "";
  const basic = /^\s*basic\s+(\S*)\s*$/i.exec(text)?.[1];
  if (basic !== undefined) {
    const isSame = isEqual(decoded(basic), `${username}:${password}`);
    return isSame ? "right" : "wrong";
  }
  if (!/^\s*digest\s/i.test(text)) return "missing";
  const shown = readParameters(text);
  const { uri = "", nonce: answered = "", response = "" } = shown;
  const expected = digest({
    ...{ username, password, realm, method, uri },
    ...{ nonce: answered, algorithm: undefined, rest: "" },
  });
  const isRight = isEqual(shown["username"] ?? "", username) &&
    isEqual(response.toLowerCase(), expected);
  if (!isRight) return "wrong";
  return isEqual(answered, nonce) ? "right" : "stale";
}

function decoded(base64: string): string {
  try {
    return new TextDecoder().decode(Uint8Array.fromBase64(base64));
  } catch {
    return "";
  }
}

/** In a time that does not tell where they differ. */
function isEqual(text: string, other: string): boolean {
  const hash = (it: string) => createHash("sha256").update(it).digest();
  return timingSafeEqual(hash(text), hash(other));
}

/** What is shown in place of a password (RFC 7616, section 3.4.1). */
function digest(
  { username, realm, password, method, uri, nonce, algorithm, rest }: {
    readonly username: string;
    readonly realm: string;
    readonly password: string;
    readonly method: string;
    readonly uri: string;
    readonly nonce: string;
    readonly algorithm: string | undefined;
    /** Count, client's nonce and "auth", where the server wants them. */
    readonly rest: string;
  },
): string {
  const name = HASHES[algorithm?.toLowerCase() ?? "md5"]!;
  const hash = (text: string) => createHash(name).update(text).digest("hex");
  const secret = hash(`${username}:${realm}:${password}`);
  return hash(`${secret}:${nonce}:${rest}${hash(`${method}:${uri}`)}`);
}

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, "\\$&")}"`;
}
