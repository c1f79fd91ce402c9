import assert from "node:assert/strict";
import { byteStream } from "../../test/h264_writer.ts";
import { FakeClock } from "../../test/fakes/clock.ts";
import { test } from "../../test/harness.ts";
import type { AccessUnit } from "../media/access_unit.ts";
import { ms, us } from "../media/time.ts";
import { readTiming } from "../media/timing_sei.ts";
import { WireFormat } from "./wire.ts";

const DELIMITER = [0x09, 0x10];
const IDENTITY = { epoch: 7, bootTag: "0123456789abcdef" };

function unit(
  nalUnits: number[][] = [[0x65, 0x88]],
  more: Partial<AccessUnit> = {},
): AccessUnit {
  return {
    data: byteStream(nalUnits),
    pts: us(40),
    keyframe: true,
    recoveryPoint: false,
    damaged: false,
    ...more,
  };
}

test("WireFormat appends the next unit's delimiter", () => {
  const { data } = new WireFormat(new FakeClock()).prepare(unit());
  assert.deepEqual(data, byteStream([[0x65, 0x88], [0x09, 0xf0]]));
});

test("WireFormat takes out the delimiters of the encoder", () => {
  const nalUnits = [DELIMITER, [0x67, 1], [0x68, 2], [0x65, 0x88], DELIMITER];
  const wire = new WireFormat(new FakeClock());
  const expected = [[0x67, 1], [0x68, 2], [0x65, 0x88], [0x09, 0xf0]];
  assert.deepEqual(wire.prepare(unit(nalUnits)).data, byteStream(expected));
});

test("WireFormat leaves a unit that it is lent as it is", () => {
  const lent = unit();
  const before = lent.data.slice();
  const { data } = new WireFormat(new FakeClock(), IDENTITY).prepare(lent);
  lent.data.fill(0xff);
  assert.notDeepEqual(before, lent.data);
  assert.deepEqual(data.subarray(0, 5), Uint8Array.of(0, 0, 0, 1, 0x06));
  assert.deepEqual(data.slice(-12, -6), before);
});

test("WireFormat keeps what is known of a unit", () => {
  const wire = new WireFormat(new FakeClock());
  const more = { keyframe: false, recoveryPoint: true, pts: us(80) };
  const { data: _, ...known } = wire.prepare(unit([[0x41, 0x9a]], more));
  assert.deepEqual(known, more);
});

test("WireFormat without an identity sends no timing", () => {
  const { data } = new WireFormat(new FakeClock()).prepare(unit());
  assert.equal(readTiming(data), undefined);
});

test("WireFormat numbers the units of an epoch", () => {
  const wire = new WireFormat(new FakeClock(), IDENTITY);
  const timings = [0, 1, 2].map(() => readTiming(wire.prepare(unit()).data)!);
  assert.deepEqual(timings.map(({ sequence }) => sequence), [0, 1, 2]);
  assert.deepEqual(timings.map(({ epoch }) => epoch), [7, 7, 7]);
  assert.equal(timings[0]!.bootTag, IDENTITY.bootTag);
});

test("WireFormat sends the capture time where the source knows it", () => {
  const clock = new FakeClock();
  const wire = new WireFormat(clock, IDENTITY);
  const capturedAt = ms(clock.now() - 12.5);
  const timing = readTiming(wire.prepare(unit(undefined, { capturedAt })).data);
  assert.equal(timing?.captured, true);
  assert.equal(timing.monotonic, capturedAt * 1000);
  assert.equal(timing.realtime, clock.wallClock() - 12_500);
});

test("WireFormat sends the time of sending where it does not", () => {
  const clock = new FakeClock();
  const wire = new WireFormat(clock, IDENTITY);
  const timing = readTiming(wire.prepare(unit()).data);
  assert.equal(timing?.captured, false);
  assert.equal(timing.monotonic, clock.now() * 1000);
  assert.equal(timing.realtime, clock.wallClock());
});

test("WireFormat sends no time before the clock's zero", () => {
  const wire = new WireFormat(new FakeClock(), IDENTITY);
  const early = unit(undefined, { capturedAt: ms(-5) });
  assert.equal(readTiming(wire.prepare(early).data)?.monotonic, 0);
});

test("WireFormat lets time go on when the source begins anew", async () => {
  const clock = new FakeClock();
  const wire = new WireFormat(clock);
  const timeOf = (pts: number) =>
    wire.prepare(unit(undefined, { pts: us(pts) })).pts;
  assert.equal(timeOf(5_000_000), 5_000_000);
  assert.equal(timeOf(5_033_000), 5_033_000);
  await clock.advance(700);
  wire.restart();
  assert.equal(timeOf(10_000), 5_733_000);
  assert.equal(timeOf(43_000), 5_766_000);
  wire.restart();
  wire.restart();
  assert.equal(timeOf(0), 5_766_001, "never back, never the same");
});
