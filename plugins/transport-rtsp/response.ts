/**
 * What an RTSP server answers (RFC 2326, section 7).
 *
 * @module
 */

/** An answer. */
export interface Response {
  /** 200 and the like. */
  readonly status: number;
  /** The server's word for it; printable ASCII. */
  readonly reason: string;
  /** Values by name in lower case, in their order. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
}

/** More than any server says in front of a body. */
const MAX_HEAD_CHARACTERS = 16 * 1024;

/** "$", channel and length, in front of packets (section 10.12). */
const FRAME_HEADER_BYTES = 4;
const DOLLAR = 0x24;

/** What every answer begins with. */
const VERSION = "RTSP/";

/** An empty line. */
const END = "\r\n\r\n";

/** The server does not speak RTSP. */
export class ResponseError extends SyntaxError {
  /** Says what cannot be read. */
  constructor(message: string) {
    super(message);
    this.name = "ResponseError";
  }
}

/** Finds answers among the packets that a server sends. */
export class ResponseReader {
  #frame: number[] = [];
  #head = "";
  /** Characters of {@linkcode END} that have come. */
  #ended = 0;
  /** Bytes of a packet or a body that are still to come, and of no use. */
  #skip = 0;

  /**
   * Takes the next bytes, borrowed until it returns.
   *
   * @returns The answers that are complete now.
   * @throws {ResponseError} If it is no RTSP.
   */
  push(chunk: Uint8Array): Response[] {
    const responses: Response[] = [];
    for (let at = 0; at < chunk.length;) {
      if (this.#skip > 0) {
        const count = Math.min(this.#skip, chunk.length - at);
        this.#skip -= count;
        at += count;
        continue;
      }
      const byte = chunk[at++]!;
      const isFrame = this.#head === "" &&
        (this.#frame.length > 0 || byte === DOLLAR);
      if (isFrame) this.#pushFrame(byte);
      else responses.push(...this.#pushHead(String.fromCharCode(byte)));
    }
    return responses;
  }

  #pushFrame(byte: number): void {
    this.#frame.push(byte);
    const [, , high = 0, low = 0] = this.#frame;
    if (this.#frame.length < FRAME_HEADER_BYTES) return;
    this.#skip = high * 256 + low;
    this.#frame = [];
  }

  #pushHead(character: string): Response[] {
    const expected = VERSION[this.#head.length];
    if (expected !== undefined && character !== expected) throw noRtsp();
    if (this.#head.length >= MAX_HEAD_CHARACTERS) {
      throw new ResponseError("An endless answer");
    }
    this.#head += character;
    const isNext = character === END[this.#ended];
    this.#ended = isNext ? this.#ended + 1 : character === "\r" ? 1 : 0;
    if (this.#ended < END.length) return [];
    const response = parse(this.#head.slice(0, -END.length));
    const [length = "0"] = response.headers.get("content-length") ?? [];
    if (!/^\d{1,6}$/.test(length)) throw new ResponseError("An odd length");
    this.#skip = Number(length);
    this.#head = "";
    this.#ended = 0;
    return [response];
  }
}

function parse(text: string): Response {
  const [first = "", ...lines] = text.split("\r\n");
  const [, status, reason = ""] =
    /^RTSP\/1\.\d (\d{3})(?: (.*))?$/.exec(first) ?? [];
  if (status === undefined) throw noRtsp();
  const headers = new Map<string, string[]>();
  for (const line of lines) {
    const [, name = "", value = ""] = /^([\w-]+):\s*(.*?)\s*$/.exec(line) ?? [];
    const key = name.toLowerCase();
    headers.set(key, [...headers.get(key) ?? [], value]);
  }
  const printable = reason.replace(/[^\x20-\x7e]/g, "").slice(0, 80);
  return { status: Number(status), reason: printable, headers };
}

function noRtsp(): ResponseError {
  return new ResponseError("It does not speak RTSP");
}
