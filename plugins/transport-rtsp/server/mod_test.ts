import assert from "node:assert/strict";
import { StreamError } from "../../../agent/errors.ts";
import { parseRtcp } from "../../../agent/media/mod.ts";
import { stream, streamBytes } from "../../../test/contract/stream.ts";
import { assertBytes } from "../../../test/contract/suite.ts";
import { testTransport } from "../../../test/contract/transport_contract.ts";
import { Sending } from "../../../test/contract/transport_usage.ts";
import { FakeRuntime } from "../../../test/fakes/runtime.ts";
import { test } from "../../../test/harness.ts";
import * as transportRtsp from "../mod.ts";
import {
  openServing,
  pictureReader,
  plugin,
  RawClient,
  TCP,
  tcpReader,
  UDP,
  URL,
} from "./fixture_test.ts";

testTransport(
  transportRtsp,
  {
    send() {
      const runtime = new FakeRuntime();
      return {
        address: "rtsp://0.0.0.0:0/cam",
        runtime,
        watch: async (port) => await tcpReader(runtime, port!),
      };
    },
  },
  [{
    reason: "a server has no peer that it needs",
    tests: ["throws a StreamError when its only peer has left"],
  }],
  "transport-rtsp as a server",
);

const KEYFRAME = stream()[0]!;

test("the server says what it can, and describes the stream", async () => {
  const { sending, client } = openServing();
  await using _ = sending;
  sending.hub.push(KEYFRAME);
  const viewer = await client();
  const { status, headers } = await viewer.ask("OPTIONS");
  assert.equal(status, 200);
  assert.match(headers.get("public")![0]!, /DESCRIBE, SETUP, PLAY, PAUSE/);
  const description = await viewer.ask("DESCRIBE");
  assert.equal(description.status, 200);
  const text = new TextDecoder().decode(description.body);
  assert.match(text, /^a=rtpmap:96 H264\/90000\r$/m);
  assert.match(text, /profile-level-id=[\da-f]{6}/);
  assert.match(text, /sprop-parameter-sets=[^,]+,\S+/);
  assert.match(text, /^a=control:trackID=0\r$/m);
  assert.deepEqual(description.headers.get("content-base"), [`${URL}/`]);
  assert.equal(sending.hub.size, 0, "who only asks watches nothing");
});

test("the server describes nothing while there is no picture", async () => {
  const { runtime, sending, client } = openServing();
  await using _ = sending;
  const viewer = await client();
  const answering = viewer.ask("DESCRIBE");
  await runtime.advance(5000);
  assert.equal((await answering).status, 503);
});

test("the server sends over UDP, from two ports next to each other", async () => {
  const { runtime, sending, client } = openServing();
  await using _ = sending;
  const viewer = await client("192.168.1.9");
  const setUp = await viewer.ask("SETUP", { "Transport": UDP });
  assert.match(
    setUp.headers.get("transport")![0]!,
    /^RTP\/AVP;unicast;client_port=6000-6001;server_port=\d+-\d+;ssrc=[\dA-F]{8}$/,
  );
  viewer.session = setUp.headers.get("session")![0]!.split(";")[0]!;
  const { headers } = await viewer.ask("PLAY");
  assert.match(headers.get("rtp-info")![0]!, /^url=\S+\/trackID=0;seq=\d+$/);
  const read = pictureReader(
    runtime,
    () =>
      runtime.udp.sent.filter(({ host, port }) =>
        host === "192.168.1.9" && port === 6000
      ).map(({ data }) => data),
  );
  for (const unit of stream()) sending.hub.push(unit);
  await runtime.advance(100);
  assertBytes(read(), streamBytes(), "what arrived");
  const report = runtime.udp.sent.find(({ port }) => port === 6001)!;
  const packets = runtime.udp.sent.find(({ port }) => port === 6000)!;
  assert.equal(report.from, packets.from + 1);
  assert.equal(packets.from % 2, 0);
  assert.equal(report.data[1], 200, "a sender report");
});

test("the server sends to a group once, however many ask for it", async () => {
  const { runtime, sending, client } = openServing(
    "rtsp://0.0.0.0:0/cam#multicast=239.1.1.1:7000",
  );
  await using _ = sending;
  const viewers = [await client(), await client("192.168.1.9")];
  for (const viewer of viewers) await viewer.play("RTP/AVP;multicast");
  await sending.viewers(1);
  sending.hub.push(KEYFRAME);
  await runtime.turn();
  const sent = runtime.udp.sent.filter(({ port }) => port === 7000);
  assert.ok(sent.length > 0);
  assert.equal(sent.filter(({ data }) => data[1]! >> 7).length, 1);
  for (const viewer of viewers) {
    assert.equal((await viewer.ask("TEARDOWN")).status, 200);
  }
  await sending.viewers(0);
});

test("the server goes on with a group that could not be sent to", async () => {
  const { runtime, sending, client } = openServing(
    "rtsp://0.0.0.0:0/cam#multicast=239.1.1.1:7000",
  );
  await using _ = sending;
  const viewer = await client();
  await viewer.play("RTP/AVP;multicast");
  await sending.viewers(1);
  runtime.udp.unreachable.add("239.1.1.1");
  sending.hub.push(KEYFRAME);
  await runtime.advance(3500);
  assert.deepEqual(sending.log.slice(-1), [
    "Cannot send to 239.1.1.1:7000: network unreachable; tries again",
  ]);
  runtime.udp.unreachable.clear();
  const before = runtime.udp.sent.length;
  await runtime.advance(1000);
  assert.ok(runtime.udp.sent.length > before, "the latest keyframe");
  assert.equal(sending.log.filter((it) => /tries again/.test(it)).length, 1);
});

test("the server describes what it has seen, however long ago", async () => {
  const { runtime, sending, client } = openServing();
  await using _ = sending;
  sending.hub.push(KEYFRAME);
  await runtime.advance(60_000);
  const before = runtime.now();
  const { status, body } = await (await client()).ask("DESCRIBE");
  assert.equal(status, 200);
  assert.match(new TextDecoder().decode(body), /sprop-parameter-sets=/);
  assert.equal(runtime.now(), before);
});

test("the server takes a way of sending from any line of several", async () => {
  const { sending, client } = openServing();
  await using _ = sending;
  const viewer = await client();
  await viewer.send(
    `SETUP ${URL}/trackID=0 RTSP/1.0\r\nCSeq: 1\r\n` +
      `Transport: RTP/SAVP;unicast\r\nTransport: ${TCP}\r\n\r\n`,
  );
  assert.equal((await viewer.answer()).status, 200);
});

test("the server sends to a group for who comes as the last one leaves", async () => {
  const { runtime, sending, client } = openServing(
    "rtsp://0.0.0.0:0/cam#multicast=239.1.1.1:7000",
  );
  await using _ = sending;
  const [leaver, comer] = [await client(), await client()];
  await leaver.play("RTP/AVP;multicast");
  sending.hub.push(KEYFRAME);
  await runtime.turn();
  const setUp = { "Transport": "RTP/AVP;multicast" };
  const { headers } = await comer.ask("SETUP", setUp);
  comer.session = headers.get("session")![0]!.split(";")[0]!;
  await Promise.all([leaver.ask("TEARDOWN"), comer.ask("PLAY")]);
  await runtime.turn();
  const before = runtime.udp.sent.length;
  sending.hub.push(KEYFRAME);
  await runtime.turn();
  assert.ok(runtime.udp.sent.length > before, "the group is sent to");
});

test("the server pauses, and plays on from a keyframe", async () => {
  const { runtime, sending, client } = openServing();
  await using _ = sending;
  const viewer = await client();
  await viewer.play();
  sending.hub.push(KEYFRAME);
  await runtime.turn();
  assert.equal((await viewer.ask("PAUSE")).status, 200);
  await sending.viewers(0);
  assert.equal((await viewer.ask("PAUSE")).status, 200, "it may ask again");
  viewer.take();
  const before = viewer.packets[0]!.length;
  assert.ok(before > 0);
  const goodbyes = () =>
    viewer.packets[1]!.flatMap((report) => parseRtcp(report).goodbyes);
  assert.deepEqual(goodbyes(), [], "who has heard one takes nothing more");
  assert.equal((await viewer.ask("PLAY")).status, 200);
  await sending.viewers(1);
  await runtime.turn();
  viewer.take();
  assert.equal(viewer.packets[0]!.length, 2 * before, "the same once more");
  assert.equal((await viewer.ask("TEARDOWN")).status, 200);
  viewer.take();
  assert.equal(goodbyes().length, 1);
});

const REFUSALS: [string, number, Parameters<RawClient["ask"]>][] = [
  ["a stream that is not there", 404, ["DESCRIBE", {}, "rtsp://pi/other"]],
  ["an address that is none", 400, ["DESCRIBE", {}, "/cam"]],
  ["an address with a bad escape", 400, ["DESCRIBE", {}, "rtsp://pi/%zz"]],
  ["what is no SDP", 406, ["DESCRIBE", { "Accept": "text/html" }]],
  ["publishing", 405, ["ANNOUNCE"]],
  ["recording", 405, ["RECORD"]],
  ["unknown methods", 501, ["FETCH"]],
  ["a track that is not there", 404, [
    "SETUP",
    { "Transport": TCP },
    `${URL}/trackID=7`,
  ]],
  ["no transport", 461, ["SETUP"]],
  ["transports that are unknown", 461, [
    "SETUP",
    { "Transport": "RAW/RAW/UDP;unicast;client_port=1-2" },
  ]],
  ["recording by its transport", 461, [
    "SETUP",
    { "Transport": `${TCP};mode=record` },
  ]],
  ["a third party", 461, [
    "SETUP",
    { "Transport": `${UDP};destination=203.0.113.5` },
  ]],
  ["datagrams to port 0", 461, [
    "SETUP",
    { "Transport": "RTP/AVP;unicast;client_port=0-1" },
  ]],
  ["datagrams to nowhere", 461, ["SETUP", { "Transport": "RTP/AVP;unicast" }]],
  ["channels that do not exist", 461, [
    "SETUP",
    { "Transport": "RTP/AVP/TCP;interleaved=255-256" },
  ]],
  ["a group where there is none", 461, [
    "SETUP",
    { "Transport": "RTP/AVP;multicast" },
  ]],
  ["a session that is not there", 454, ["PLAY", { "Session": "12" }]],
  ["to play without a session", 454, ["PLAY"]],
  ["to pause without a session", 454, ["PAUSE"]],
  ["to end without a session", 454, ["TEARDOWN"]],
  ["keep-alives of another session", 454, [
    "GET_PARAMETER",
    { "Session": "12" },
  ]],
  ["parameters", 451, [
    "GET_PARAMETER",
    { "Content-Length": "8" },
    URL,
    "position",
  ]],
  ["what is required of it", 551, [
    "DESCRIBE",
    { "Require": "www.onvif.org/ver20/backchannel" },
  ]],
  ["requests without a number", 400, ["OPTIONS", { "CSeq": "" }]],
];

for (const [what, status, [method, headers, ...rest]] of REFUSALS) {
  test(`the server refuses ${what} (${status}), and goes on`, async () => {
    const { sending, client } = openServing();
    await using _ = sending;
    sending.hub.push(KEYFRAME);
    const viewer = await client();
    if (headers?.["CSeq"] === "") {
      await viewer.send(`${method} ${URL} RTSP/1.0\r\n\r\n`);
      assert.equal((await viewer.answer()).status, status);
    } else {
      const answer = await viewer.ask(method, headers, ...rest);
      assert.equal(answer.status, status);
    }
    assert.equal((await viewer.ask("DESCRIBE")).status, 200);
    const refused = sending.log.filter((line) => /^refused /.test(line));
    const expected = status === 451 ? 0 : 1;
    assert.equal(refused.length, expected, "the log says so once");
  });
}

test("the server keeps who asks for parameters to say that he is there", async () => {
  const { sending, client } = openServing();
  await using _ = sending;
  const viewer = await client();
  await viewer.play();
  for (let i = 0; i < 30; i++) {
    const length = { "Content-Length": "1" };
    const { status } = await viewer.ask("GET_PARAMETER", length, URL, "x");
    assert.equal(status, 451);
  }
  assert.equal(sending.hub.size, 1);
});

test("the server says that it has no ports, and goes on", async () => {
  const { runtime, sending, client } = openServing();
  await using _ = sending;
  runtime.openUdp = () => Promise.reject(new StreamError("lost", "none left"));
  const viewer = await client();
  const { status } = await viewer.ask("SETUP", { "Transport": UDP });
  assert.equal(status, 503);
  assert.match(sending.log.at(-1)!, /SETUP: no ports: none left$/);
  await viewer.play();
});

test("the server at a name sends datagrams of the client's family", async () => {
  const { runtime, sending, client } = openServing("rtsp://localhost:0/cam");
  await using _ = sending;
  for (const from of ["127.0.0.1", "::1"]) {
    const viewer = await client(from);
    const { status } = await viewer.ask("SETUP", { "Transport": UDP });
    assert.equal(status, 200);
  }
  const hosts = runtime.udp.options.map(({ host }) => host);
  assert.deepEqual(hosts, ["0.0.0.0", "0.0.0.0", "::", "::"]);
});

test("the server ends the connection of who does not speak RTSP", async () => {
  const { sending, client } = openServing();
  await using _ = sending;
  for (
    const [text, status] of [
      ["GET / HTTP/1.1\r\nHost: pi\r\n\r\n", 400],
      ["OPTIONS * RTSP/2.0\r\n\r\n", 505],
      [`OPTIONS rtsp://${"a".repeat(3000)} RTSP/1.0\r\n`, 414],
      ["OPTIONS * RTSP/1.0\r\nContent-Length: 131073\r\n\r\n", 413],
      ["RTSP/1.0 200 OK\r\n\r\n", 400],
    ] as const
  ) {
    const viewer = await client();
    await viewer.send(text);
    assert.equal((await viewer.answer()).status, status, text);
    assert.equal(await viewer.peer.closed, "ended");
  }
});

test("the server ends the connection of who is refused all the time", async () => {
  const { sending, client } = openServing();
  await using _ = sending;
  const viewer = await client();
  for (let i = 0; i < 10; i++) {
    assert.equal((await viewer.ask("PLAY")).status, 454);
  }
  assert.equal(await viewer.peer.closed, "ended");
});

test("the server keeps sessions apart", async () => {
  const { sending, client } = openServing();
  await using _ = sending;
  const [viewer, other] = [await client(), await client("192.168.1.9")];
  await viewer.play();
  const { session = "" } = viewer;
  const stolen = await other.ask("TEARDOWN", { "Session": session });
  assert.equal(stolen.status, 454);
  const second = await viewer.ask("SETUP", { "Transport": TCP });
  assert.equal(second.status, 455);
  await sending.viewers(1);
});

test("the server lets no more in than it is told", async () => {
  const { sending, client } = openServing(
    "rtsp://0.0.0.0:0/cam#maxViewers=3&maxPerAddress=1",
  );
  await using _ = sending;
  const setUp = async (from: string) => {
    const viewer = await client(from);
    return (await viewer.ask("SETUP", { "Transport": TCP })).status;
  };
  assert.equal(await setUp("192.168.1.9"), 200);
  assert.equal(await setUp("192.168.1.9"), 453);
  assert.equal(await setUp("127.0.0.1"), 200);
  assert.equal(await setUp("127.0.0.1"), 200, "ours has no limit of its own");
  assert.equal(await setUp("192.168.1.10"), 453);
});

test("the server lets no more connect than may watch, and some more", async () => {
  const { sending, client } = openServing(
    "rtsp://0.0.0.0:0/cam#maxViewers=2&maxPerAddress=1",
  );
  await using _ = sending;
  const count = async (from: string | undefined, most: number) => {
    for (let i = 0; i < most; i++) {
      assert.equal((await (await client(from)).ask("OPTIONS")).status, 200);
    }
    assert.equal(await (await client(from)).peer.closed, "ended");
  };
  await count("192.168.1.9", 1 + 8);
  await count(undefined, 2 + 64 - 9);
  const refused = sending.log.filter((line) => /^refused /.test(line));
  assert.equal(refused.length, 2);
});

test("the server takes back what clients do not use for 60 s", async () => {
  const { runtime, sending, client } = openServing();
  await using _ = sending;
  const viewer = await client();
  const { headers } = await viewer.ask("SETUP", { "Transport": TCP });
  const session = headers.get("session")![0]!;
  assert.match(session, /^[\da-f]{32};timeout=60$/);
  await runtime.advance(58_000);
  const alive = await viewer.ask("GET_PARAMETER", { "Session": session });
  assert.equal(alive.status, 200);
  await runtime.advance(58_000);
  assert.equal(
    (await viewer.ask("OPTIONS", { "Session": session })).status,
    200,
  );
  await runtime.advance(62_000);
  assert.equal(await viewer.peer.closed, "ended");
  assert.ok(sending.log.some((line) => /no sign of life$/.test(line)));
  const silent = await client();
  await runtime.advance(62_000);
  assert.equal(await silent.peer.closed, "ended", "who asks for nothing goes");
});

test("the server keeps a viewer over UDP that reports, and no other", async () => {
  const { runtime, sending, client } = openServing();
  await using _ = sending;
  const viewer = await client("192.168.1.9");
  const { headers } = await viewer.ask("SETUP", { "Transport": UDP });
  const [, port] = /server_port=\d+-(\d+)/.exec(headers.get("transport")![0]!)!;
  viewer.session = headers.get("session")![0]!.split(";")[0]!;
  await viewer.ask("PLAY");
  await sending.viewers(1);
  const from = { host: "192.168.1.9", port: 6001 };
  const report = (host = from.host) =>
    runtime.udp.deliver(Uint8Array.of(0x80, 201, 0, 1), Number(port), {
      ...from,
      host,
    });
  for (let i = 0; i < 3; i++) {
    await runtime.advance(50_000);
    report();
    await runtime.turn();
  }
  await sending.viewers(1);
  viewer.peer.leave();
  await runtime.advance(9000);
  report();
  await runtime.advance(9000);
  assert.equal(sending.hub.size, 1, "a report is a sign of life");
  report("192.168.1.10");
  await runtime.advance(3000);
  assert.equal(sending.hub.size, 0, "of somebody else it is none");
  assert.match(sending.log.at(-1)!, /watches no more|no sign of life/);
});

test("the server drops a viewer that takes nothing for 5 s", async () => {
  const { runtime, sending, client } = openServing();
  await using _ = sending;
  const viewer = await client();
  await viewer.play();
  viewer.peer.pause();
  for (const unit of stream()) sending.hub.push(unit);
  await runtime.advance(4000);
  assert.equal(sending.hub.size, 1);
  await runtime.advance(3000);
  assert.equal(sending.hub.size, 0);
  assert.ok(sending.log.some((line) => / does not read$/.test(line)));
});

test("the server drops who does not finish a request in 10 s", async () => {
  const { runtime, sending, client } = openServing();
  await using _ = sending;
  const viewer = await client();
  for (const letter of "OPTIONS *") {
    await viewer.send(letter);
    await runtime.advance(1500);
  }
  assert.equal(await viewer.peer.closed, "ended");
});

test("two streams share a port, each with its own viewers", async () => {
  const runtime = new FakeRuntime();
  const servings = ["cam", "low"].map((name) =>
    new Sending(plugin, {
      address: `rtsp://0.0.0.0:8554/${name}`,
      runtime,
      watch: async (port) => await tcpReader(runtime, port!),
    })
  );
  const [cam, low] = servings;
  assert.equal(await cam!.port(), 8554);
  assert.equal(await low!.port(), 8554);
  low!.hub.push(KEYFRAME);
  const viewer = await RawClient.connect(runtime, 8554);
  const answer = await viewer.ask("DESCRIBE", {}, "rtsp://pi:8554/low/");
  assert.equal(answer.status, 200);
  await cam!.abort();
  const gone = await viewer.ask("DESCRIBE");
  assert.equal(gone.status, 404, "the other one goes on");
  const again = await viewer.ask("DESCRIBE", {}, "rtsp://pi:8554/low");
  assert.equal(again.status, 200);
  await low!.abort();
  assert.deepEqual(runtime.open, []);
});

test("two streams do not share a path", async () => {
  const { runtime, sending } = openServing("rtsp://0.0.0.0:8554/cam");
  await using _ = sending;
  await sending.port();
  const second = new Sending(plugin, {
    address: "rtsp://0.0.0.0:8554/cam/",
    runtime,
    watch: async (port) => await tcpReader(runtime, port!),
  });
  await assert.rejects(second.done, /another stream is served there/);
});

test("the server says that its port is lost", async () => {
  const { runtime, sending } = openServing("rtsp://0.0.0.0:8554/cam");
  await sending.port();
  runtime.network.fail(8554);
  await assert.rejects(sending.done, { name: "StreamError", failure: "lost" });
  assert.deepEqual(runtime.open, []);
});

test("a session in datagrams goes on over another connection", async () => {
  const { runtime, sending, client } = openServing();
  await using _ = sending;
  const [first, second] = [await client(), await client()];
  await first.play(UDP);
  await sending.viewers(1);
  first.peer.leave();
  second.session = first.session;
  assert.equal((await second.ask("GET_PARAMETER")).status, 200);
  await runtime.advance(50_000);
  assert.equal(sending.hub.size, 1, "within the minute that was promised");
  const setUp = await second.ask("SETUP", { "Transport": UDP });
  assert.equal(setUp.status, 455, "it has a session");
  await second.ask("TEARDOWN");
  await sending.viewers(0);
});

test("the server says once what a client makes up, and drops it", async () => {
  const { sending, client } = openServing();
  await using _ = sending;
  const viewer = await client();
  let isClosed = false;
  void viewer.peer.closed.then(() => isClosed = true);
  let asked = 0;
  while (!isClosed && asked < 100) {
    const method = `M${String.fromCharCode(65 + asked % 26)}`;
    await viewer.send(
      `OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n` +
        `${method} ${URL} RTSP/1.0\r\nCSeq: 2\r\n\r\n`,
    );
    asked++;
    await viewer.answer();
    if (!isClosed) await viewer.answer();
  }
  assert.ok(asked <= 11, `${asked}`);
  const lines = sending.log.filter((line) => /refused/.test(line));
  assert.equal(lines.length, 1, lines.join("\n"));
  assert.match(lines[0]!, /an unknown method$/);
});
