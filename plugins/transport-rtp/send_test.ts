import assert from "node:assert/strict";
import {
  insertTiming,
  isRtcp,
  parseRtcp,
  parseRtp,
  us,
} from "../../agent/media/mod.ts";
import { stream, streamBytes } from "../../test/contract/stream.ts";
import type { FakeRuntime } from "../../test/fakes/runtime.ts";
import { test } from "../../test/harness.ts";
import { GROUP, HOST, openSending } from "./fixture_test.ts";

/** The packets that were sent. */
function packetsOf({ udp }: FakeRuntime) {
  return udp.sent.filter(({ data }) => !isRtcp(data))
    .map(({ data, ...to }) => ({ ...parseRtp(data)!, ...to }));
}

/** What was said of the stream, and where. */
function reportsOf({ udp }: FakeRuntime) {
  return udp.sent.filter(({ data }) => isRtcp(data)).map(({ data, ...to }) => {
    const { senderReports: [report], goodbyes } = parseRtcp(data);
    return { ...report!, goodbyes, ...to };
  });
}

test("transport-rtp sends every picture to its receiver at once", async () => {
  const { runtime, sending } = openSending(`rtp://${HOST}:6000`);
  await using _ = sending;
  await sending.watch();
  const [keyframe, picture] = stream();
  sending.hub.push(keyframe!);
  await runtime.advance(0);
  sending.hub.push(picture!);
  await runtime.advance(0);
  assert.deepEqual(sending.labels, [`${HOST}:6000`]);
  const packets = packetsOf(runtime);
  assert.equal(packets.length, 2);
  for (const { host, port, marker, payloadType } of packets) {
    assert.deepEqual({ host, port }, { host: HOST, port: 6000 });
    assert.deepEqual({ marker, payloadType }, {
      marker: true,
      payloadType: 96,
    });
  }
});

for (const [query, payload] of [["", 1452], ["?payload=64", 64]] as const) {
  test(`transport-rtp sends packets of ${payload} bytes at the most`, async () => {
    const { runtime, sending } = openSending(`rtp://${HOST}${query}`);
    await using _ = sending;
    const reader = await sending.watch();
    for (const unit of stream()) sending.hub.push(unit);
    await sending.arrival(reader, streamBytes());
    const sizes = runtime.udp.sent.filter(({ port }) => port === 5004)
      .map(({ data }) => data.length);
    assert.equal(Math.max(...sizes), payload);
  });
}

test("transport-rtp takes its time over a large picture", async () => {
  const { runtime, sending } = openSending(`rtp://${HOST}`);
  await using _ = sending;
  await sending.watch();
  for (const unit of stream()) sending.hub.push(unit);
  await runtime.advance(0);
  const sent = runtime.udp.sent.reduce((sum, { data }) => sum + data.length, 0);
  assert.ok(sent > 60_000 && sent <= 65_536 + 1000, `${sent} bytes`);
  await runtime.advance(11);
  assert.equal(packetsOf(runtime).filter(({ marker }) => marker).length, 5);
});

test("transport-rtp begins every stream at random", async () => {
  const begin = async () => {
    const { runtime, sending } = openSending(`rtp://${HOST}`);
    await using _ = sending;
    await sending.watch();
    sending.hub.push(stream()[0]!);
    await runtime.advance(0);
    return packetsOf(runtime)[0]!;
  };
  const [one, other] = [await begin(), await begin()];
  assert.notEqual(one.ssrc, other.ssrc);
  const first = ({ sequence, timestamp }: typeof one) =>
    `${sequence} ${timestamp}`;
  assert.notEqual(first(one), first(other));
});

test("transport-rtp reports the capture time on the next port", async () => {
  const { runtime, sending } = openSending(`rtp://${HOST}:6000`);
  await using _ = sending;
  await sending.watch();
  const [keyframe] = stream();
  const realtime = us(runtime.wallClock() - 40_000);
  const timing = {
    captured: true,
    epoch: 1,
    bootTag: "0123456789abcdef",
    sequence: 0,
    monotonic: us(0),
    realtime,
  };
  const data = insertTiming(keyframe!.data, timing);
  sending.hub.push({ ...keyframe!, data });
  await runtime.advance(0);
  const [packet] = packetsOf(runtime);
  const { ssrc, timestamp, payload, from } = packet!;
  assert.deepEqual(reportsOf(runtime), [{
    ssrc,
    realtime,
    timestamp,
    packets: 1,
    octets: payload.length,
    goodbyes: [],
    from,
    host: HOST,
    port: 6001,
  }]);
});

test("transport-rtp reports the time of sending without a capture time", async () => {
  const { runtime, sending } = openSending(`rtp://${HOST}`);
  await using _ = sending;
  await sending.watch();
  sending.hub.push(stream()[0]!);
  await runtime.advance(0);
  assert.equal(reportsOf(runtime)[0]!.realtime, runtime.wallClock());
});

test("transport-rtp reports every 5 s, not more often", async () => {
  const { runtime, sending } = openSending(`rtp://${HOST}`);
  await using _ = sending;
  await sending.watch();
  const [unit] = stream();
  const counts: number[] = [];
  for (let second = 0; second <= 11; second++) {
    sending.hub.push({ ...unit!, pts: us(second * 1e6) });
    await runtime.advance(0);
    counts.push(reportsOf(runtime).length);
    await runtime.advance(1000);
  }
  assert.deepEqual(counts, [1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 3, 3]);
  const [first, second] = reportsOf(runtime);
  assert.equal(second!.realtime! - first!.realtime!, 5e6);
  assert.equal(second!.timestamp - first!.timestamp >>> 0, 450_000);
  assert.equal(second!.packets, 6);
});

test("transport-rtp says goodbye", async () => {
  const { runtime, sending } = openSending(`rtp://${HOST}`);
  await using _ = sending;
  await sending.watch();
  sending.hub.push(stream()[0]!);
  await runtime.advance(0);
  await sending.abort();
  const [{ ssrc } = { ssrc: 0 }] = packetsOf(runtime);
  const goodbyes = reportsOf(runtime).map(({ goodbyes }) => goodbyes);
  assert.deepEqual(goodbyes, [[], [ssrc]]);
});

test("transport-rtp says nothing when it has sent nothing", async () => {
  const { runtime, sending } = openSending(`rtp://${HOST}`);
  await using _ = sending;
  await sending.watch();
  await sending.abort();
  assert.deepEqual(runtime.udp.sent, []);
});

test("transport-rtp ends though nobody can be told", async () => {
  const { runtime, sending } = openSending(`rtp://${HOST}`);
  await using _ = sending;
  await sending.watch();
  sending.hub.push(stream()[0]!);
  await runtime.advance(0);
  runtime.udp.unreachable.add(HOST);
  await sending.abort();
});

test("transport-rtp ends while it takes its time over a picture", async () => {
  const { runtime, sending } = openSending(`rtp://${HOST}`);
  await using _ = sending;
  await sending.watch();
  for (const unit of stream()) sending.hub.push(unit);
  await runtime.advance(1);
  await sending.abort();
  assert.equal(runtime.sleeping, 0);
});

test("transport-rtp leaves it to the supervisor when it cannot send", async () => {
  const { runtime, sending } = openSending(`rtp://${HOST}`);
  await using _ = sending;
  await sending.watch();
  runtime.udp.unreachable.add(HOST);
  sending.hub.push(stream()[0]!);
  await assert.rejects(sending.done, {
    name: "StreamError",
    failure: "lost",
    message: `Cannot send to ${HOST}:5004: network unreachable`,
  });
  assert.deepEqual(runtime.open, []);
});

test("transport-rtp sends no reports where there is no next port", async () => {
  const { runtime, sending } = openSending(`rtp://${HOST}:65535`);
  await using _ = sending;
  await sending.watch();
  sending.hub.push(stream()[0]!);
  await runtime.advance(0);
  await sending.abort();
  assert.deepEqual(runtime.udp.sent.map(({ port }) => port), [65_535]);
});

test("transport-rtp says that an odd port is none for every player", async () => {
  for (const [port, lines] of [[6000, 0], [6001, 1]] as const) {
    const { runtime, sending } = openSending(`rtp://${HOST}:${port}`);
    await using _ = sending;
    await sending.watch();
    sending.hub.push(stream()[0]!);
    await runtime.advance(0);
    assert.equal(sending.log.length, lines);
    const to = runtime.udp.sent.map(({ port }) => port);
    assert.deepEqual(to, [port, port + 1]);
  }
});

test("transport-rtp sends to a group as it is told", async () => {
  const at = `rtp://${GROUP}?ttl=16&interface=eth1&loopback=false`;
  const { runtime, sending } = openSending(at);
  await using _ = sending;
  await sending.watch();
  assert.deepEqual(runtime.udp.options, [{
    host: "0.0.0.0",
    port: 0,
    multicast: { ttl: 16, interface: "eth1", loopback: false },
  }]);
});

/** Addresses that cannot be sent to, and what is said about them. */
const NO_RECEIVERS: Record<string, string> = {
  "rtp://239.0.0.300": 'Cannot find "239.0.0.300": it is no IPv4 address',
  "rtp://": 'Cannot send to "rtp://": it names no receiver; name one such as ' +
    "rtp://192.168.1.7:5004, or a group such as rtp://239.1.1.1:5004",
  "rtp://0.0.0.0:6000":
    'Cannot send to "rtp://0.0.0.0:6000": it names no receiver; name one ' +
    "such as rtp://192.168.1.7:6000, or a group such as rtp://239.1.1.1:6000",
  "rtp://10.0.0.1:0": 'Cannot send to "rtp://10.0.0.1:0": it has no port',
  "rtp://10.0.0.1?source=10.0.0.2":
    'Cannot send to "rtp://10.0.0.1?source=10.0.0.2": ?source= is for ' +
    "receivers",
};

for (const [address, message] of Object.entries(NO_RECEIVERS)) {
  test(`transport-rtp does not send to ${address}`, async () => {
    const { sending, runtime } = openSending(address);
    await using _ = sending;
    await assert.rejects(sending.done, { name: "ConfigError", message });
    assert.deepEqual(runtime.open, []);
  });
}
