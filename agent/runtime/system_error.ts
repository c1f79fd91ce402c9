/**
 * Why the system refused, in words.
 *
 * @module
 */

const CAUSES: Record<string, string> = {
  EACCES: "not permitted; ports below 1024 need root",
  EADDRINUSE: "the port is in use; stop the other program or choose another",
  EADDRNOTAVAIL: "the address is not one of this machine's",
  EAI_AGAIN: "name server does not answer",
  ECONNREFUSED: "connection refused",
  ECONNRESET: "connection reset",
  EHOSTUNREACH: "host unreachable",
  EMFILE: "too many open files",
  EMSGSIZE: "the datagram is too long",
  ENOSPC: "no space left",
  ENETUNREACH: "network unreachable",
  ENOTFOUND: "no such host",
  EPIPE: "connection reset",
  ETIMEDOUT: "timed out",
};

/** What OpenSSL and Node call certificates that prove nothing. */
const DISTRUST =
  /SELF_SIGNED|^(UNABLE_TO|CERT|ERR_TLS_CERT|INVALID_CA|HOSTNAME_MISMATCH)/;

/** Why nothing may stand at a path, where only the user can mend it. */
const PATH_REFUSALS: Record<string, string> = {
  EACCES: "no permission",
  EISDIR: "a folder stands there",
  ENAMETOOLONG: "the name is too long",
  ENOENT: "its folder does not exist",
  ENOTDIR: "its folder is none",
  EPERM: "no permission",
  EROFS: "the file system is read-only",
};

/** Why nothing may stand at a path; `undefined` if that may pass. */
export function pathRefusalOf(code: string): string | undefined {
  return PATH_REFUSALS[code];
}

/** The system's name of an error, such as `EPIPE`; empty if it has none. */
export function codeOf(error: unknown): string {
  const nested = unwrap(error);
  return nested instanceof Error && "code" in nested ? String(nested.code) : "";
}

/** What happened, from the code that both runtimes give. */
export function causeOf(error: unknown): string {
  const nested = unwrap(error);
  const fallback = nested instanceof Error ? nested.message : String(nested);
  const code = codeOf(error);
  if (DISTRUST.test(code)) return `its certificate is not trusted: ${fallback}`;
  return CAUSES[code] ?? fallback;
}

/** What happened when `host` was to be listened on. */
export function listenCauseOf(error: unknown, isNumeric: boolean): string {
  const code = codeOf(error);
  // Deno's code for an address of another machine.
  if (code === "EINVAL") return CAUSES.EADDRNOTAVAIL!;
  // Bun has no code for a name that nobody knows.
  if (code === "" && !isNumeric) return CAUSES.ENOTFOUND!;
  return causeOf(error);
}

/** A name with several addresses fails with an error for each. */
function unwrap(error: unknown): unknown {
  return error instanceof AggregateError ? error.errors[0] : error;
}
