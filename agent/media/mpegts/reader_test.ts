import assert from "node:assert/strict";
import { byteStream, SAMPLE, writeSlice } from "../../../test/h264_writer.ts";
import { test } from "../../../test/harness.ts";
import { describe } from "../../../test/ts_reader.ts";
import {
  FFMPEG_H264,
  FFMPEG_HEVC,
  GSTREAMER_H264,
  HEVC_STREAM,
} from "../../../test/ts_samples.ts";
import {
  PMT_PID,
  TsWriter,
  VIDEO_PID,
  writePat,
  writePmt,
} from "../../../test/ts_writer.ts";
import { AccessUnitSplitter, type SplitUnit } from "../access_unit_splitter.ts";
import { MpegTsReader } from "./reader.ts";
import type { MpegTsUnit } from "./unit.ts";

/** What the elementary stream is split into. */
function split(data: Uint8Array, codec: "h264" | "hevc"): SplitUnit[] {
  const splitter = new AccessUnitSplitter({ codec });
  return [...splitter.push(data), ...splitter.flush()];
}

/** Reads a stream in chunks, to its end. */
function read(data: Uint8Array, size = data.length): MpegTsUnit[] {
  const reader = new MpegTsReader();
  const units: MpegTsUnit[] = [];
  for (let at = 0; at < data.length; at += size) {
    units.push(...reader.push(data.subarray(at, at + size)));
  }
  return [...units, ...reader.flush()];
}

const PICTURE = byteStream([writeSlice(0x41, { payload: Array(300).fill(5) })]);

/** A film of so many pictures, with both tables in front of some of them. */
function film(pictures: number, tablesEach = pictures): TsWriter {
  const writer = new TsWriter();
  for (let i = 0; i < pictures; i++) {
    if (i % tablesEach === 0) writer.tables();
    writer.pes(PICTURE, { pts: 3600 * i });
  }
  return writer;
}

const SAMPLES: [string, Uint8Array, Uint8Array, "h264" | "hevc", number][] = [
  ["FFmpeg's H.264", FFMPEG_H264, SAMPLE, "h264", 1_400_000],
  ["GStreamer's H.264", GSTREAMER_H264, SAMPLE, "h264", 3_600_000_000],
  ["FFmpeg's H.265", FFMPEG_HEVC, HEVC_STREAM, "hevc", 1_400_000],
];

for (const [name, data, elementary, codec, start] of SAMPLES) {
  test(`MpegTsReader reads ${name}`, () => {
    const units = read(data);
    assert.deepEqual(
      units.map(({ pts: _, ...unit }) => unit),
      split(elementary, codec).map((unit) => ({ ...unit, codec })),
    );
    units.forEach(({ pts }, i) => {
      assert.ok(Math.abs(pts! - start - i * 1e6 / 30) < 20, `${pts}`);
    });
  });

  test(`MpegTsReader reads ${name} in all chunks`, () => {
    const whole = read(data);
    for (let size = 1; size < data.length; size += size < 400 ? 1 : 97) {
      assert.deepEqual(read(data, size), whole, `${size}`);
    }
  });

  test(`MpegTsReader gives pictures of ${name} with their last byte`, () => {
    const reader = new MpegTsReader();
    const given: number[] = [];
    for (let at = 0; at < data.length; at++) {
      for (const _ of reader.push(data.subarray(at, at + 1))) given.push(at);
    }
    // Where the next packet of the PID begins a PES packet.
    const ends: number[] = [];
    let last = -1;
    for (let at = 0; at < data.length; at += 188) {
      const pid = (data[at + 1]! & 0x1f) << 8 | data[at + 2]!;
      if (pid < 0x40 || pid >= 0x1000) continue;
      if (last >= 0 && (data[at + 1]! & 0x40) !== 0) ends.push(last);
      last = at + 187;
    }
    assert.deepEqual(given, [...ends, last]);
  });
}

test("MpegTsReader knows the codec as soon as the tables told", () => {
  const reader = new MpegTsReader();
  reader.push(FFMPEG_HEVC.subarray(0, 2 * 188 + 1));
  assert.equal(reader.codec, undefined);
  reader.push(FFMPEG_HEVC.subarray(3 * 188));
  assert.equal(reader.codec, "hevc");
  assert.equal(reader.foreignStreamType, undefined);
});

test("MpegTsReader names video that it does not read", () => {
  const reader = new MpegTsReader();
  reader.push(film(0).tables(0x02).tables(0x02).data);
  assert.equal(reader.codec, undefined);
  assert.equal(reader.foreignStreamType, 0x02);
});

test("MpegTsReader joins a stream in the middle", () => {
  const writer = film(6, 3);
  const { data } = writer;
  for (const start of [3 * 188, 3 * 188 + 50, 5 * 188 - 1]) {
    const found = describe(read(data.subarray(start)));
    assert.equal(found, "1 @120, 1 @160, 1 @200");
  }
});

test("MpegTsReader reads tables and pictures of several packets", () => {
  const streams = Array.from({ length: 60 }, (_, i) => ({
    type: i === 50 ? 0x1b : 0x0f,
    pid: 0x100 + i,
  }));
  const writer = new TsWriter().put(0, writePat({ 7: 0x30, 8: 0x31 }))
    .put(0x31, writePmt(8, streams)).pes(PICTURE, { pid: 0x132, pts: 0 });
  assert.equal(describe(read(writer.data)), "1 @0");
});

test("MpegTsReader leaves audio and null packets out", () => {
  const writer = new TsWriter().put(0, writePat({ 1: PMT_PID })).put(
    PMT_PID,
    writePmt(1, [{ type: 0x0f, pid: 0x101 }, { type: 0x1b, pid: VIDEO_PID }]),
  );
  for (const ms of [0, 40, 80]) {
    writer.pes(PICTURE, { pts: ms * 90 });
    const last = writer.packets.pop()!;
    writer.packet(0x1fff, Array(184).fill(0));
    writer.pes(PICTURE, { pid: 0x101, pts: ms * 90 });
    writer.packets.push(last);
  }
  assert.equal(describe(read(writer.data)), "1 @0, 1 @40, 1 @80");
});

test("MpegTsReader follows the tables to another stream", () => {
  const writer = film(2);
  writer.put(PMT_PID, writePmt(1, [{ type: 0x1b, pid: 0x200 }]));
  writer.pes(PICTURE, { pts: 7200 }).pes(PICTURE, { pid: 0x200, pts: 7200 });
  assert.equal(describe(read(writer.data)), "1 @0, 1 @40, 1 @80 discontinuity");
});

test("MpegTsReader ends the picture when there is another stream", () => {
  const writer = film(1);
  writer.packets.pop();
  writer.tables(0x24);
  const reader = new MpegTsReader();
  const units = reader.push(writer.data);
  assert.equal(describe(units), "1 @0");
  assert.equal(reader.codec, "hevc");
});

test("MpegTsReader shows what a lost datagram takes with it", () => {
  const { packets } = film(20, 10);
  const reader = new MpegTsReader();
  const units: MpegTsUnit[] = [];
  for (let at = 0; at < packets.length; at += 7) {
    if (at === 14) continue;
    const datagram = packets.slice(at, at + 7).flatMap((it) => [...it]);
    units.push(...reader.push(Uint8Array.from(datagram)));
  }
  const found = describe(units).split(", ");
  assert.deepEqual(found.slice(4, 8), [
    ...["1 @160", "1 @200", "1 @400 discontinuity", "1 @440"],
  ]);
});

test("MpegTsReader shows that bytes are missing, whatever counters say", () => {
  const { data } = film(20);
  // From the eighth packet into one whose successor has the counter of that.
  const found = describe(read(Uint8Array.from([
    ...data.subarray(0, 8 * 188 + 40),
    ...data.subarray((8 + 15) * 188 + 20),
  ])));
  assert.match(found, /^1 @0, 1 @40, 1 @80, 1 @440 discontinuity, 1 @480, /);
});

test("MpegTsReader reads packets with timecodes, and with error correction", () => {
  const { packets } = film(5);
  for (const [before, after] of [[4, 0], [0, 16]] as const) {
    const data = packets.flatMap((packet) => [
      ...Array(before).fill(0),
      ...packet,
      ...Array(after).fill(0),
    ]);
    const units = read(Uint8Array.from(data));
    assert.equal(describe(units), "1 @0, 1 @40, 1 @80, 1 @120, 1 @160");
  }
});
