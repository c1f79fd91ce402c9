import assert from "node:assert/strict";
import { test } from "../../../test/harness.ts";
import { nalUnitsOf } from "../annexb.ts";
import { MAX_SDP_BYTES, readSdp, type SdpVideo } from "./sdp_reader.ts";
import { writeSdp } from "./sdp_writer.ts";

/** Lines of a session without media. */
const SESSION = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0"];

/** Lines of H.264 at port 5004. */
const VIDEO = ["m=video 5004 RTP/AVP 96", "a=rtpmap:96 H264/90000"];

const H264: SdpVideo = {
  codec: "h264",
  payloadType: 96,
  clockRate: 90_000,
  port: 5004,
};

/** Values of parameters: SPS, PPS; VPS, SPS, PPS of H.265. */
const [SPS, PPS] = ["Z0IAHg==", "aM4="];
const [VPS_5, SPS_5, PPS_5] = ["QAEM", "QgEB", "RAHA"];

function sdp(...lines: readonly string[]): string {
  return [...SESSION, ...lines].map((line) => `${line}\r\n`).join("");
}

function read(text: string) {
  const { parameterSets, ...video } = readSdp(text);
  const sets = [...nalUnitsOf(parameterSets ?? new Uint8Array())];
  return { ...video, sets: sets.map((set) => set.toHex()).join(" ") };
}

/** What is read, by the text that says it; without sets unless they differ. */
const GOOD: Record<
  string,
  [text: string, Partial<SdpVideo> & { sets?: string }]
> = {
  "a minimum": [sdp(...VIDEO), H264],
  "LF only": [sdp(...VIDEO).replaceAll("\r\n", "\n"), H264],
  "CR only": [sdp(...VIDEO).replaceAll("\r\n", "\r"), H264],
  "empty lines and a byte order mark": [
    `\ufeff\r\n${sdp(...VIDEO).replaceAll("\r\n", "\r\n\r\n")}`,
    H264,
  ],
  "no end of the last line": [sdp(...VIDEO).trimEnd(), H264],
  "lines that are none": [sdp("?", "=", "a=", "a=:", ...VIDEO, "x"), H264],
  "a connection of the session": [
    sdp("c=IN IP4 239.1.2.3/5", ...VIDEO),
    { ...H264, address: "239.1.2.3", ttl: 5 },
  ],
  "a connection of the video": [
    sdp("c=IN IP4 239.1.2.3/5", ...VIDEO, "c=IN IP4 239.9.9.9/1/3"),
    { ...H264, address: "239.9.9.9", ttl: 1 },
  ],
  "a group of IPv6": [
    sdp(...VIDEO, "c=IN IP6 ff15::1/3"),
    { ...H264, address: "ff15::1" },
  ],
  "an unspecified address, as of cameras": [
    sdp("c=IN IP4 0.0.0.0", ...VIDEO),
    H264,
  ],
  "an unspecified address of IPv6": [sdp("c=IN IP6 ::", ...VIDEO), H264],
  "no address, as of some cameras": [sdp("c=IN IP4 ", ...VIDEO), H264],
  "a port of RTSP": [
    sdp("m=video 0 RTP/AVP 96", VIDEO[1]!),
    { ...H264, port: 0 },
  ],
  "a pair of ports": [sdp("m=video 5004/2 RTP/AVP 96", VIDEO[1]!), H264],
  "feedback, TCP": [
    sdp("m=video 5004 RTP/AVPF/TCP 96", VIDEO[1]!),
    H264,
  ],
  "parameter sets of H.264": [
    sdp(...VIDEO, `a=fmtp:96 sprop-parameter-sets=${SPS},${PPS}`),
    { ...H264, sets: "6742001e 68ce" },
  ],
  "parameters with blanks, another order and case": [
    sdp(
      ...VIDEO,
      `a=fmtp:96  profile-level-id=42001E ;SPROP-Parameter-Sets = ${SPS} , ` +
        `${PPS};packetization-mode=1;`,
    ),
    { ...H264, sets: "6742001e 68ce" },
  ],
  "parameter sets behind start codes": [
    sdp(...VIDEO, "a=fmtp:96 sprop-parameter-sets=AAAAAWdCAB4=,AAABaM4="),
    { ...H264, sets: "6742001e 68ce" },
  ],
  "parameter sets without padding": [
    sdp(...VIDEO, "a=fmtp:96 sprop-parameter-sets=Z0IAHg,aM4"),
    { ...H264, sets: "6742001e 68ce" },
  ],
  "parameter sets of which one is no base64": [
    sdp(...VIDEO, `a=fmtp:96 sprop-parameter-sets=%%%,${PPS}`),
    { ...H264, sets: "68ce" },
  ],
  "parameter sets that are none": [
    sdp(...VIDEO, "a=fmtp:96 sprop-parameter-sets=ZYg=,,AA==,Zw=="),
    H264,
  ],
  "parameter sets of more than 64 KiB": [
    sdp(
      ...VIDEO,
      `a=fmtp:96 sprop-parameter-sets=Z0Ia${"VVVV".repeat(22_000)}`,
    ),
    H264,
  ],
  "65 parameter sets": [
    sdp(
      ...VIDEO,
      `a=fmtp:96 sprop-parameter-sets=${`${PPS},`.repeat(64)}${SPS}`,
    ),
    { ...H264, sets: "68ce ".repeat(64).trim() },
  ],
  "parameters of another type": [
    sdp(...VIDEO, `a=fmtp:97 sprop-parameter-sets=${SPS},${PPS}`),
    H264,
  ],
  "parameters without a value": [sdp(...VIDEO, "a=fmtp:96 ;;=;a;=b"), H264],
  "H.265": [
    sdp(
      "m=video 5004 RTP/AVP 97",
      "a=rtpmap:97 H265/90000",
      `a=fmtp:97 sprop-pps=${PPS_5}; sprop-sps=${SPS_5}; sprop-vps=${VPS_5}`,
    ),
    {
      ...H264,
      codec: "hevc",
      payloadType: 97,
      sets: "40010c 420101 4401c0",
    },
  ],
  "H.265 with a decoding order that is the usual one": [
    sdp(
      "m=video 5004 RTP/AVP 97",
      "a=rtpmap:97 h265/90000",
      "a=fmtp:97 sprop-max-don-diff=0",
    ),
    { ...H264, codec: "hevc", payloadType: 97 },
  ],
  "JPEG, whose type needs no map": [
    sdp("m=video 5004 RTP/AVP 26"),
    { ...H264, codec: "mjpeg", payloadType: 26 },
  ],
  "JPEG with a map": [
    sdp("m=video 5004 RTP/AVP 26", "a=rtpmap:26 JPEG/90000"),
    { ...H264, codec: "mjpeg", payloadType: 26 },
  ],
  "JPEG of a dynamic type": [
    sdp("m=video 5004 RTP/AVP 96", "a=rtpmap:96 jpeg/90000"),
    { ...H264, codec: "mjpeg" },
  ],
  "another clock": [
    sdp("m=video 5004 RTP/AVP 96", "a=rtpmap:96 H264/1000"),
    { ...H264, clockRate: 1000 },
  ],
  "several types, the first of them known": [
    sdp(
      "m=video 5004 RTP/AVP 98 97 96",
      "a=rtpmap:98 VP8/90000",
      "a=rtpmap:97 rtx/90000",
      ...VIDEO.slice(1),
    ),
    H264,
  ],
  "types that are none": [
    sdp("m=video 5004 RTP/AVP -1 128 x 999999999999 96", VIDEO[1]!),
    H264,
  ],
  "audio first": [
    sdp(
      "m=audio 5002 RTP/AVP 0",
      "c=IN IP4 10.0.0.1",
      "a=control:audio",
      ...VIDEO,
      "a=control:video",
    ),
    { ...H264, control: "video" },
  ],
  "a second video where the first is another codec": [
    sdp("m=video 5000 RTP/AVP 97", "a=rtpmap:97 VP8/90000", ...VIDEO),
    H264,
  ],
  "the first of two videos": [
    sdp(...VIDEO, "m=video 5008 RTP/AVP 97", "a=rtpmap:97 H265/90000"),
    H264,
  ],
  "senders": [
    sdp(
      "c=IN IP4 239.1.2.3",
      "a=source-filter: incl IN IP4 239.1.2.3 10.0.0.1 10.0.0.2",
      ...VIDEO,
    ),
    { ...H264, address: "239.1.2.3", sources: ["10.0.0.1", "10.0.0.2"] },
  ],
  "senders of any group": [
    sdp(...VIDEO, "a=source-filter:incl IN * * camera.local"),
    { ...H264, sources: ["camera.local"] },
  ],
  "senders of another group": [
    sdp(
      "c=IN IP4 239.1.2.3",
      ...VIDEO,
      "a=source-filter: incl IN IP4 239.9.9.9 10.0.0.1",
    ),
    { ...H264, address: "239.1.2.3" },
  ],
  "senders that are not to be heard": [
    sdp(...VIDEO, "a=source-filter: excl IN IP4 * 10.0.0.1"),
    H264,
  ],
  "senders that are no hosts": [
    sdp(...VIDEO, "a=source-filter: incl IN IP4 * a/b -v ?x 10.0.0.1"),
    { ...H264, sources: ["10.0.0.1"] },
  ],
  "no senders": [sdp(...VIDEO, "a=source-filter: incl IN IP4 *"), H264],
  "1000 senders": [
    sdp(
      ...VIDEO,
      `a=source-filter: incl IN IP4 *${" 10.0.0.1".repeat(1000)}`,
    ),
    { ...H264, sources: Array(16).fill("10.0.0.1") },
  ],
  "URLs of RTSP, which are not followed here": [
    sdp(
      "a=control:rtsp://camera/stream/",
      ...VIDEO,
      "a=control:../../etc/passwd",
    ),
    {
      ...H264,
      control: "../../etc/passwd",
      sessionControl: "rtsp://camera/stream/",
    },
  ],
  "names of objects": [
    sdp("m=video 5004 RTP/AVP 97 96", "a=rtpmap:97 __proto__/1", VIDEO[1]!),
    H264,
  ],
  "10,000 formats": [
    sdp(`m=video 5004 RTP/AVP 96${" 97".repeat(10_000)}`, VIDEO[1]!),
    H264,
  ],
  "63 other media": [
    sdp(...Array(63).fill("m=audio 0 RTP/AVP 0"), ...VIDEO),
    H264,
  ],
};

const MAP = "a=rtpmap:96";
const NONE = "is none of H264, H265 and JPEG";

/** What is refused, and what the message says behind "Cannot read SDP: ". */
const BAD: Record<string, [text: string, why: string]> = {
  "nothing": ["", 'it begins with ""'],
  "blanks": [" \r\n\t", 'it begins with ""'],
  "another text": ["<html>\nv=0", 'it begins with "<html>"'],
  "binary": ["\0\x01\x02", 'it begins with "\\u0000\\u0001\\u0002"'],
  "much that is binary": [
    "\x01".repeat(100),
    `it begins with "${"\\u0001".repeat(10)}..."`,
  ],
  "a playlist": ["#EXTM3U\nhttp://x/y.ts", 'it begins with "#EXTM3U"'],
  "a long line": [
    "x".repeat(1000),
    `it begins with "${"x".repeat(60)}..."`,
  ],
  "more than 128 KiB": [
    sdp(...VIDEO) + "a=\n".repeat(50_000),
    "longer than 131072 bytes",
  ],
  "no media": [sdp(), 'no "m=video" line'],
  "audio only": [
    sdp("m=audio 5002 RTP/AVP 0", "a=rtpmap:0 PCMU/8000"),
    'no "m=video" line',
  ],
  "a video line in another case": [
    sdp("M=VIDEO 5004 RTP/AVP 96", VIDEO[1]!),
    'no "m=video" line',
  ],
  "a medium called videos": [
    sdp("m=videos 5004 RTP/AVP 96", VIDEO[1]!),
    'no "m=video" line',
  ],
  "10,000 media": [
    sdp(...Array(10_000).fill("m=video 0")),
    'more than 64 "m=" lines',
  ],
  "65 media": [
    sdp(...Array(64).fill("m=audio 0 RTP/AVP 0"), ...VIDEO),
    'more than 64 "m=" lines',
  ],
  "a negative port": [
    sdp("m=video -1 RTP/AVP 96", VIDEO[1]!),
    'port in "m=video -1 RTP/AVP 96"',
  ],
  "a port above 65535": [
    sdp("m=video 65536 RTP/AVP 96", VIDEO[1]!),
    'port in "m=video 65536 RTP/AVP 96"',
  ],
  "a port that is no number": [
    sdp("m=video 5e3 RTP/AVP 96", VIDEO[1]!),
    'port in "m=video 5e3 RTP/AVP 96"',
  ],
  "no port": [sdp("m=video "), 'port in "m=video "'],
  "no protocol": [sdp("m=video 5004"), 'protocol in "m=video 5004"'],
  "no RTP": [
    sdp("m=video 5004 udp 96", VIDEO[1]!),
    'protocol in "m=video 5004 udp 96"',
  ],
  "encrypted RTP": [
    sdp("m=video 5004 RTP/SAVP 96", VIDEO[1]!),
    'protocol in "m=video 5004 RTP/SAVP 96"',
  ],
  "no format": [
    sdp("m=video 5004 RTP/AVP"),
    `video in "m=video 5004 RTP/AVP" ${NONE}`,
  ],
  "no map": [
    sdp("m=video 5004 RTP/AVP 96"),
    `video in "m=video 5004 RTP/AVP 96" ${NONE}`,
  ],
  "a map of another type": [
    sdp("m=video 5004 RTP/AVP 96", "a=rtpmap:97 H264/90000"),
    `video in "m=video 5004 RTP/AVP 96" ${NONE}`,
  ],
  "a map in another medium": [
    sdp("m=video 5004 RTP/AVP 96", "m=audio 0 RTP/AVP 96", VIDEO[1]!),
    `video in "m=video 5004 RTP/AVP 96" ${NONE}`,
  ],
  "another codec": [
    sdp("m=video 5004 RTP/AVP 96", `${MAP} AV1/90000`),
    `video "AV1/90000" ${NONE}`,
  ],
  "two videos of other codecs, by the first": [
    sdp("m=video 1 RTP/AVP 96", `${MAP} AV1/90000`, "m=video -1 RTP/AVP 96"),
    `video "AV1/90000" ${NONE}`,
  ],
  "a map without codec": [
    sdp("m=video 5004 RTP/AVP 96", `${MAP} `),
    `video "" ${NONE}`,
  ],
  "MPEG-4, of a static type": [
    sdp("m=video 5004 RTP/AVP 32"),
    `video in "m=video 5004 RTP/AVP 32" ${NONE}`,
  ],
  "a clock rate of 0": [
    sdp("m=video 5004 RTP/AVP 96", `${MAP} H264/0`),
    'clock rate of "H264/0"',
  ],
  "a negative clock rate": [
    sdp("m=video 5004 RTP/AVP 96", `${MAP} H264/-90000`),
    'clock rate of "H264/-90000"',
  ],
  "no clock rate": [
    sdp("m=video 5004 RTP/AVP 96", `${MAP} H264`),
    'clock rate of "H264"',
  ],
  "a clock rate that is no number": [
    sdp("m=video 5004 RTP/AVP 96", `${MAP} H264/NaN`),
    'clock rate of "H264/NaN"',
  ],
  "a clock rate of twenty digits": [
    sdp("m=video 5004 RTP/AVP 96", `${MAP} H264/99999999999999999999`),
    'clock rate of "H264/99999999999999999999"',
  ],
  "a clock rate of JPEG": [
    sdp("m=video 5004 RTP/AVP 26", "a=rtpmap:26 JPEG/0"),
    'clock rate of "JPEG/0"',
  ],
  "a network that is not the Internet": [
    sdp(...VIDEO, "c=ATM IP4 1.2.3.4"),
    '"c=ATM IP4 1.2.3.4"',
  ],
  "an address of IPv5": [
    sdp(...VIDEO, "c=IN IP5 1.2.3.4"),
    '"c=IN IP5 1.2.3.4"',
  ],
  "a TTL above 255": [
    sdp(...VIDEO, "c=IN IP4 239.1.2.3/256"),
    '"c=IN IP4 239.1.2.3/256"',
  ],
  "a negative TTL": [
    sdp(...VIDEO, "c=IN IP4 239.1.2.3/-1"),
    '"c=IN IP4 239.1.2.3/-1"',
  ],
  "an address that is an option": [
    sdp(...VIDEO, "c=IN IP4 -i"),
    '"c=IN IP4 -i"',
  ],
  "an address with options": [
    sdp(...VIDEO, "c=IN IP4 1.2.3.4?listen=1"),
    '"c=IN IP4 1.2.3.4?listen=1"',
  ],
  "an address with a path": [
    sdp(...VIDEO, "c=IN IP4 ../../etc/passwd"),
    '"c=IN IP4 ../../etc/passwd"',
  ],
  "an address and nothing else": [sdp(...VIDEO, "c="), '"c="'],
  "interleaved H.264": [
    sdp(...VIDEO, "a=fmtp:96 packetization-mode=2"),
    'interleaved video, "packetization-mode=2"',
  ],
  "interleaved H.265": [
    sdp(
      "m=video 5004 RTP/AVP 96",
      `${MAP} H265/90000`,
      "a=fmtp:96 sprop-max-don-diff=12",
    ),
    'interleaved video, "sprop-max-don-diff"',
  ],
  "a URL of more than 2048 characters": [
    sdp(...VIDEO, `a=control:${"x".repeat(2049)}`),
    `"a=control:" with "${"x".repeat(60)}..."`,
  ],
  "a URL with a blank": [
    sdp(...VIDEO, "a=control:a b"),
    '"a=control:" with "a b"',
  ],
  "a URL with a NUL": [
    sdp(...VIDEO, "a=control:a\0b"),
    '"a=control:" with "a\\u0000b"',
  ],
};

/** `ffmpeg -f rtp rtp://127.0.0.1:6000` 5.1.9, of H.264. */
const BY_FFMPEG = `v=0
o=- 0 0 IN IP4 127.0.0.1
s=No Name
c=IN IP4 127.0.0.1
t=0 0
a=tool:libavformat LIBAVFORMAT_VERSION
m=video 6000 RTP/AVP 96
a=rtpmap:96 H264/90000
a=fmtp:96 packetization-mode=1; sprop-parameter-sets=Z2QAHqy0BQHtgIgAAAMACAAAAwHkeLF1,aO88sA==; profile-level-id=64001E
`;

/** The same, of H.265. */
const HEVC_BY_FFMPEG = BY_FFMPEG.replace("H264", "H265").replace(
  /a=fmtp.*/,
  "a=fmtp:96 sprop-vps=QAEMAf//AWAAAAMAkAAAAwAAAwBalZgJ; sprop-sps=QgEBAWAAAAMAkAAAAwAAAwBaoAUCAeFllZpJMrwFoCAAAAMAIAAAAwPB; sprop-pps=RAHBcrRiQA==",
);

test("readSdp() reads what FFmpeg writes", () => {
  const common = { ...H264, port: 6000, address: "127.0.0.1" };
  const h264 = "6764001eacb40501ed80880000030008000003" +
    "01e478b175 68ef3cb0";
  assert.deepEqual(read(BY_FFMPEG), { ...common, sets: h264 });
  const hevc = read(HEVC_BY_FFMPEG);
  assert.equal(hevc.codec, "hevc");
  assert.match(hevc.sets, /^40010c\w+ 420101\w+ 4401c172b46240$/);
});

test("readSdp() reads what writeSdp() writes", () => {
  const stream = { address: "239.1.2.3", port: 5004, ttl: 7 };
  const expected = { ...H264, address: "239.1.2.3", ttl: 7 };
  assert.deepEqual(readSdp(writeSdp(stream)), expected);
});

for (const [name, [text, expected]] of Object.entries(GOOD)) {
  test(`readSdp() reads ${name}`, () => {
    assert.deepEqual(read(text), { sets: "", ...expected });
  });
}

for (const [name, [text, why]] of Object.entries(BAD)) {
  test(`readSdp() refuses ${name}`, () => {
    assert.throws(() => readSdp(text), {
      name: "SdpError",
      message: `Cannot read SDP: ${why}`,
    });
  });
}

test("readSdp() is quick, whatever is in 128 KiB", () => {
  const formats = " 96".repeat(1000);
  const floods = [
    `m=video 0 RTP/AVP${formats}\n`,
    "a=fmtp:96 " + "a=b;".repeat(10) + "\n",
    "a=rtpmap:96 x/1\n",
    "a=source-filter: incl IN IP4 * a\n",
    "c=IN IP4 a\n",
    "a=\n",
  ];
  for (const flood of floods) {
    const head = sdp(`m=video 5004 RTP/AVP${" 97".repeat(20_000)}`);
    const count = Math.floor((MAX_SDP_BYTES - head.length) / flood.length);
    const started = performance.now();
    try {
      readSdp(head + flood.repeat(count));
    } catch (error) {
      assert.equal((error as Error).name, "SdpError");
    }
    assert.ok(performance.now() - started < 2000);
  }
});
