import assert from "node:assert/strict";
import {
  byteStream,
  SAMPLE,
  writePps,
  writeSps,
} from "../../../test/h264_writer.ts";
import { test } from "../../../test/harness.ts";
import { readSdp } from "./sdp_reader.ts";
import { type SdpStream, writeSdp } from "./sdp_writer.ts";

const STREAM: SdpStream = { address: "127.0.0.1", port: 5004 };

test("writeSdp() describes a stream of H.264", () => {
  const text = writeSdp({ ...STREAM, parameterSets: SAMPLE.subarray(0, 34) });
  const lines = [
    "v=0",
    "o=- 0 0 IN IP4 127.0.0.1",
    "s=camagent",
    "c=IN IP4 127.0.0.1",
    "t=0 0",
    "m=video 5004 RTP/AVP 96",
    "a=rtpmap:96 H264/90000",
    "a=fmtp:96 packetization-mode=1; sprop-parameter-sets=" +
    "Z0LACtp7ARAAAAMAEAAAAwPI8SJq,aM4BlyA=; profile-level-id=42c00a",
    "",
  ];
  assert.deepEqual(text.split("\r\n"), lines);
});

test("writeSdp() leaves out what it does not know", () => {
  const text = writeSdp(STREAM);
  assert.match(text, /^a=fmtp:96 packetization-mode=1\r\n/m);
});

test("writeSdp() takes SPS and PPS only", () => {
  const sets = [writeSps(), writePps(), writePps(1)];
  const stream = byteStream([[9, 0xf0], ...sets, [0x65, 0x88]]);
  const { parameterSets } = readSdp(
    writeSdp({ ...STREAM, parameterSets: stream }),
  );
  assert.deepEqual(parameterSets, byteStream(sets));
});

test("writeSdp() names parameter sets once that come twice", () => {
  const sets = [writeSps(), writePps()];
  const parameterSets = byteStream([...sets, ...sets]);
  const text = writeSdp({ address: "10.0.0.1", port: 5004, parameterSets });
  assert.deepEqual(readSdp(text).parameterSets, byteStream(sets));
});

const ADDRESSES: Record<string, [stream: Partial<SdpStream>, lines: string[]]> =
  {
    "a host name": [
      { address: "raspberrypi.local" },
      ["c=IN IP4 raspberrypi.local"],
    ],
    "an IPv4 group, in the local network": [
      { address: "239.1.2.3" },
      ["c=IN IP4 239.1.2.3/1"],
    ],
    "an IPv4 group with a TTL": [
      { address: "224.0.1.2", ttl: 16 },
      ["c=IN IP4 224.0.1.2/16"],
    ],
    "no group": [{ address: "240.0.0.1" }, ["c=IN IP4 240.0.0.1"]],
    "IPv6": [
      { address: "::1" },
      ["o=- 0 0 IN IP6 ::1", "c=IN IP6 ::1"],
    ],
    "an IPv6 group, which has no TTL": [
      { address: "ff15::1%eth0", ttl: 3 },
      ["c=IN IP6 ff15::1"],
    ],
    "a sender": [
      { origin: "192.168.1.7" },
      ["o=- 0 0 IN IP4 192.168.1.7"],
    ],
    "a name, a payload type": [
      { name: "Küche 1", payloadType: 101, port: 6000 },
      ["s=Küche 1", "m=video 6000 RTP/AVP 101", "a=rtpmap:101 H264/90000"],
    ],
  };

for (const [name, [stream, lines]] of Object.entries(ADDRESSES)) {
  test(`writeSdp() writes ${name}`, () => {
    const text = writeSdp({ ...STREAM, ...stream });
    for (const line of lines) assert.ok(text.includes(`${line}\r\n`), text);
  });
}

const BAD: Record<string, Partial<SdpStream>> = {
  'Cannot write SDP: "" is no host': { address: "" },
  'Cannot write SDP: "a b" is no host': { address: "a b" },
  'Cannot write SDP: "a\\r\\nm=audio" is no host': { address: "a\r\nm=audio" },
  'Cannot write SDP: "1.2.3.4/5" is no host': { origin: "1.2.3.4/5" },
  'Cannot write SDP: name is ""': { name: "" },
  'Cannot write SDP: name is "a\\nb"': { name: "a\nb" },
};

for (const [message, stream] of Object.entries(BAD)) {
  test(`writeSdp() says: ${message}`, () => {
    assert.throws(() => writeSdp({ ...STREAM, ...stream }), {
      name: "SdpError",
      message,
    });
  });
}
