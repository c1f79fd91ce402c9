import assert from "node:assert/strict";
import { ConfigError } from "../../agent/errors.ts";
import { AccessUnitHub } from "../../agent/media/access_unit_hub.ts";
import {
  concat,
  joinNalUnits,
  ms,
  nalUnitsOf,
  readSdp,
  writeSdp,
} from "../../agent/media/mod.ts";
import type { Announcement, WireUnit } from "../../mod.ts";
import { stream } from "../../test/contract/stream.ts";
import { contextOf } from "../../test/contract/transport_usage.ts";
import type { FakeFile } from "../../test/fakes/files.ts";
import { FakeRuntime } from "../../test/fakes/runtime.ts";
import { SAMPLE, writeSps } from "../../test/h264_writer.ts";
import { test } from "../../test/harness.ts";
import { GROUP, HOST, openReceiving, Packets, plugin } from "./fixture_test.ts";

const PATH = "/tmp/cam.sdp";

/** Lets the file be written, the picture be sent, the file be written again. */
async function settle(runtime: FakeRuntime): Promise<void> {
  for (let i = 0; i < 3; i++) await runtime.advance(0);
}

/** Sends, and keeps what receivers are told. */
function openSending(address: string, runtime = new FakeRuntime()) {
  const controller = new AbortController();
  const hub = new AccessUnitHub<WireUnit>(() => runtime.now());
  const told: Announcement[] = [];
  const { signal } = controller;
  const context = contextOf(plugin, address, runtime, signal);
  const open = () => {
    const units = hub.join(ms(Infinity));
    return { units, [Symbol.dispose]: () => units[Symbol.dispose]() };
  };
  const done =
    (async () =>
      await plugin.send!({ open }, context, (at = {}) => void told.push(at)))();
  done.catch(() => {});
  return {
    runtime,
    told,
    done,
    /** Sends a picture. */
    async push(...units: WireUnit[]) {
      for (const unit of units) hub.push(unit);
      await settle(runtime);
    },
    async [Symbol.asyncDispose]() {
      controller.abort();
      await done.catch(() => {});
      assert.deepEqual(runtime.open, []);
    },
  };
}

/** A keyframe with other parameter sets. */
function otherKeyframe(): WireUnit {
  const [keyframe] = stream();
  const [, ...rest] = [...nalUnitsOf(keyframe!.data)];
  return { ...keyframe!, data: joinNalUnits([writeSps(), ...rest]) };
}

test("transport-rtp tells of the stream at its first keyframe", async () => {
  await using sending = openSending(`rtp://${HOST}:6000`);
  const { runtime, told, push } = sending;
  await runtime.advance(0);
  assert.equal(told.length, 0);
  const [keyframe, ...others] = stream();
  await push(keyframe!);
  const [at] = told;
  const { parameterSets, ...video } = readSdp(at!.sdp!);
  assert.deepEqual(video, {
    codec: "h264",
    payloadType: 96,
    clockRate: 90_000,
    port: 6000,
    address: HOST,
  });
  const sets = joinNalUnits([...nalUnitsOf(SAMPLE)].slice(0, 2));
  assert.deepEqual(parameterSets, sets);
  await push(...others);
  await runtime.advance(20);
  assert.equal(told.length, 1);
  assert.deepEqual([...runtime.files.paths.keys()], []);
});

test("transport-rtp writes the file for everybody to read", async () => {
  await using sending = openSending(`rtp://${HOST}?sdp=${PATH}`);
  const { runtime, told, push } = sending;
  await push(stream()[0]!);
  assert.equal(runtime.files.text(PATH), told[0]!.sdp);
  assert.equal(runtime.files.paths.get(PATH)!.mode, 0o644);
});

test("transport-rtp writes what it knows before the first picture", async () => {
  await using sending = openSending(`rtp://${GROUP}:6000?sdp=${PATH}`);
  const { runtime, told } = sending;
  await settle(runtime);
  const { port, address, parameterSets } = readSdp(runtime.files.text(PATH)!);
  assert.deepEqual({ port, address, parameterSets }, {
    port: 6000,
    address: GROUP,
    parameterSets: undefined,
  });
  assert.deepEqual(told, []);
});

test("transport-rtp says at once that the file cannot be written", async () => {
  const error = new ConfigError("Cannot write it", { exitCode: 73 });
  const runtime = new class extends FakeRuntime {
    override replaceFile(): Promise<void> {
      return Promise.reject(error);
    }
  }();
  await using sending = openSending(`rtp://${HOST}?sdp=${PATH}`, runtime);
  await assert.rejects(sending.done, error);
  assert.deepEqual(sending.told, []);
  assert.deepEqual(runtime.open, []);
});

test("transport-rtp replaces the file of a stream before", async () => {
  const runtime = new FakeRuntime();
  const content = new TextEncoder().encode("v=0\r\n");
  runtime.files.paths.set(PATH, { kind: "file", content });
  await using sending = openSending(`rtp://${HOST}?sdp=${PATH}`, runtime);
  await sending.push(stream()[0]!);
  assert.equal(runtime.files.text(PATH), sending.told[0]!.sdp);
});

test("transport-rtp tells again when the parameter sets change", async () => {
  await using sending = openSending(`rtp://${HOST}?sdp=${PATH}`);
  const { runtime, told, push } = sending;
  await push(stream()[0]!);
  await push(otherKeyframe());
  assert.equal(told.length, 2);
  assert.notEqual(told[0]!.sdp, told[1]!.sdp);
  assert.equal(runtime.files.text(PATH), told[1]!.sdp);
});

test("transport-rtp tells of a stream without keyframes", async () => {
  await using sending = openSending(`rtp://${HOST}`);
  const [keyframe] = stream();
  const start = { ...keyframe!, keyframe: false, recoveryPoint: true };
  await sending.push(start);
  assert.equal(sending.told.length, 1);
});

for (
  const [address, line] of [
    [`rtp://${GROUP}?ttl=4`, `c=IN IP4 ${GROUP}/4`],
    ["rtp://[ff15::7]", "c=IN IP6 ff15::7"],
    ["rtp://[fd00::7]", "c=IN IP6 fd00::7"],
    ["rtp://pc.local", `c=IN IP4 ${HOST}`],
  ] as const
) {
  test(`transport-rtp tells where ${address} is`, async () => {
    const runtime = new FakeRuntime();
    runtime.udp.hosts.set("pc.local", HOST);
    await using sending = openSending(address, runtime);
    await sending.push(stream()[0]!);
    assert.ok(sending.told[0]!.sdp!.split("\r\n").includes(line));
  });
}

for (const kind of ["folder", "fifo", "device", "socket"] as const) {
  test(`transport-rtp replaces no ${kind} by a file`, async () => {
    const runtime = new FakeRuntime();
    runtime.files.paths.set(PATH, { kind });
    await using sending = openSending(`rtp://${HOST}?sdp=${PATH}`, runtime);
    await assert.rejects(sending.done, {
      name: "ConfigError",
      exitCode: 73,
      message: `Cannot write "${PATH}": something else stands there`,
    });
    assert.equal(runtime.files.paths.get(PATH)!.kind, kind);
    assert.deepEqual(sending.told, []);
  });
}

/** Lines of an SDP of H.264. */
function sdpOf(connection: string, ...lines: string[]): string {
  return [
    ...["v=0", "o=- 0 0 IN IP4 192.0.2.9", "s=-", `c=IN ${connection}`],
    ...["t=0 0", ...lines, "m=video 6000 RTP/AVP 97", "a=rtpmap:97 H264/90000"],
  ].join("\r\n");
}

/** A machine with a file. */
function machineWith(text: string, file: Partial<FakeFile> = {}): FakeRuntime {
  const runtime = new FakeRuntime();
  const content = new TextEncoder().encode(text);
  runtime.files.paths.set(PATH, { kind: "file", content, ...file });
  return runtime;
}

/** What is bound, by the address and the SDP. */
const BOUND: [
  address: string,
  sdp: string,
  bound: { host: string; port: number; source?: string },
][] = [
  [
    "rtp://",
    sdpOf(`IP4 ${GROUP}/1`),
    { host: GROUP, port: 6000 },
  ],
  ["rtp://", sdpOf("IP6 ff15::7"), { host: "ff15::7", port: 6000 }],
  // A receiver's own address need not be ours: any will do.
  ["rtp://", sdpOf(`IP4 ${HOST}`), { host: "0.0.0.0", port: 6000 }],
  ["rtp://", sdpOf("IP6 fd00::7"), { host: "::", port: 6000 }],
  ["rtp://", sdpOf("IP4 0.0.0.0"), { host: "0.0.0.0", port: 6000 }],
  ["rtp://:7000", sdpOf(`IP4 ${HOST}`), { host: "0.0.0.0", port: 7000 }],
  ["rtp://127.0.0.1", sdpOf(`IP4 ${GROUP}`), { host: "127.0.0.1", port: 6000 }],
  [
    "rtp://",
    sdpOf("IP4 0.0.0.0").replace("6000", "0"),
    { host: "0.0.0.0", port: 5004 },
  ],
  [
    "rtp://",
    sdpOf(
      `IP4 ${GROUP}/1`,
      `a=source-filter: incl IN IP4 ${GROUP} 192.0.2.9 192.0.2.10`,
    ),
    { host: GROUP, port: 6000, source: "192.0.2.9" },
  ],
];

for (const [address, sdp, { host, port, source }] of BOUND) {
  const what = /c=(.*)/.exec(sdp)![1]!;
  test(`transport-rtp binds ${host}:${port} by "${what}"`, async () => {
    const runtime = machineWith(sdp);
    await using _ = await openReceiving(`${address}?sdp=${PATH}`, runtime);
    const [packets, reports] = runtime.udp.options;
    assert.deepEqual(
      [packets!.host, packets!.port, packets!.source],
      [host, port, source],
    );
    assert.deepEqual(
      [reports!.host, reports!.port, reports!.source],
      [host, port + 1, source],
    );
  });
}

test("transport-rtp hears the address's source rather than the SDP's", async () => {
  const filter = `a=source-filter: incl IN IP4 ${GROUP} 192.0.2.9`;
  const runtime = machineWith(sdpOf(`IP4 ${GROUP}/1`, filter));
  const address = `rtp://?sdp=${PATH}&source=192.0.2.10`;
  await using _ = await openReceiving(address, runtime);
  assert.equal(runtime.udp.options[0]!.source, "192.0.2.10");
});

test("transport-rtp takes parameter sets out of the SDP", async () => {
  const [sps, pps, idr] = [...nalUnitsOf(SAMPLE)];
  const sdp = writeSdp({
    address: "0.0.0.0",
    port: 5004,
    parameterSets: joinNalUnits([sps!, pps!]),
  });
  const runtime = machineWith(sdp);
  const at = `rtp://?sdp=${PATH}`;
  await using receiving = await openReceiving(at, runtime);
  const bare = joinNalUnits([idr!]);
  await receiving.deliver(new Packets().of(bare));
  const [unit] = receiving.units;
  const sets = joinNalUnits([sps!, pps!]);
  assert.deepEqual(unit!.data, concat(sets, bare));
});

test("transport-rtp takes the packets that the SDP means", async () => {
  const runtime = machineWith(sdpOf("IP4 0.0.0.0"));
  const at = `rtp://:5004?sdp=${PATH}`;
  await using receiving = await openReceiving(at, runtime);
  const packets = new Packets().of(stream()[0]!.data);
  await receiving.deliver(packets);
  assert.equal(receiving.units.length, 0);
  assert.equal(receiving.ingest.packets!().dropped, packets.length);
  for (const packet of packets) packet[1] = packet[1]! & 0x80 | 97;
  await receiving.deliver(packets);
  assert.equal(receiving.units.length, 1);
});

for (
  const [name, codec, payload] of [
    // An IDR slice, and its PPS in an aggregation.
    ["H265", "hevc", "2601af000000"],
    ["H264", "h264", "65888000"],
  ] as const
) {
  test(`transport-rtp says what is in a stream of ${name}`, async () => {
    const sdp = sdpOf("IP4 0.0.0.0").replace("H264", name);
    const runtime = machineWith(sdp.replace("6000", "5004"));
    const at = `rtp://?sdp=${PATH}`;
    await using receiving = await openReceiving(at, runtime);
    const header = Uint8Array.of(0x80, 0x80 | 97, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7);
    const bytes = Uint8Array.fromHex(payload);
    await receiving.deliver([concat(header, bytes)]);
    assert.deepEqual(receiving.units.map(({ codec }) => codec), [codec]);
  });
}

/** Files that are of no use, and what is said about them. */
const REFUSED: Record<
  string,
  [file: FakeFile | string | undefined, exitCode: number, why: string]
> = {
  "that is not there": [
    undefined,
    66,
    `Cannot read "${PATH}": no such file`,
  ],
  "that is too large": [
    " ".repeat(128 * 1024 + 1),
    66,
    `Cannot read "${PATH}": it has more than 131072 bytes`,
  ],
  "of something else": [
    "\u0000\u0001\u0002",
    65,
    `Cannot use "${PATH}": Cannot read SDP: it begins with ` +
    '"\\u0000\\u0001\\u0002"',
  ],
  "that is empty": [
    "",
    65,
    `Cannot use "${PATH}": Cannot read SDP: it begins with ""`,
  ],
  "of sound": [
    "v=0\r\nm=audio 5004 RTP/AVP 0\r\n",
    65,
    `Cannot use "${PATH}": Cannot read SDP: no "m=video" line`,
  ],
  "of another codec": [
    sdpOf("IP4 0.0.0.0").replace("H264", "VP8"),
    65,
    `Cannot use "${PATH}": Cannot read SDP: video "VP8/90000" is none of ` +
    "H264, H265 and JPEG",
  ],
};

for (const [what, [file, exitCode, message]] of Object.entries(REFUSED)) {
  test(`transport-rtp refuses an SDP ${what}`, async () => {
    const runtime = typeof file === "string"
      ? machineWith(file)
      : new FakeRuntime();
    const opening = openReceiving(`rtp://?sdp=${PATH}`, runtime);
    await assert.rejects(opening, { name: "ConfigError", exitCode, message });
    assert.deepEqual(runtime.open, []);
  });
}
