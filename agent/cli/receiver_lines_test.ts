import assert from "node:assert/strict";
import { test } from "../../test/harness.ts";
import { indented, receiverLines } from "./receiver_lines.ts";

test("receiverLines names this machine where every interface listens", () => {
  assert.deepEqual(receiverLines("tcp://0.0.0.0:5001", {}, "192.168.1.5"), [
    "camagent recv tcp://192.168.1.5:5001 pipe:/tmp/cam",
    "ffplay -f h264 -flags low_delay -probesize 32 -framedrop -vf setpts=0 " +
    "tcp://192.168.1.5:5001",
    "gst-launch-1.0 tcpclientsrc host=192.168.1.5 port=5001 ! h264parse ! " +
    "avdec_h264 ! autovideosink sync=false",
  ]);
});

const hosts: [address: string, own: string | undefined, url: string][] = [
  ["tcp://0.0.0.0:0", "192.168.1.5", "tcp://192.168.1.5:40123"],
  ["tcp://[::]:5001", "192.168.1.5", "tcp://192.168.1.5:40123"],
  ["tcp://:5001", "192.168.1.5", "tcp://192.168.1.5:40123"],
  ["tcp://127.0.0.1:5001", "192.168.1.5", "tcp://127.0.0.1:40123"],
  ["tcp://10.0.0.2:5001", "192.168.1.5", "tcp://10.0.0.2:40123"],
  ["tcp://0.0.0.0:5001", undefined, "tcp://127.0.0.1:40123"],
  ["tcp://[fd00::1]:5001?maxViewers=2", undefined, "tcp://[fd00::1]:40123"],
];

for (const [address, own, url] of hosts) {
  test(`receiverLines shows "${address}" of ${own} as ${url}`, () => {
    const [line] = receiverLines(address, { port: 40_123 }, own);
    assert.equal(line, `camagent recv ${url} pipe:/tmp/cam`);
  });
}

test("receiverLines gives GStreamer an IPv6 host without brackets", () => {
  const lines = receiverLines("tcp://[fd00::1]:5001", {}, undefined);
  assert.match(lines.at(-1)!, /host=fd00::1 port=5001 /);
});

test("receiverLines speaks for players only where it knows the protocol", () => {
  assert.deepEqual(receiverLines("mqtt://0.0.0.0", {}, "10.0.0.2"), [
    "camagent recv mqtt://10.0.0.2 pipe:/tmp/cam",
  ]);
});

const SDP = "v=0\r\nm=video 5004 RTP/AVP 96\r\n";

test("receiverLines tells of RTP when there is an SDP, and shows it", () => {
  assert.deepEqual(receiverLines("rtp://192.168.1.7", {}, undefined), []);
  const lines = receiverLines("rtp://192.168.1.7", { sdp: SDP }, undefined);
  assert.deepEqual(lines, [
    "camagent recv rtp://0.0.0.0:5004 pipe:/tmp/cam",
    "gst-launch-1.0 udpsrc port=5004 caps='application/x-rtp,media=video," +
    "clock-rate=90000,encoding-name=H264,payload=96' ! rtph264depay ! " +
    "h264parse ! avdec_h264 ! autovideosink sync=false",
    "ffplay -protocol_whitelist file,udp,rtp -flags low_delay -probesize 32 " +
    "-framedrop -vf setpts=0 cam.sdp",
    "vlc --demux live555,avformat --network-caching 50 cam.sdp",
    "with this in cam.sdp (or have it written by ?sdp=FILE):",
    "v=0",
    "m=video 5004 RTP/AVP 96",
  ]);
});

test("receiverLines tells every player of RTSP where the stream is", () => {
  const address = "rtsp://0.0.0.0:8554/cam#maxViewers=4";
  const url = "rtsp://10.0.0.2:8554/cam";
  assert.deepEqual(receiverLines(address, { port: 8554 }, "10.0.0.2"), [
    `camagent recv ${url} pipe:/tmp/cam`,
    `ffplay -rtsp_transport tcp -flags low_delay -probesize 32 -framedrop ` +
    `-vf setpts=0 ${url}`,
    `vlc --network-caching 50 ${url}`,
    `gst-launch-1.0 rtspsrc location=${url} latency=0 ! rtph264depay ! ` +
    "h264parse ! avdec_h264 ! autovideosink sync=false",
    `cv2.VideoCapture("${url}")  # OpenCV`,
    `${url}  # Frigate, Home Assistant, go2rtc, MediaMTX`,
  ]);
});

test("receiverLines tells where a password belongs, and not which", () => {
  for (
    const address of [
      "rtsp://0.0.0.0/cam#user=me&passwordFile=***",
      "rtsp://***@0.0.0.0/cam#user=me",
    ]
  ) {
    const [first] = receiverLines(address, {}, "pi");
    assert.equal(
      first,
      "camagent recv rtsp://me:PASSWORD@pi:8554/cam pipe:/tmp/cam",
    );
  }
  const [secure] = receiverLines("rtsps://***@pi/cam#cert=c", {}, undefined);
  assert.equal(
    secure,
    "camagent recv 'rtsps://USER:PASSWORD@pi:8322/cam#ca=CERTIFICATE' " +
      "pipe:/tmp/cam",
  );
});

test("indented() keeps an SDP as it has to be in the file", () => {
  const lines = receiverLines("rtp://192.168.1.7", { sdp: SDP }, undefined);
  const shown = lines.map(indented);
  assert.deepEqual(shown.slice(-2), ["v=0", "m=video 5004 RTP/AVP 96"]);
  assert.ok(shown.slice(0, -2).every((line) => line.startsWith("  ")));
});

test("receiverLines has GStreamer listen to IPv6", () => {
  const udp = receiverLines("udp://[::1]", {}, undefined);
  assert.match(udp[2]!, / udpsrc address=:: port=5004 /);
  const rtp = receiverLines("rtp://[fd00::7]", { sdp: SDP }, undefined);
  assert.match(rtp[1]!, / udpsrc address=:: port=5004 caps=/);
});

test("receiverLines names the SDP that is written", () => {
  const address = "rtp://239.1.1.1:6000?interface=eth0&sdp=my cam.sdp";
  const lines = receiverLines(address, { sdp: SDP }, undefined);
  assert.equal(lines.length, 4);
  assert.match(lines[0]!, /'rtp:\/\/239.1.1.1:6000\?interface=eth0'/);
  assert.match(lines[1]!, /address=239.1.1.1 multicast-iface=eth0 port=6000/);
  assert.match(lines[3]!, / 'my cam.sdp'$/);
});

const GROUP_LINES = [
  "camagent recv 'udp://239.1.1.1:5004?interface=lo' pipe:/tmp/cam",
  "ffplay -f h264 -flags low_delay -probesize 32 -framedrop -vf setpts=0 " +
  "'udp://239.1.1.1:5004?localaddr=127.0.0.1'",
  "gst-launch-1.0 udpsrc address=239.1.1.1 multicast-iface=lo port=5004 ! " +
  "h264parse ! avdec_h264 ! autovideosink sync=false",
];

test("receiverLines joins a group", () => {
  const address = "udp://239.1.1.1?interface=lo";
  const lines = receiverLines(address, {}, "10.0.0.2");
  assert.deepEqual(lines, GROUP_LINES);
});

const BOUND: [address: string, bound: string][] = [
  ["udp://192.168.1.7:6000", "0.0.0.0:6000"],
  ["udp://[fd00::7]", "[::]:5004"],
  ["udp://127.0.0.1", "127.0.0.1:5004"],
  ["udp://[ff15::1]", "[ff15::1]:5004"],
];

for (const [address, bound] of BOUND) {
  test(`receiverLines of ${address} binds ${bound}`, () => {
    const [ours, ffplay] = receiverLines(address, {}, undefined);
    // Shells take brackets for a pattern.
    const quote = bound.startsWith("[") ? "'" : "";
    const url = `${quote}udp://${bound}${quote}`;
    assert.equal(ours, `camagent recv ${url} pipe:/tmp/cam`);
    assert.ok(ffplay?.endsWith(` ${url}`), ffplay);
  });
}
