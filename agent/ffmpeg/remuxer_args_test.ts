import assert from "node:assert/strict";
import { test } from "../../test/harness.ts";
import type { Sniffed } from "../media/sniff.ts";
import {
  isRemuxFormat,
  REMUX_FORMATS,
  remuxerArgs,
  type RemuxFormat,
} from "./remuxer_args.ts";

const HEAD = "-hide_banner -nostdin -loglevel error -max_alloc 67108864 ";

const MIDDLE = " -fflags +genpts -max_streams 8 -codec_whitelist " +
  "h264,hevc,libdav1d,mjpeg,mpeg1video,mpeg2video,mpeg4,vp8,vp9 " +
  "-max_pixels 8912896 -protocol_whitelist pipe ";

const TAIL = " -tag:v 0 -i pipe:0 -map 0:V:0 -an -sn -dn -map_metadata -1 " +
  "-map_chapters -1 -c:v copy -copyinkf -flush_packets 1 -write_index 0 " +
  "-f nut pipe:1";

const AT_ONCE = "-probesize 32 -analyzeduration 0";
const LONG = "-probesize 5000000 -fpsprobesize 0 -analyzeduration 600000";

const CASES: [format: RemuxFormat, analysis: string, input: string][] = [
  ["matroska", AT_ONCE, "-f matroska"],
  ["mov", AT_ONCE, "-f mov"],
  ["mpegts", LONG, "-f mpegts"],
  ["flv", LONG.replace("600", "300"), "-f flv"],
  [
    "unknown",
    LONG,
    "-format_whitelist avi,flv,ivf,matroska,mov,mpeg,mpegts,nut,ogg," +
    "asf,h264,hevc,m4v,mjpeg,mpegvideo,mpjpeg,obu",
  ],
];

for (const [format, analysis, input] of CASES) {
  test(`remuxerArgs composes the command line for ${format}`, () => {
    const args = remuxerArgs(format).join(" ");
    assert.equal(args, `${HEAD}${analysis}${MIDDLE}${input}${TAIL}`);
  });
}

test("remuxerArgs has FFmpeg open nothing but its pipes", () => {
  for (const format of [...REMUX_FORMATS, "unknown"] as const) {
    const args = remuxerArgs(format);
    const inputs = args.filter((_, i) => args[i - 1] === "-i");
    assert.deepEqual(inputs, ["pipe:0"]);
    assert.deepEqual(args.filter((arg) => /[:/]\/|\.\w/.test(arg)), []);
    const isNamed = args.includes("-f") &&
      args.indexOf("-f") < args.indexOf("-i");
    assert.notEqual(isNamed, args.includes("-format_whitelist"));
  }
});

test("isRemuxFormat() refuses what names other addresses, or is ours", () => {
  const formats: Sniffed[] = ["playlist", "http", "rtp", "h264", "mjpeg"];
  assert.deepEqual(formats.filter(isRemuxFormat), []);
  assert.ok(isRemuxFormat("matroska"));
  assert.ok(isRemuxFormat("unknown"));
});
