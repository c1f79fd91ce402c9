import assert from "node:assert/strict";
import { test } from "../../test/harness.ts";
import {
  LIMITS,
  RtspError,
  type RtspMessage,
  RtspReader,
  writePackets,
  writeRtsp,
} from "./message.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (data: Uint8Array) => new TextDecoder().decode(data);

function read(chunks: Iterable<Uint8Array>): RtspMessage[] {
  const reader = new RtspReader();
  return [...chunks].flatMap((chunk) => [...reader.push(chunk)]);
}

function only(message: string): RtspMessage {
  const [first, ...others] = read([bytes(message)]);
  assert.deepEqual(others, []);
  assert.ok(first !== undefined, "one message");
  return first;
}

/** A request of which only the first line and some headers matter. */
function request(lines: readonly string[] = [], body = ""): string {
  return ["PLAY rtsp://pi/cam RTSP/1.0", ...lines, "", body].join("\r\n");
}

function response(lines: readonly string[] = [], body = ""): string {
  return ["RTSP/1.0 200 OK", ...lines, "", body].join("\r\n");
}

const repeat = (letter: string, times: number) => letter.repeat(times);

const { methodBytes, urlBytes, valueBytes, nameBytes } = LIMITS;
const URL_START = "rtsp://pi/";

/** What is read, and what comes of it. */
const REQUESTS: Record<string, [string, Partial<RtspMessage>]> = {
  "a plain one": [request(), { type: "request", method: "PLAY" }],
  "line feeds alone": [
    "PLAY * RTSP/1.0\nCSeq: 1\n\n",
    { method: "PLAY", url: "*" },
  ],
  "mixed line ends": ["PLAY * RTSP/1.0\r\nCSeq: 1\n\r\n", { method: "PLAY" }],
  "version 1.1": ["PLAY * RTSP/1.1\r\n\r\n", { method: "PLAY" }],
  "a method that nobody knows": ["FLY_BY * RTSP/1.0\r\n\r\n", {
    method: "FLY_BY",
  }],
  "blank lines before": [repeat("\r\n", LIMITS.blankLines) + request(), {
    method: "PLAY",
  }],
  "the longest method": [`${repeat("A", methodBytes)} * RTSP/1.0\r\n\r\n`, {
    method: repeat("A", methodBytes),
  }],
  "the longest URL": [
    `PLAY ${URL_START}${
      repeat("a", urlBytes - URL_START.length)
    } RTSP/1.0\r\n\r\n`,
    { method: "PLAY" },
  ],
  "the longest name": [request([`${repeat("n", nameBytes)}: v`]), {
    type: "request",
  }],
  "the longest value": [request([`n: ${repeat("v", valueBytes)}`]), {
    type: "request",
  }],
  "as many headers as may be": [
    request(Array.from({ length: LIMITS.headers }, (_, i) => `n${i}: v`)),
    { type: "request" },
  ],
  "the longest body": [
    request(
      [`Content-Length: ${LIMITS.bodyBytes}`],
      repeat("b", LIMITS.bodyBytes),
    ),
    { type: "request" },
  ],
  "a length twice the same": [
    request(["Content-Length: 1", "Content-Length: 1"], "x"),
    { type: "request" },
  ],
  "a length with zeros": [request(["Content-Length: 0001"], "x"), {
    type: "request",
  }],
  "a header without a value": [request(["CSeq:"]), { type: "request" }],
  "a colon in a value": [request(["Date: 12:00:00"]), { type: "request" }],
  "a tab in a value": [request(["Date:\t12"]), { type: "request" }],
  "a value that is no ASCII": [request(["User-Agent: Kamera süd"]), {
    type: "request",
  }],
  "bytes that are no UTF-8": [request(["User-Agent: \ud800"]), {
    type: "request",
  }],
  "names in odd letters": [request(["!#$%&'*+.^_`|~-: v"]), {
    type: "request",
  }],
  "a URL with everything": [
    "PLAY rtsp://u:p@[::1]:554/a%20b;c?d=e&f=/g#h RTSP/1.0\r\n\r\n",
    { method: "PLAY" },
  ],
};

for (const [what, [message, expected]] of Object.entries(REQUESTS)) {
  test(`RtspReader reads a request with ${what}`, () => {
    const found = only(message);
    assert.deepEqual({ ...found, ...expected }, found);
  });
}

/** What is refused, with which status. */
const REFUSED: Record<string, [string, number]> = {
  "HTTP": ["GET / HTTP/1.1\r\n\r\n", 400],
  "a tunnel in HTTP": [
    "POST /cam HTTP/1.0\r\nx-sessioncookie: 1\r\n\r\n",
    400,
  ],
  "TLS": ["\x16\x03\x01\x02\x00\x01\n", 400],
  "SSH": ["SSH-2.0-OpenSSH_9.2\r\n", 400],
  "a SIP invitation": ["INVITE sip:a@b SIP/2.0\r\n", 400],
  "no method": [" rtsp://pi/cam RTSP/1.0\r\n\r\n", 400],
  "no URL": ["PLAY RTSP/1.0\r\n\r\n", 400],
  "an empty URL": ["PLAY  RTSP/1.0\r\n\r\n", 400],
  "no protocol": ["PLAY rtsp://pi/cam\r\n\r\n", 400],
  "four words": ["PLAY rtsp://pi/cam RTSP/1.0 now\r\n\r\n", 400],
  "two spaces": ["PLAY  rtsp://pi/cam RTSP/1.0\r\n\r\n", 400],
  "a tab between words": ["PLAY\trtsp://pi/cam\tRTSP/1.0\r\n\r\n", 400],
  "a method in small letters": ["play * RTSP/1.0\r\n\r\n", 400],
  "a method with a digit": ["PLAY1 * RTSP/1.0\r\n\r\n", 400],
  "a method with a NUL": ["PL\0AY * RTSP/1.0\r\n\r\n", 400],
  "a URL with a NUL": ["PLAY rtsp://pi/\0 RTSP/1.0\r\n\r\n", 400],
  "a URL with an escape character": [
    "PLAY rtsp://\x1b[2J RTSP/1.0\r\n\r\n",
    400,
  ],
  "a URL that is no ASCII": ["PLAY rtsp://pi/süd RTSP/1.0\r\n\r\n", 400],
  "RTSP 2.0": ["PLAY * RTSP/2.0\r\n\r\n", 505],
  "RTSP 0.9": ["PLAY * RTSP/0.9\r\n\r\n", 505],
  "RTSP 10.0": ["PLAY * RTSP/10.0\r\n\r\n", 505],
  "RTSP without a number": ["PLAY * RTSP/\r\n\r\n", 400],
  "RTSP 1": ["PLAY * RTSP/1\r\n\r\n", 400],
  "RTSP with a huge number": ["PLAY * RTSP/1.99999999999\r\n\r\n", 400],
  "rtsp in small letters": ["PLAY * rtsp/1.0\r\n\r\n", 400],
  "too long a method": [
    `${repeat("A", methodBytes + 1)} * RTSP/1.0\r\n\r\n`,
    400,
  ],
  "too long a URL": [
    `PLAY ${URL_START}${
      repeat("a", urlBytes + 1 - URL_START.length)
    } RTSP/1.0\r\n\r\n`,
    414,
  ],
  "an endless first line": [repeat("A", 5000), 414],
  "an endless line of spaces": [repeat(" ", 5000), 414],
  "nothing but blank lines": [repeat("\r\n", LIMITS.blankLines + 1), 400],
  "too long a name": [request([`${repeat("n", nameBytes + 1)}: v`]), 400],
  "too long a value": [request([`n: ${repeat("v", valueBytes + 1)}`]), 400],
  "an endless header": [request([repeat("n", 10_000)]), 400],
  "an endless value of spaces": [request([`n: ${repeat(" ", 10_000)}`]), 400],
  "too many headers": [
    request(Array.from({ length: LIMITS.headers + 1 }, (_, i) => `n${i}: v`)),
    400,
  ],
  "too many of the same header": [
    request(Array.from({ length: LIMITS.headers + 1 }, () => "n: v")),
    400,
  ],
  "too many bytes of headers": [
    request(
      Array.from({ length: 40 }, (_, i) => `n${i}: ${repeat("v", 2000)}`),
    ),
    400,
  ],
  "a header without a colon": [request(["CSeq 1"]), 400],
  "a header without a name": [request([": 1"]), 400],
  "a space before the colon": [request(["CSeq : 1"]), 400],
  "a space in a name": [request(["C Seq: 1"]), 400],
  "a name that is no ASCII": [request(["Süd: 1"]), 400],
  "a header that goes on": [request(["CSeq: 1", " 2"]), 400],
  "a header that goes on with a tab": [request(["CSeq: 1", "\t2"]), 400],
  "a NUL in a header": [request(["CSeq: 1\0"]), 400],
  "a carriage return in a header": [request(["CSeq: 1\r2"]), 400],
  "a delete in a header": [request(["CSeq: \x7f"]), 400],
  "a control character of ISO 8859": [request(["CSeq: \u0085"]), 400],
  "a negative length": [request(["Content-Length: -1"]), 400],
  "a length with a sign": [request(["Content-Length: +1"]), 400],
  "a length in hexadecimal": [request(["Content-Length: 0x10"]), 400],
  "a length with a fraction": [request(["Content-Length: 1.5"]), 400],
  "a length with an exponent": [request(["Content-Length: 1e3"]), 400],
  "a length that is a word": [request(["Content-Length: many"]), 400],
  "no length": [request(["Content-Length:"]), 400],
  "two lengths in one": [request(["Content-Length: 1, 1"]), 400],
  "two lengths": [request(["Content-Length: 1", "content-length: 2"]), 400],
  "a length in other digits": [request(["Content-Length: ١"]), 400],
  "a byte too many": [
    request([`Content-Length: ${LIMITS.bodyBytes + 1}`]),
    413,
  ],
  "4 GiB": [request(["Content-Length: 4294967296"]), 413],
  "2 to the 63": [request(["Content-Length: 9223372036854775808"]), 413],
  "10 to the 18": [request(["Content-Length: 1000000000000000000"]), 413],
  "a thousand digits": [request([`Content-Length: ${repeat("9", 1000)}`]), 413],
  "a second one that is odd": [request() + "play\r\n\r\n", 400],
  "a body that was not announced": [request([], "v=0\r\n"), 400],
};

for (const [what, [message, status]] of Object.entries(REFUSED)) {
  test(`RtspReader refuses ${what} (${status})`, () => {
    assert.throws(() => read([bytes(message)]), (error) => {
      assert.ok(error instanceof RtspError);
      assert.equal(error.status, status);
      assert.match(error.message, /^[ -~]{1,80}$/);
      return true;
    });
  });
}

/** What servers answer. */
const RESPONSES: Record<string, [string, Partial<RtspMessage>]> = {
  "a plain one": [response(), { type: "response", status: 200, reason: "OK" }],
  "no reason": ["RTSP/1.0 404\r\n\r\n", { status: 404, reason: "" }],
  "an empty reason": ["RTSP/1.0 404 \r\n\r\n", { status: 404, reason: "" }],
  "a reason of several words": ["RTSP/1.0 454 Session Not Found\r\n\r\n", {
    status: 454,
    reason: "Session Not Found",
  }],
  "a reason that is no ASCII": ["RTSP/1.0 400 süß\r\n\r\n", { reason: "s" }],
  "the longest reason": [
    `RTSP/1.0 400 ${repeat("x", LIMITS.reasonBytes)}\r\n\r\n`,
    { reason: repeat("x", LIMITS.reasonBytes) },
  ],
  "a status of one hundred": ["RTSP/1.0 100 Continue\r\n\r\n", { status: 100 }],
  "a status that nobody knows": ["RTSP/1.0 999 x\r\n\r\n", { status: 999 }],
  "line feeds alone": ["RTSP/1.0 200 OK\nCSeq: 1\n\n", { status: 200 }],
  "version 1.1": ["RTSP/1.1 200 OK\r\n\r\n", { status: 200 }],
};

for (const [what, [message, expected]] of Object.entries(RESPONSES)) {
  test(`RtspReader reads an answer with ${what}`, () => {
    const found = only(message);
    assert.deepEqual({ ...found, ...expected }, found);
  });
}

const REFUSED_RESPONSES: Record<string, string> = {
  "of RTSP 2.0": "RTSP/2.0 200 OK\r\n\r\n",
  "without a status": "RTSP/1.0 OK\r\n\r\n",
  "with a status of two digits": "RTSP/1.0 20 OK\r\n\r\n",
  "with a status of four digits": "RTSP/1.0 2000 OK\r\n\r\n",
  "with a negative status": "RTSP/1.0 -20 OK\r\n\r\n",
  "with two spaces": "RTSP/1.0  200 OK\r\n\r\n",
  "with an endless reason": `RTSP/1.0 200 ${repeat("x", 256)}\r\n\r\n`,
  "with an endless first line": `RTSP/1.0 200 ${repeat("x", 5000)}`,
  "with a control character": "RTSP/1.0 200 \x1b[2J\r\n\r\n",
  "with an odd length": response(["Content-Length: -1"]),
  "with two lengths": response(["Content-Length: 1", "Content-Length: 2"]),
  "with a huge body": response(["Content-Length: 1000000"]),
  "with too many headers": response(
    Array.from({ length: 256 }, () => "WWW-Authenticate: x"),
  ),
  "with a compressed body behind a length that is too short": response(
    ["Content-Encoding: gzip", "Content-Length: 2"],
    "\x1f\x8b\x08",
  ) + "\n",
};

for (const [what, message] of Object.entries(REFUSED_RESPONSES)) {
  test(`RtspReader refuses an answer ${what}`, () => {
    assert.throws(() => read([bytes(message)]), RtspError);
  });
}

const MIXED = writePackets(3, [bytes("RTS")]);
const ANSWER = response(
  ['WWW-Authenticate: Basic realm="x"', "www-authenticate: Digest"],
).replace("200 OK", "401 Unauthorized");
const DESCRIPTION = response(["Content-Length: 7"], "$v=0\r\n\n");
const CONVERSATION = [
  ...MIXED,
  ...bytes(ANSWER),
  ...bytes(DESCRIPTION),
  ...writePackets(1, [new Uint8Array(0)]),
  ...bytes(request(["CSeq: 2"])),
];

function assertConversation(chunks: Iterable<Uint8Array>): void {
  const [packet, locked, described, empty, asked, ...others] = read(chunks);
  assert.ok(packet?.type === "packet" && packet.channel === 3);
  assert.equal(text(packet.data), "RTS");
  assert.ok(locked?.type === "response" && locked.status === 401);
  assert.deepEqual(locked.headers.get("www-authenticate"), [
    'Basic realm="x"',
    "Digest",
  ]);
  assert.ok(described?.type === "response");
  assert.equal(text(described.body), "$v=0\r\n\n");
  assert.ok(empty?.type === "packet" && empty.data.length === 0);
  assert.ok(asked?.type === "request" && asked.method === "PLAY");
  assert.deepEqual(others, []);
}

for (let cut = 0; cut <= CONVERSATION.length; cut++) {
  test(`RtspReader reads what is cut at byte ${cut}`, () => {
    const all = Uint8Array.from(CONVERSATION);
    assertConversation([all.subarray(0, cut), all.subarray(cut)]);
  });
}

test("RtspReader reads single bytes", () => {
  assertConversation(CONVERSATION.map((byte) => Uint8Array.of(byte)));
});

for (const channel of [0, 1, 2, 127, 128, 254, 255]) {
  for (const length of [0, 1, 255, 256, 65_535]) {
    test(`RtspReader reads ${length} bytes of channel ${channel}`, () => {
      const data = new Uint8Array(length).fill(0x24);
      const packets = writePackets(channel, [data, data]);
      const found = read([packets, bytes(request())]);
      assert.equal(found.length, 3);
      for (const packet of found.slice(0, 2)) {
        assert.ok(packet.type === "packet" && packet.channel === channel);
        assert.deepEqual(packet.data, data);
      }
    });
  }
}

test("RtspReader yields what stood before nonsense", () => {
  const reader = new RtspReader();
  const messages = reader.push(bytes(request() + "nonsense\r\n"));
  assert.equal(messages.next().value?.type, "request");
  assert.throws(() => messages.next(), RtspError);
});

test("RtspReader tells whether it is inside of a message", () => {
  const reader = new RtspReader();
  assert.equal(reader.isInside, false);
  for (
    const chunk of ["P", "LAY * RTSP/1.0\r\n", "Content-Length: 1\r\n\r\n"]
  ) {
    assert.deepEqual([...reader.push(bytes(chunk))], []);
    assert.equal(reader.isInside, true, chunk);
  }
  assert.equal([...reader.push(bytes("x"))].length, 1);
  assert.equal(reader.isInside, false);
});

test("RtspReader makes no room for a body before it knows the limits", () => {
  const many = Array.from({ length: 1000 }, () => new RtspReader());
  for (const reader of many) {
    const body = request([`Content-Length: ${2 ** 31}`]);
    assert.throws(() => [...reader.push(bytes(body))], { status: 413 });
  }
});

test("writeRtsp() writes what RtspReader reads", () => {
  const message = writeRtsp({
    start: "RTSP/1.0 200 OK",
    headers: { "CSeq": 7, "Session": undefined, "Public": "PLAY" },
    further: [["WWW-Authenticate", "Basic"], ["WWW-Authenticate", "Digest"]],
    body: "süd",
  });
  const [found] = read([message]);
  assert.ok(found?.type === "response");
  assert.deepEqual([...found.headers], [
    ["cseq", ["7"]],
    ["public", ["PLAY"]],
    ["www-authenticate", ["Basic", "Digest"]],
    ["content-length", ["4"]],
  ]);
  assert.equal(text(found.body), "süd");
});
