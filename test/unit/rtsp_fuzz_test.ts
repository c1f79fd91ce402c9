import assert from "node:assert/strict";
import { concat } from "../../agent/media/bytes.ts";
import {
  LIMITS,
  RtspError,
  type RtspMessage,
  RtspReader,
  writePackets,
  writeRtsp,
} from "../../plugins/transport-rtsp/message.ts";
import { readRequestUrl } from "../../plugins/transport-rtsp/server/url.ts";
import {
  readTransports,
  writeTransport,
} from "../../plugins/transport-rtsp/transport_header.ts";
import { property } from "../property.ts";
import type { Random } from "../random.ts";

const TEXT = new TextEncoder();

/** First lines, headers and bodies, right ones and others. */
const REQUEST_LINES = [
  "OPTIONS * RTSP/1.0",
  "DESCRIBE rtsp://pi/cam RTSP/1.0",
  "SETUP rtsp://pi/cam/trackID=0 RTSP/1.0",
  "GET /cam HTTP/1.1",
  "PLAY rtsp://pi/cam RTSP/9.9",
];
const RESPONSE_LINES = [
  "RTSP/1.0 200 OK",
  "RTSP/1.0 401 Unauthorized",
  "RTSP/1.0 100 Continue",
  "RTSP/2.0 200 OK",
  "RTSP/1.0 200",
];
const HEADERS = [
  "CSeq: 1",
  "Content-Length: 4",
  "Content-Length: -1",
  "Content-Length: 999999999999",
  "Transport: RTP/AVP;unicast;client_port=5000-5001",
  "Session: 12345678;timeout=60",
  'WWW-Authenticate: Digest realm="x", nonce="y"',
  " folded",
  "no colon",
  ": no name",
];

function randomMessage(random: Random, starts: readonly string[]): Uint8Array {
  const headers = random.list(random.below(6), () => random.pick(HEADERS));
  const end = random.pick(["\r\n", "\r\n", "\r\n", "\n", "\r"]);
  const lines = [random.pick(starts), ...headers, "", ""];
  const body = random.bytes(random.pick([0, 0, 4, 9]));
  const bytes = concat(TEXT.encode(lines.join(end)), body);
  return random.once(2) ? random.mutate(bytes) : bytes;
}

/** Reads what comes in pieces, up to what cannot be read. */
function readAll(chunks: readonly Uint8Array[]): RtspMessage[] {
  const reader = new RtspReader();
  const messages: RtspMessage[] = [];
  try {
    for (const chunk of chunks) {
      for (const message of reader.push(chunk)) messages.push(message);
    }
  } catch (error) {
    if (!(error instanceof RtspError)) throw error;
    assert.match(error.message, /^[ -~]{1,80}$/);
    assert.ok([400, 413, 414, 505].includes(error.status));
  }
  return messages;
}

function assertWithinLimits(message: RtspMessage): void {
  if (message.type === "packet") {
    assert.ok(message.data.length <= 65_535);
    return;
  }
  assert.ok(message.body.length <= LIMITS.bodyBytes);
  for (const [name, values] of message.headers) {
    assert.match(name, /^[\w!#$%&'*+.^`|~-]+$/);
    assert.equal(name, name.toLowerCase());
    for (const value of values) assert.doesNotMatch(value, /[^\P{Cc}\t]/u);
  }
  if (message.type === "request") {
    assert.match(message.method, /^[A-Z][A-Z_]*$/);
    assert.match(message.url, /^[\x21-\x7e]+$/);
  } else {
    assert.match(message.reason, /^[ -~]*$/);
    assert.ok(message.status >= 0 && message.status <= 999);
  }
}

/** The same comes of it however it is cut. */
function assertRead(random: Random, bytes: Uint8Array<ArrayBuffer>): void {
  const whole = readAll([bytes]);
  whole.forEach(assertWithinLimits);
  if (random.once(4)) assert.deepEqual(readAll(random.chunks(bytes)), whole);
}

property("RtspReader survives any request", 50_000, (random) => {
  const count = random.between(1, 3);
  const messages = random.list(
    count,
    () => randomMessage(random, REQUEST_LINES),
  );
  assertRead(random, concat(...messages));
});

property("RtspReader survives any answer", 50_000, (random) => {
  const count = random.between(1, 3);
  const messages = random.list(
    count,
    () => randomMessage(random, RESPONSE_LINES),
  );
  assertRead(random, concat(...messages));
});

property("RtspReader survives packets between anything", 50_000, (random) => {
  const parts = random.list(random.between(1, 5), () => {
    const packet = writePackets(random.below(256), [
      random.bytes(random.below(40)),
    ]);
    const part = random.once(3)
      ? randomMessage(random, [...REQUEST_LINES, ...RESPONSE_LINES])
      : packet;
    return random.once(6) ? part.subarray(0, random.below(part.length)) : part;
  });
  assertRead(random, concat(...parts));
});

property("RtspReader finds every packet between requests", 5000, (random) => {
  const packets: Uint8Array[] = [];
  const parts = random.list(random.between(1, 8), () => {
    if (random.once(3)) {
      return writeRtsp({
        start: random.pick(RESPONSE_LINES.slice(0, 2)),
        headers: {},
      });
    }
    const data = random.bytes(random.below(200));
    packets.push(data);
    return writePackets(random.below(256), [data]);
  });
  const found = readAll(random.chunks(concat(...parts)));
  assert.equal(found.length, parts.length);
  const data = found.flatMap((it) => it.type === "packet" ? [it.data] : []);
  assert.deepEqual(data, packets);
});

property("readRequestUrl() never throws", 20_000, (random) => {
  const parts = [
    "rtsp://",
    "pi",
    ":",
    "@",
    "/",
    "trackID=",
    "%",
    "?",
    "#",
    "a",
  ];
  const url = random.list(random.below(12), () => random.pick(parts)).join("");
  const found = readRequestUrl(url);
  if (found === undefined) return;
  assert.match(found.path, /^\//);
  assert.match(found.base, /^rtsp:\/\/[^@/]+\/(.*\/)?$/);
});

property(
  "readTransports() reads what makes sense, and no more",
  20_000,
  (random) => {
    const parts = [
      ...["RTP/AVP", "RTP/AVP/TCP", ";", ",", "unicast", "multicast", "=", "-"],
      ...["client_port=", "interleaved=", "1", "65535", "ssrc=", "ttl=", "\0"],
    ];
    const text = random.list(random.below(20), () => random.pick(parts)).join(
      "",
    );
    for (const offer of readTransports(text)) {
      const { interleaved = [0, 1], clientPort = [0, 1] } = offer;
      assert.ok(Math.max(...interleaved) <= 255);
      assert.ok(Math.max(...clientPort) <= 65_535);
      assert.doesNotThrow(() => writeTransport(offer));
    }
  },
);
