import assert from "node:assert/strict";
import { test } from "../../test/harness.ts";
import { property } from "../../test/property.ts";
import { ResponseError, ResponseReader } from "./response.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

const ANSWERS = "$\0\0\x03RTSRTSP/1.0 401 Unauthorized\r\nCSeq: 1\r\n" +
  'WWW-Authenticate: Basic realm="x"\r\n' +
  'www-authenticate: Digest realm="x"\r\nContent-Length: 4\r\n\r\nRTSP' +
  "$\x01\0\0RTSP/1.0 200 OK\r\nSession: 12;timeout=60\r\n\r\n";

function read(chunks: Iterable<Uint8Array>) {
  const reader = new ResponseReader();
  return [...chunks].flatMap((chunk) => reader.push(chunk));
}

function assertAnswers(chunks: Iterable<Uint8Array>): void {
  const [locked, fine, ...others] = read(chunks);
  assert.deepEqual([locked!.status, locked!.reason], [401, "Unauthorized"]);
  assert.deepEqual(locked!.headers.get("www-authenticate"), [
    'Basic realm="x"',
    'Digest realm="x"',
  ]);
  assert.equal(fine!.status, 200);
  assert.deepEqual(fine!.headers.get("session"), ["12;timeout=60"]);
  assert.deepEqual(others, []);
}

test("ResponseReader finds answers between packets and bodies", () => {
  assertAnswers([bytes(ANSWERS)]);
});

test("ResponseReader finds them in single bytes", () => {
  assertAnswers([...bytes(ANSWERS)].map((byte) => Uint8Array.of(byte)));
});

for (
  const [what, text] of Object.entries({
    "HTTP": "HTTP/1.1 400 Bad Request\r\n\r\n",
    "an odd status": "RTSP/1.0 OK\r\n\r\n",
    "an odd length": "RTSP/1.0 200 OK\r\nContent-Length: -1\r\n\r\n",
    "an endless answer": `RTSP/1.0 200 ${"x".repeat(20_000)}`,
  })
) {
  test(`ResponseReader refuses ${what}`, () => {
    assert.throws(() => read([bytes(text)]), ResponseError);
  });
}

test("ResponseReader keeps what could not be printed out of reasons", () => {
  const [answer] = read([bytes("RTSP/1.0 400 \x1b[2Jno\r\n\r\n")]);
  assert.match(answer?.reason ?? "", /^[ -~]*$/);
});

property("ResponseReader throws nothing else", 5000, (random) => {
  const parts = [
    "RTSP/1.0 ",
    "200 ",
    "\r\n",
    "$\0",
    "Content-Length:",
    "9",
    "a",
  ];
  const chunks = Array.from(
    { length: random.below(20) },
    () => bytes(parts[random.below(parts.length)]!),
  );
  try {
    read(chunks);
  } catch (error) {
    assert.ok(error instanceof ResponseError);
  }
});
