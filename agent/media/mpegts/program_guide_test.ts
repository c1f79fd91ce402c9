import assert from "node:assert/strict";
import { test } from "../../../test/harness.ts";
import {
  type PmtStream,
  TsWriter,
  writePat,
  writePmt,
} from "../../../test/ts_writer.ts";
import { readTsPacket } from "./packet.ts";
import { ProgramGuide } from "./program_guide.ts";

/** Shows a guide what a writer has written since the last time. */
function follow(guide: ProgramGuide, writer: TsWriter): void {
  for (const data of writer.packets.splice(0)) {
    const packet = readTsPacket(data);
    if (guide.has(packet.pid)) guide.push(packet);
  }
}

/** A guide that has seen a program association table and maps. */
function guide(
  programs: Readonly<Record<number, number>>,
  ...maps: (readonly [program: number, streams: PmtStream[]])[]
) {
  const guide = new ProgramGuide();
  const writer = new TsWriter().put(0, writePat(programs));
  for (const [program, streams] of maps) {
    writer.put(programs[program]!, writePmt(program, streams));
  }
  follow(guide, writer);
  return { guide, writer };
}

const HEVC = [5, 4, ...new TextEncoder().encode("HEVC")];
const [H264, AUDIO] = [{ type: 0x1b, pid: 0x100 }, { type: 0x0f, pid: 0x101 }];
const MPEG2 = { type: 0x02, pid: 0x102 };

const CODECS: Record<string, [PmtStream, "h264" | "hevc"]> = {
  "H.264": [H264, "h264"],
  "H.265": [{ type: 0x24, pid: 0x100 }, "hevc"],
  "H.265 as private data": [
    { type: 6, pid: 0x100, descriptors: HEVC },
    "hevc",
  ],
};

for (const [name, [stream, codec]] of Object.entries(CODECS)) {
  test(`ProgramGuide finds ${name} behind audio`, () => {
    const { video } = guide({ 5: 0x20 }, [5, [AUDIO, stream]]).guide;
    assert.deepEqual(video, { program: 5, pid: 0x100, codec });
  });
}

const OTHERS: Record<string, PmtStream[]> = {
  "nothing": [],
  "audio": [AUDIO],
  "private data": [{ type: 6, pid: 0x100 }],
  "private audio": [{
    type: 6,
    pid: 0x100,
    descriptors: [5, 4, ...new TextEncoder().encode("AC-3")],
  }],
};

for (const [name, streams] of Object.entries(OTHERS)) {
  test(`ProgramGuide finds no video in ${name}`, () => {
    const found = guide({ 1: 0x20 }, [1, streams]).guide;
    assert.equal(found.video, undefined);
    assert.equal(found.foreignStreamType, undefined);
  });
}

test("ProgramGuide wants the PAT before a map, and it by its own PID", () => {
  const found = new ProgramGuide();
  const map = writePmt(1, [H264]);
  const writer = new TsWriter().put(0x20, map).put(0, writePat({ 1: 0x20 }));
  follow(found, writer.put(0x21, map).put(0x20, writePmt(2, [H264])));
  assert.equal(found.video?.program, undefined);
  follow(found, writer.put(0x20, map));
  assert.equal(found.video?.program, 1);
});

test("ProgramGuide keeps the first program with video", () => {
  const { guide: found } = guide(
    { 1: 0x20, 2: 0x21, 3: 0x22 },
    [1, [AUDIO]],
    [2, [H264]],
    [3, [{ type: 0x24, pid: 0x200 }]],
  );
  assert.equal(found.video?.program, 2);
});

test("ProgramGuide reads maps that share a PID", () => {
  const { guide: found } = guide({ 1: 0x20, 2: 0x20 }, [1, []], [2, [H264]]);
  assert.equal(found.video?.program, 2);
});

test("ProgramGuide tells video of other codecs, as long as there is no better", () => {
  const { guide: found, writer } = guide({ 1: 0x20, 2: 0x21 }, [1, [MPEG2]]);
  assert.equal(found.video?.program, undefined);
  assert.equal(found.foreignStreamType, 0x02);
  follow(found, writer.put(0x21, writePmt(2, [MPEG2, H264])));
  assert.equal(found.video?.program, 2);
  assert.equal(found.foreignStreamType, undefined);
  follow(found, writer.put(0x21, writePmt(2, [])));
  assert.equal(found.foreignStreamType, 0x02);
  follow(found, writer.put(0x20, writePmt(1, [AUDIO])));
  assert.equal(found.foreignStreamType, undefined);
});

test("ProgramGuide keeps its answer while tables repeat", () => {
  const { guide: found, writer } = guide({ 1: 0x20 }, [1, [H264]]);
  const { video } = found;
  const map = writePmt(1, [AUDIO, H264], { version: 7 });
  follow(found, writer.put(0, writePat({ 1: 0x20 })).put(0x20, map));
  assert.equal(found.video, video);
});

test("ProgramGuide follows a map to another PID, codec or nothing", () => {
  const { guide: found, writer } = guide({ 1: 0x20 }, [1, [H264]]);
  const steps: [PmtStream[], [number, string] | undefined][] = [
    [[{ type: 0x1b, pid: 0x300 }], [0x300, "h264"]],
    [[{ type: 0x24, pid: 0x300 }], [0x300, "hevc"]],
    [[AUDIO], undefined],
    [[H264], [0x100, "h264"]],
  ];
  for (const [streams, expected] of steps) {
    follow(found, writer.put(0x20, writePmt(1, streams)));
    const { video } = found;
    assert.deepEqual(video && [video.pid, video.codec], expected);
  }
});

test("ProgramGuide ignores a map that does not apply yet", () => {
  const { guide: found, writer } = guide({ 1: 0x20 }, [1, [H264]]);
  const map = writePmt(1, [AUDIO], { current: false });
  follow(found, writer.put(0x20, map));
  assert.equal(found.video?.pid, 0x100);
});

test("ProgramGuide follows a program to another map", () => {
  const { guide: found, writer } = guide({ 1: 0x20 }, [1, [H264]]);
  const { video } = found;
  follow(found, writer.put(0, writePat({ 1: 0x30 })));
  assert.equal(found.video, video);
  follow(found, writer.put(0x20, writePmt(1, [AUDIO])));
  assert.equal(found.video, video);
  follow(found, writer.put(0x30, writePmt(1, [{ type: 0x1b, pid: 0x31 }])));
  assert.equal(found.video?.pid, 0x31);
});

test("ProgramGuide forgets programs that are gone", () => {
  const { guide: found, writer } = guide({ 1: 0x20 }, [1, [H264]]);
  follow(found, writer.put(0, writePat({ 2: 0x20 })));
  assert.equal(found.video, undefined);
  follow(found, writer.put(0x20, writePmt(2, [MPEG2])));
  assert.equal(found.foreignStreamType, 0x02);
  follow(found, writer.put(0, writePat({})));
  assert.equal(found.foreignStreamType, undefined);
  assert.equal(found.has(0x20), false);
  assert.equal(found.has(0), true);
});
