import assert from "node:assert/strict";
import { FakeClock } from "../../test/fakes/clock.ts";
import {
  byteStream,
  type SpsFields,
  writePps,
  writeSlice,
  writeSps,
} from "../../test/h264_writer.ts";
import { test } from "../../test/harness.ts";
import type { SplitUnit } from "../media/access_unit_splitter.ts";
import { ms, us } from "../media/time.ts";
import { insertTiming, readTiming, type Timing } from "../media/timing_sei.ts";
import { type ArrivedUnit, UnitReceiver } from "./received_unit.ts";

const BOOT = "0123456789abcdef";

function split(
  nalUnits: readonly Uint8Array[],
  more: Partial<SplitUnit> = {},
): SplitUnit {
  return {
    data: byteStream(nalUnits),
    keyframe: false,
    recoveryPoint: false,
    hasParameterSets: false,
    damaged: false,
    discontinuity: false,
    ...more,
  };
}

const IDR = writeSlice(0x65);
const bareKeyframe = split([IDR], { keyframe: true });
const other = split([writeSlice(0x41)]);

function keyframe(sps: Partial<SpsFields> = {}): SplitUnit {
  return split([writeSps(sps), writePps(), IDR], { keyframe: true });
}

/** Receives a unit, with what our own sender said of it. */
function receive(receiver: UnitReceiver, unit: ArrivedUnit) {
  return receiver.receive(unit, readTiming(unit.data));
}

function setUp() {
  const clock = new FakeClock();
  return { clock, receiver: new UnitReceiver(clock, BOOT) };
}

test("UnitReceiver passes nothing before the first keyframe", () => {
  const { receiver } = setUp();
  assert.equal(receive(receiver, other), undefined);
  assert.equal(receive(receiver, bareKeyframe), undefined);
  assert.equal(receiver.stream, undefined);
  assert.equal(receive(receiver, keyframe())?.keyframe, true);
  assert.equal(receive(receiver, other)?.number, 2);
});

test("UnitReceiver gives keyframes their parameter sets", () => {
  const { receiver } = setUp();
  const first = receive(receiver, keyframe())?.data;
  assert.deepEqual(receive(receiver, bareKeyframe)?.data, first);
  assert.deepEqual(receive(receiver, other)?.data, other.data);
});

test("UnitReceiver forgets parameter sets with the connection", () => {
  const { receiver } = setUp();
  const before = receive(receiver, keyframe())?.stream;
  receiver.reset();
  assert.equal(receive(receiver, bareKeyframe), undefined);
  assert.equal(receive(receiver, other), undefined);
  const after = receive(receiver, keyframe());
  assert.equal(after?.number, 2);
  assert.equal(after.stream, before);
});

test("UnitReceiver tells a new stream only by what it is", () => {
  const { receiver } = setUp();
  const first = receive(receiver, keyframe())?.stream;
  assert.deepEqual(first, {
    codec: "h264",
    width: 640,
    height: 480,
    untagged: "bt601",
    reorderDepth: 0,
    lossy: false,
  });
  assert.equal(receive(receiver, keyframe({ levelIdc: 31 }))?.stream, first);
  const large = receive(receiver, keyframe({ heightInMapUnits: 60 }))?.stream;
  assert.deepEqual([large?.height, large?.untagged], [960, "bt709"]);
  assert.equal(receive(receiver, other)?.stream, large);
  assert.equal(receiver.stream, large);
});

test("UnitReceiver allows every reorder depth where none is told", () => {
  const { receiver } = setUp();
  const fields = { profileIdc: 100, pocType: 0 };
  assert.equal(receive(receiver, keyframe(fields))?.stream.reorderDepth, 16);
});

test("UnitReceiver takes the size of VP8 from its container", () => {
  const { receiver } = setUp();
  const size = { width: 1280, height: 720 };
  const unit = { ...split([]), data: Uint8Array.of(0x10), keyframe: true };
  const vp8 = { ...unit, codec: "vp8" } as const;
  assert.equal(receive(receiver, vp8), undefined);
  assert.deepEqual(receive(receiver, { ...vp8, size })?.stream, {
    codec: "vp8",
    ...size,
    untagged: "bt601",
    reorderDepth: 0,
    lossy: false,
  });
  const huge = { width: 65_535, height: 65_535 };
  assert.throws(() => receive(receiver, { ...vp8, size: huge }), {
    failure: "undecodable",
  });
});

test("UnitReceiver allows every reorder depth once B pictures came", () => {
  const { receiver } = setUp();
  const size = { width: 720, height: 576 };
  const depths = [1, 2, 3, 2, 1].map((type) => {
    const data = Uint8Array.of(0, 0, 1, 0, 0, type << 3);
    const picture = { ...split([]), data, keyframe: type === 1 };
    const unit = { ...picture, codec: "mpeg2video", size } as const;
    return receive(receiver, unit)?.stream.reorderDepth;
  });
  assert.deepEqual(depths, [0, 0, 0, 0, 16]);
});

test("UnitReceiver refuses pictures that are too large", () => {
  const { receiver } = setUp();
  const huge = keyframe({ widthInMbs: 256, heightInMapUnits: 137 });
  assert.throws(() => receive(receiver, huge), {
    name: "StreamError",
    failure: "undecodable",
    message: "Cannot decode pictures of 4096x2192: too large",
  });
});

test("UnitReceiver measures keyframes of one connection only", async () => {
  const { clock, receiver } = setUp();
  receive(receiver, keyframe());
  await clock.advance(400);
  receive(receiver, keyframe());
  assert.equal(receiver.keyframeDistance, 400);
  receiver.reset();
  await clock.advance(60_000);
  receive(receiver, keyframe());
  assert.equal(receiver.keyframeDistance, 400);
});

/** What is known of the age of a unit: 30 ms by each of the clocks. */
const ORIGINS: [string, Partial<Timing> | undefined, string, number?][] = [
  ["the capture, on this machine", {}, "capture"],
  ["the sending, on this machine", { captured: false }, "sent"],
  [
    "the capture on another machine, by the wall clock",
    { bootTag: "f".repeat(16), monotonic: us(5) },
    "capture, wall clock",
  ],
  [
    "the sending on another machine, by the wall clock",
    { bootTag: "f".repeat(16), monotonic: us(5), captured: false },
    "sent",
  ],
  ["the arrival, where nothing is told", undefined, "arrival", 0],
];

for (const [what, change, since, age = 30] of ORIGINS) {
  test(`UnitReceiver counts the age from ${what}`, () => {
    const { clock, receiver } = setUp();
    const unit = keyframe();
    const timing = change && {
      captured: true,
      epoch: 1,
      bootTag: BOOT,
      sequence: 0,
      monotonic: us((clock.now() - 30) * 1000),
      realtime: us(clock.wallClock() - 30_000),
      ...change,
    };
    const data = timing ? insertTiming(unit.data, timing) : unit.data;
    const received = receive(receiver, { ...unit, data })!;
    const at = clock.now() - age;
    assert.deepEqual(received.origin, { at, since });
    assert.equal(received.receivedAt, clock.now());
    const isCapture = since.startsWith("capture");
    assert.equal(received.capturedAt, isCapture ? at : undefined);
  });
}

test("UnitReceiver believes a transport that knows the capture time", () => {
  const { receiver } = setUp();
  const received = receive(receiver, { ...keyframe(), capturedAt: ms(970) });
  const origin = { at: 970, since: "capture, wall clock" };
  assert.deepEqual(received?.origin, origin);
  assert.equal(received?.capturedAt, 970);
});
