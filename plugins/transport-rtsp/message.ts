/**
 * What goes over a connection of RTSP (RFC 2326, sections 4 to 7): requests,
 * answers, and packets between them (section 10.12).
 *
 * @module
 */

/** Values by name in lower case, in their order. */
export type RtspHeaders = ReadonlyMap<string, readonly string[]>;

/** A request. */
export interface RtspRequest {
  /** Tells the kinds of messages apart. */
  readonly type: "request";
  /** `DESCRIBE` and the like, as it was written. */
  readonly method: string;
  /** As it was written; printable ASCII. */
  readonly url: string;
  readonly headers: RtspHeaders;
  /** Owned by the receiver. */
  readonly body: Uint8Array<ArrayBuffer>;
}

/** An answer. */
export interface RtspResponse {
  /** Tells the kinds of messages apart. */
  readonly type: "response";
  /** 200 and the like. */
  readonly status: number;
  /** The server's word for it; printable ASCII. */
  readonly reason: string;
  readonly headers: RtspHeaders;
  /** Owned by the receiver. */
  readonly body: Uint8Array<ArrayBuffer>;
}

/** A packet of a channel. */
export interface RtspPacket {
  /** Tells the kinds of messages apart. */
  readonly type: "packet";
  /** 0 to 255; what it means the transport header has said. */
  readonly channel: number;
  /** Owned by the receiver. */
  readonly data: Uint8Array<ArrayBuffer>;
}

/** Whatever comes. */
export type RtspMessage = RtspRequest | RtspResponse | RtspPacket;

/**
 * Bounds of gortsplib 5, which serves MediaMTX: no camera and no player has
 * been found to need more.
 */
export const LIMITS = {
  /** `GET_PARAMETER` has 13. */
  methodBytes: 64,
  urlBytes: 2048,
  /** Of an answer's first line; of a request's protocol. */
  protocolBytes: 64,
  reasonBytes: 255,
  /** A map of names that hash alike is slow to fill. */
  headers: 255,
  nameBytes: 512,
  /** A digest with everything in it has about 400. */
  valueBytes: 2048,
  /** A session description; those of cameras have about 1 kB. */
  bodyBytes: 128 * 1024,
  /** All headers together: those above allow 650 kB for each connection. */
  headBytes: 64 * 1024,
  /** Blank lines in front of a message: some put one behind a body. */
  blankLines: 8,
} as const;

/** "$", channel and length, in front of packets. */
const PACKET_HEADER_BYTES = 4;
const DOLLAR = 0x24;
const [LF, CR] = [0x0a, 0x0d];

/** A name (RFC 2326, section 15.1: token). */
const NAME = /^[\w!#$%&'*+.^`|~-]+$/;

const METHOD = /^[A-Z][A-Z_]*$/;

/** The other side does not speak RTSP, or too much of it. */
export class RtspError extends SyntaxError {
  /** What a server answers to it. */
  readonly status: 400 | 413 | 414 | 505;

  /** Says what cannot be read. */
  constructor(message: string, status: RtspError["status"] = 400) {
    super(message);
    this.name = "RtspError";
    this.status = status;
  }
}

/** The first line, and what has come behind it. */
interface Head {
  readonly start:
    | Pick<RtspRequest, "type" | "method" | "url">
    | Pick<RtspResponse, "type" | "status" | "reason">;
  readonly headers: Map<string, string[]>;
  count: number;
}

/** A packet or a body that has not come whole. */
interface Gathering {
  readonly bytes: Uint8Array<ArrayBuffer>;
  filled: number;
  complete(bytes: Uint8Array<ArrayBuffer>): RtspMessage;
}

/** Finds messages in the bytes of a connection. */
export class RtspReader {
  /** The line, or the header of a packet, that has not come whole. */
  #line: number[] = [];
  #head: Head | undefined;
  #headBytes = 0;
  #blankLines = 0;
  #gathering: Gathering | undefined;

  /** Whether a message has begun and not ended. */
  get isInside(): boolean {
    return this.#line.length > 0 || this.#head !== undefined ||
      this.#gathering !== undefined;
  }

  /**
   * Takes the next bytes, borrowed until the generator has ended.
   *
   * @returns The messages that are complete now.
   * @throws {RtspError} Behind those before it. Nothing can be read then.
   */
  *push(chunk: Uint8Array): Generator<RtspMessage> {
    for (let at = 0; at < chunk.length;) {
      if (this.#gathering === undefined) {
        const message = this.#pushByte(chunk[at++]!);
        if (message !== undefined) yield message;
        continue;
      }
      const { bytes, filled } = this.#gathering;
      const part = chunk.subarray(at, at + bytes.length - filled);
      bytes.set(part, filled);
      this.#gathering.filled += part.length;
      at += part.length;
      const message = this.#gathered();
      if (message !== undefined) yield message;
    }
  }

  #pushByte(byte: number): RtspMessage | undefined {
    const [first] = this.#line;
    const isPacket = this.#head === undefined && (first ?? byte) === DOLLAR;
    if (isPacket) return this.#pushPacketHeader(byte);
    if (byte !== LF) {
      this.#count();
      this.#line.push(byte);
      return undefined;
    }
    if (this.#line.at(-1) === CR) this.#line.pop();
    const line = textOf(this.#line);
    this.#line = [];
    return this.#pushLine(line);
  }

  #pushPacketHeader(byte: number): RtspMessage | undefined {
    this.#line.push(byte);
    if (this.#line.length < PACKET_HEADER_BYTES) return undefined;
    const [, channel = 0, high = 0, low = 0] = this.#line;
    this.#line = [];
    return this.#gather(
      high * 256 + low,
      (data) => ({ type: "packet", channel, data }),
    );
  }

  #pushLine(line: string): RtspMessage | undefined {
    if (this.#head !== undefined) {
      if (line === "") return this.#endHead(this.#head);
      addHeader(this.#head, line);
      return undefined;
    }
    if (line !== "") {
      this.#blankLines = 0;
      this.#head = { start: startOf(line), headers: new Map(), count: 0 };
    } else if (++this.#blankLines > LIMITS.blankLines) {
      throw new RtspError("nothing but blank lines");
    }
    return undefined;
  }

  #endHead({ start, headers }: Head): RtspMessage | undefined {
    this.#head = undefined;
    this.#headBytes = 0;
    return this.#gather(
      bodyBytesOf(headers),
      (body) => ({ ...start, headers, body }),
    );
  }

  #gather(
    size: number,
    complete: Gathering["complete"],
  ): RtspMessage | undefined {
    this.#gathering = { bytes: new Uint8Array(size), filled: 0, complete };
    return this.#gathered();
  }

  #gathered(): RtspMessage | undefined {
    const { bytes, filled, complete } = this.#gathering!;
    if (filled < bytes.length) return undefined;
    this.#gathering = undefined;
    return complete(bytes);
  }

  /** Before it is kept: what has no end is not to fill the memory. */
  #count(): void {
    const most = this.#head === undefined
      ? LIMITS.methodBytes + LIMITS.urlBytes + LIMITS.protocolBytes + 3
      : LIMITS.nameBytes + LIMITS.valueBytes + 3;
    if (this.#line.length >= most) throw this.#tooLong();
    if (++this.#headBytes > LIMITS.headBytes) {
      throw new RtspError(`more than ${LIMITS.headBytes} bytes of headers`);
    }
  }

  #tooLong(): RtspError {
    return this.#head === undefined
      ? new RtspError("an endless first line", 414)
      : new RtspError("an endless header");
  }
}

/** Control characters and what is no UTF-8 have no place in a head. */
function textOf(bytes: readonly number[]): string {
  const text = new TextDecoder().decode(Uint8Array.from(bytes));
  if (/[^\P{Cc}\t]/u.test(text)) throw new RtspError("a control character");
  return text;
}

function startOf(line: string): Head["start"] {
  return line.startsWith("RTSP/") ? statusOf(line) : requestOf(line);
}

function statusOf(line: string): Head["start"] {
  const [, status, reason = ""] =
    /^RTSP\/1\.\d (\d{3})(?: (.*))?$/.exec(line) ?? [];
  if (status === undefined) throw noRtsp();
  if (reason.length > LIMITS.reasonBytes) {
    throw new RtspError("an endless reason");
  }
  const printable = reason.replace(/[^\x20-\x7e]/g, "");
  return { type: "response", status: Number(status), reason: printable };
}

function requestOf(line: string): Head["start"] {
  const [method = "", url, protocol, ...more] = line.split(" ");
  const isRequest = METHOD.test(method) && url && protocol && !more.length;
  if (!isRequest) throw noRtsp();
  if (method.length > LIMITS.methodBytes) {
    throw new RtspError("an endless method");
  }
  if (url.length > LIMITS.urlBytes) throw new RtspError("an endless URL", 414);
  if (/[^\x21-\x7e]/.test(url)) throw new RtspError("a URL that is no ASCII");
  if (!/^RTSP\/\d{1,3}\.\d{1,3}$/.test(protocol)) throw noRtsp();
  if (!protocol.startsWith("RTSP/1.")) {
    throw new RtspError("another version of RTSP", 505);
  }
  return { type: "request", method, url };
}

function addHeader(head: Head, line: string): void {
  if (++head.count > LIMITS.headers) {
    throw new RtspError(`more than ${LIMITS.headers} headers`);
  }
  const colon = line.indexOf(":");
  const [name, value] = [line.slice(0, colon), line.slice(colon + 1).trim()];
  // A line that begins with a space would go on with the one before: nobody
  // sends it, and proxies disagree on it (RFC 7230, section 3.2.4).
  if (colon < 0 || !NAME.test(name)) throw new RtspError("an odd header");
  if (name.length > LIMITS.nameBytes || value.length > LIMITS.valueBytes) {
    throw new RtspError("an endless header");
  }
  const key = name.toLowerCase();
  const values = head.headers.get(key);
  if (values === undefined) head.headers.set(key, [value]);
  else values.push(value);
}

function bodyBytesOf(headers: RtspHeaders): number {
  const [length = "0", ...others] = headers.get("content-length") ?? [];
  if (!/^\d+$/.test(length) || others.some((other) => other !== length)) {
    throw new RtspError("an odd Content-Length");
  }
  if (Number(length) <= LIMITS.bodyBytes) return Number(length);
  throw new RtspError(`a body of more than ${LIMITS.bodyBytes} bytes`, 413);
}

function noRtsp(): RtspError {
  return new RtspError("it does not speak RTSP");
}

/** What a message is made of; values hold no line breaks. */
export interface RtspDraft {
  /** `RTSP/1.0 200 OK`, `PLAY rtsp://host/cam RTSP/1.0`. */
  readonly start: string;
  /** By name; absent ones are left out. */
  readonly headers: Readonly<Record<string, string | number | undefined>>;
  /** More headers, of which there may be several of a name. */
  readonly further?: readonly (readonly [string, string])[];
  readonly body?: string;
}

/** Writes a request or an answer. */
export function writeRtsp(draft: RtspDraft): Uint8Array<ArrayBuffer> {
  const body = new TextEncoder().encode(draft.body ?? "");
  const entries = [
    ...Object.entries(draft.headers),
    ...draft.further ?? [],
    ...(body.length === 0 ? [] : [["Content-Length", body.length] as const]),
  ];
  const lines = entries.filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}: ${value}`);
  const head = [draft.start, ...lines, "", ""].join("\r\n");
  const bytes = new TextEncoder().encode(head);
  const message = new Uint8Array(bytes.length + body.length);
  message.set(bytes);
  message.set(body, bytes.length);
  return message;
}

/** Puts packets of one channel behind each other, as a connection has them. */
export function writePackets(
  channel: number,
  packets: readonly Uint8Array[],
): Uint8Array<ArrayBuffer> {
  const size = packets.reduce(
    (sum, { length }) => sum + PACKET_HEADER_BYTES + length,
    0,
  );
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const packet of packets) {
    bytes.set([DOLLAR, channel, packet.length >> 8, packet.length & 0xff], at);
    bytes.set(packet, at + PACKET_HEADER_BYTES);
    at += PACKET_HEADER_BYTES + packet.length;
  }
  return bytes;
}
