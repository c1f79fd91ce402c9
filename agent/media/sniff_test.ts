import assert from "node:assert/strict";
import {
  byteStream,
  SAMPLE,
  writeSlice,
  writeSps,
} from "../../test/h264_writer.ts";
import { test } from "../../test/harness.ts";
import { MAX_SNIFF_BYTES, sniff } from "./sniff.ts";

function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** So many packets of 188 bytes, each with `extra` bytes in front. */
function transportStream(packets: number, extra = 0): Uint8Array {
  const data = new Uint8Array(packets * (188 + extra)).fill(0x55);
  for (let i = 0; i < packets; i++) data[i * (188 + extra) + extra] = 0x47;
  return data;
}

/**
 * `ffmpeg -f lavfi -i color=s=64x64 -frames:v 2 -c:v libx265 -preset ultrafast
 * -f hevc - | head -c 96`, FFmpeg 5.1.9 with x265 3.5: VPS, SPS, PPS.
 */
const HEVC = Uint8Array.fromHex(
  "0000000140010c01ffff01600000030090000003000003001e95940900000001" +
    "42010101600000030090000003000003001ea0208105965654a4c2f016808000" +
    "0003008000000c84000000014401c073c0890000014e0105ffffffffffffffff",
);

/** Slices of H.265: IDR_W_RADL, then TRAIL_R and TRAIL_N. */
const HEVC_SLICES = byteStream([
  [0x26, 0x01, 0xaf],
  [0x02, 0x01, 0xd0],
  [0x00, 0x01, 0xe0],
]);

const P = writeSlice(0x41);

const STREAMS: Record<string, [Uint8Array, ReturnType<typeof sniff>]> = {
  "nothing": [new Uint8Array(), undefined],
  "x264's stream": [SAMPLE, "h264"],
  "x264's stream from its second byte": [SAMPLE.subarray(1), "h264"],
  "an SPS": [byteStream([writeSps()]), "h264"],
  "an SPS that is cut off": [byteStream([[0x67, 66, 0]]), undefined],
  "data partitions": [byteStream([[0x42, 0xe0], [0x42, 0xe0]]), undefined],
  "random access pictures of a higher layer": [
    byteStream([[0x26, 2], [0x26, 2], [0x26, 2]]),
    undefined,
  ],
  "three slices": [byteStream([P, P, P]), "h264"],
  "two slices": [byteStream([P, P]), undefined],
  "a delimiter and two slices": [byteStream([[9, 0xf0], P, P]), "h264"],
  "slices of H.264 with the forbidden bit": [
    byteStream([[0xc1], [0xc1], [0xc1]]),
    undefined,
  ],
  "as many slices of H.264 as other things": [
    byteStream([P, P, P, [0xb3, 1], [0xb3, 1]]),
    undefined,
  ],
  "x265's stream": [HEVC, "hevc"],
  "slices of H.265": [HEVC_SLICES, "hevc"],
  "four packets of a transport stream": [transportStream(4), "mpegts"],
  "three packets of a transport stream": [transportStream(3), undefined],
  "a transport stream from the middle of a packet": [
    transportStream(5).subarray(100),
    "mpegts",
  ],
  "a transport stream with timecodes": [transportStream(4, 4), "mpegts"],
  "a JPEG": [Uint8Array.of(0xff, 0xd8, 0xff, 0xe0), "mjpeg"],
  "the border between two JPEGs": [
    Uint8Array.of(1, 0, 0, 1, 5, 0xff, 0xd9, 0xff, 0xd8, 0xff, 0xdb),
    "mjpeg",
  ],
  "FLV": [latin1("FLV\x01\x05"), "flv"],
  "Matroska": [Uint8Array.of(0x1a, 0x45, 0xdf, 0xa3, 1), "matroska"],
  "Ogg": [latin1("OggS\0\x02"), "ogg"],
  "an MPEG program stream": [Uint8Array.of(0, 0, 1, 0xba, 0x44), "mpeg"],
  "AVI": [latin1("RIFF\x24\x10\0\0AVI LIST"), "avi"],
  "MP4": [latin1("\0\0\0\x20ftypisom"), "mov"],
  "IVF": [latin1("DKIF\0\0\x20\0VP80"), "ivf"],
  "NUT": [latin1("nut/multimedia container\0N"), "nut"],
  "half of a signature": [Uint8Array.of(0x1a, 0x45, 0xdf), undefined],
  "an HLS playlist": [latin1("#EXTM3U\n"), "playlist"],
  "one behind a byte order mark": [latin1("\xef\xbb\xbf#EXTM3U\n"), "playlist"],
  "an FFmpeg playlist": [latin1("ffconcat version 1.0\n"), "playlist"],
  "a DASH manifest": [latin1('<?xml version="1.0"?>\n<MPD'), "playlist"],
  "a DASH manifest without declaration": [latin1(" \n<MPD "), "playlist"],
  "SDP": [latin1("v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\n"), "playlist"],
  "a PLS playlist": [latin1("[playlist]\nFile1="), "playlist"],
  "a Windows Media playlist": [latin1("[Reference]\r\nRef1="), "playlist"],
  "a QuickTime RTSP link": [latin1("RTSPtextRTSP://host"), "playlist"],
  "a list of addresses": [latin1("file:///etc/passwd\n"), "playlist"],
  "an HTTP response": [latin1("HTTP/1.1 200 OK\r\n"), "http"],
  "an HTTP request": [latin1("GET /video HTTP/1.1\r\n"), "http"],
  "an RTSP request": [latin1("OPTIONS rtsp://host RTSP/1.0\r\n"), "http"],
  "an RTSP response": [latin1("RTSP/1.0 200 OK\r\n"), "http"],
  "a greeting": [latin1("SSH-2.0-OpenSSH_9.2\r\n"), undefined],
};

for (const [name, [data, expected]] of Object.entries(STREAMS)) {
  test(`sniff() says ${expected} to ${name}`, () => {
    assert.equal(sniff(data), expected);
  });
}

test("sniff() does not let a transport stream pass for what is in it", () => {
  const data = transportStream(6).subarray(50);
  data.set(SAMPLE.subarray(0, 100), 10);
  for (let length = 0; length <= data.length; length++) {
    const found = sniff(data.subarray(0, length));
    assert.ok(found === undefined || found === "mpegts", `${found} ${length}`);
  }
  assert.equal(sniff(data), "mpegts");
});

/** So many bytes without meaning; `data` at the end. */
function noise(length: number, data?: Uint8Array): Uint8Array {
  const bytes = Uint8Array.from({ length }, (_, i) => 0x80 | i * 7 & 0x3f);
  if (data) bytes.set(data, length - data.length);
  return bytes;
}

test("sniff() gives up at 64 KiB", () => {
  assert.equal(sniff(noise(MAX_SNIFF_BYTES - 1)), undefined);
  assert.equal(sniff(noise(MAX_SNIFF_BYTES)), "unknown");
  assert.equal(sniff(noise(MAX_SNIFF_BYTES + 500, SAMPLE)), "unknown");
  assert.equal(sniff(new Uint8Array(MAX_SNIFF_BYTES)), "unknown");
});

test("sniff() looks at 64 NAL units at most", () => {
  const slices = Array(200).fill(P);
  const behind = (count: number) =>
    sniff(byteStream([...Array(count).fill([0xb3, 1]), ...slices]));
  assert.equal(behind(16), "h264");
  assert.equal(behind(64), undefined);
});

test("sniff() finds a stream that begins in the middle of a picture", () => {
  const hevc = Uint8Array.from([...HEVC_SLICES, ...HEVC_SLICES]);
  assert.equal(sniff(noise(30_000, SAMPLE)), "h264");
  assert.equal(sniff(noise(30_000, hevc)), "hevc");
  assert.equal(sniff(noise(MAX_SNIFF_BYTES, byteStream([P, P]))), "h264");
});

test("sniff() finds a playlist that FFmpeg would find in noise", () => {
  for (const text of ["\nc=IN IP4 239.0.0.1\r\n", "<mpd xmlns="]) {
    const data = noise(MAX_SNIFF_BYTES, latin1(text));
    assert.equal(sniff(data), "playlist");
  }
});
