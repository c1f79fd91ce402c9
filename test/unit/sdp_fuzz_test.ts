import assert from "node:assert/strict";
import {
  joinNalUnits,
  nalUnitsOf,
  readSdp,
  SdpError,
  writeSdp,
} from "../../agent/media/mod.ts";
import { property } from "../property.ts";
import type { Random } from "../random.ts";

/** Lines, and pieces of lines, that mean something. */
const LINES = [
  "v=0",
  "m=video 5004 RTP/AVP 96",
  "m=video 5004 RTP/AVP 26",
  "m=video 0 RTP/AVP 97 96",
  "m=audio 5002 RTP/AVP 0",
  "a=rtpmap:96 H264/90000",
  "a=rtpmap:97 H265/90000",
  "a=rtpmap:96 JPEG/90000",
  "a=fmtp:96 packetization-mode=1; sprop-parameter-sets=Z0IAHg==,aM4=",
  "a=fmtp:97 sprop-vps=QAEM; sprop-sps=QgEB; sprop-pps=RAHA",
  "c=IN IP4 239.1.2.3/5",
  "c=IN IP6 ff15::1",
  "a=source-filter: incl IN IP4 * 10.0.0.1",
  "a=control:trackID=1",
  "a=control:rtsp://camera/",
];

const TEXT = new TextEncoder();

/** A description that is right in places. */
function randomSdp(random: Random): string {
  const lines = random.list(random.below(8), () => random.pick(LINES));
  const text = ["v=0", ...lines].join(random.pick(["\n", "\r\n", "\r"]));
  if (random.once(3)) return text;
  return new TextDecoder("latin1").decode(random.mutate(TEXT.encode(text)));
}

property("readSdp() throws nothing but SdpError", 50_000, (random) => {
  const text = randomSdp(random);
  try {
    const video = readSdp(text);
    assert.ok(["h264", "hevc", "mjpeg"].includes(video.codec));
    assert.ok(video.payloadType >= 0 && video.payloadType < 128);
    assert.ok(video.clockRate > 0 && video.clockRate <= 1e9);
    assert.ok(video.port >= 0 && video.port < 65536);
    assert.ok((video.ttl ?? 0) >= 0 && (video.ttl ?? 0) < 256);
    assert.doesNotMatch(video.address ?? "", /[\s/?]/);
    assert.doesNotMatch(video.control ?? "", /[\s\p{Cc}]/u);
    const { parameterSets } = video;
    if (parameterSets) {
      assert.equal(parameterSets.subarray(0, 4).toHex(), "00000001");
      assert.ok([...nalUnitsOf(parameterSets)].length > 0);
    }
  } catch (error) {
    if (!(error instanceof SdpError)) throw error;
    assert.match(error.message, /^Cannot read SDP: .{1,200}$/);
  }
});

property("readSdp() reads what writeSdp() writes", 2_500, (random) => {
  const nalUnit = (header: number) =>
    Uint8Array.of(
      header,
      ...random.list(random.between(3, 30), () => random.between(1, 255)),
    );
  const sets = [0x67, ...random.list(random.below(3), () => 0x68)].map(nalUnit);
  const address = random.pick(["10.0.0.1", "239.1.2.3", "ff15::1", "pi.local"]);
  const stream = {
    address,
    port: random.below(65536),
    payloadType: random.between(96, 127),
    parameterSets: joinNalUnits(sets),
  };
  assert.deepEqual(readSdp(writeSdp(stream)), {
    ...stream,
    codec: "h264",
    clockRate: 90_000,
    ...(address.startsWith("239") && { ttl: 1 }),
  });
});
