import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  AccessUnitSplitter,
  MpegTsReader,
  type MpegTsUnit,
} from "../../agent/media/mod.ts";
import { readTsPacket } from "../../agent/media/mpegts/packet.ts";
import { temporaryFolder } from "../e2e/folder.ts";
import { test } from "../harness.ts";

/** Twenty seconds. */
const PICTURES = 600;

/** Of a transport stream. */
const PACKET_BYTES = 188;

type Codec = "h264" | "hevc";

const ENCODERS: Record<Codec, string[]> = {
  h264: ["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency"],
  hevc: [
    ...["-c:v", "libx265", "-preset", "ultrafast", "-tune", "zerolatency"],
    ...["-x265-params", "log-level=none"],
  ],
};

/** Encodes noise, so that pictures have all sizes. */
function encode(codec: Codec, path: string): void {
  execFileSync("ffmpeg", [
    ...["-v", "error", "-f", "lavfi"],
    ...["-i", "testsrc2=s=320x240:r=30,noise=alls=8:allf=t"],
    ...["-frames:v", `${PICTURES}`, ...ENCODERS[codec], "-g", "30"],
    ...["-b:v", "1M", "-f", codec, path],
  ]);
}

/** What muxes a bare stream, from one file to another. */
const MUXERS: Record<
  string,
  (codec: Codec, from: string, to: string) => string[]
> = {
  "FFmpeg": (codec, from, to) => [
    ...["ffmpeg", "-v", "error", "-fflags", "+genpts", "-r", "30"],
    ...["-f", codec, "-i", from, "-c", "copy", "-f", "mpegts", to],
  ],
  "FFmpeg, at a constant rate": (codec, from, to) => [
    ...["ffmpeg", "-v", "error", "-fflags", "+genpts", "-r", "30"],
    ...["-f", codec, "-i", from, "-c", "copy", "-muxrate", "4M"],
    ...["-f", "mpegts", to],
  ],
  "GStreamer": (codec, from, to) => [
    ...["gst-launch-1.0", "-q", "filesrc", `location=${from}`, "!"],
    ...[codec === "h264" ? "h264parse" : "h265parse", "!", "mpegtsmux", "!"],
    ...["filesink", `location=${to}`],
  ],
};

/** Indices of the packets that are the last ones of a PES packet of video. */
function lastPackets(data: Uint8Array): Set<number> {
  const found = new Set<number>();
  let [video, last] = [-1, -1];
  for (let at = 0; at < data.length; at += PACKET_BYTES) {
    const packet = readTsPacket(data.subarray(at, at + PACKET_BYTES));
    const { pid, payload, startsUnit } = packet;
    const isPes = startsUnit && payload?.toHex().startsWith("000001e0");
    if (isPes) video = pid;
    if (pid !== video || !payload) continue;
    if (isPes && last >= 0) found.add(last);
    last = at / PACKET_BYTES;
  }
  return found.add(last);
}

for (const codec of ["h264", "hevc"] as const) {
  for (const [muxer, command] of Object.entries(MUXERS)) {
    test(`MpegTsReader reads ${codec} from ${muxer} without delay`, () => {
      using folder = temporaryFolder();
      const bare = join(folder.path, `bare.${codec}`);
      const path = join(folder.path, "film.ts");
      encode(codec, bare);
      const [program = "", ...args] = command(codec, bare, path);
      execFileSync(program, args);
      const splitter = new AccessUnitSplitter({ codec });
      const expected = splitter.push(new Uint8Array(readFileSync(bare)));
      expected.push(...splitter.flush());

      const data = new Uint8Array(readFileSync(path));
      const ends = lastPackets(data);
      const reader = new MpegTsReader();
      const units: MpegTsUnit[] = [];
      let punctual = 0;
      for (let at = 0; at < data.length; at += PACKET_BYTES) {
        const some = reader.push(data.subarray(at, at + PACKET_BYTES));
        if (ends.has(at / PACKET_BYTES)) punctual += some.length;
        units.push(...some);
      }
      units.push(...reader.flush());
      assert.equal(units.length, PICTURES);
      assert.deepEqual(
        units.map(({ pts: _, codec: __, ...unit }) => unit),
        expected,
      );
      // deno-lint-ignore no-console
      console.log(`${punctual} of ${PICTURES} pictures with their last byte`);
      assert.ok(punctual >= 0.97 * PICTURES, `${punctual}`);
    });
  }
}
