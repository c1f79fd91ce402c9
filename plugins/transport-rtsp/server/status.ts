/**
 * What a server answers (RFC 2326, section 7.1.1).
 *
 * @module
 */

/** The answers that ours gives, and their names. */
export const REASONS = {
  200: "OK",
  400: "Bad Request",
  401: "Unauthorized",
  404: "Not Found",
  405: "Method Not Allowed",
  406: "Not Acceptable",
  413: "Request Entity Too Large",
  414: "Request-URI Too Large",
  451: "Parameter Not Understood",
  453: "Not Enough Bandwidth",
  454: "Session Not Found",
  455: "Method Not Valid in This State",
  461: "Unsupported Transport",
  501: "Not Implemented",
  503: "Service Unavailable",
  505: "RTSP Version Not Supported",
  551: "Option Not Supported",
} as const;

/** One of them. */
export type Status = keyof typeof REASONS;

/** A request that is not fulfilled; the connection goes on. */
export class Refusal extends Error {
  /** What the client is told. */
  readonly status: Status;
  /** More that it is told. */
  readonly headers: Readonly<Record<string, string>>;
  /** More that it is told, of which there are several of a name. */
  readonly further: readonly (readonly [string, string])[];
  /** Whether it is nothing that anybody has to know of. */
  readonly isRoutine: boolean;

  /** @param why In the log. */
  constructor(
    status: Status,
    why: string,
    { headers = {}, further = [], isRoutine = false }: Partial<
      Pick<Refusal, "headers" | "further" | "isRoutine">
    > = {},
  ) {
    super(why);
    this.name = "Refusal";
    this.status = status;
    this.headers = headers;
    this.further = further;
    this.isRoutine = isRoutine;
  }
}
