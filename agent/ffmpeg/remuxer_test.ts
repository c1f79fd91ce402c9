import assert from "node:assert/strict";
import process from "node:process";
import { within } from "../../test/faults/deadline.ts";
import { encodeClip, ffmpeg, hasEncoder } from "../../test/ffmpeg.ts";
import { test } from "../../test/harness.ts";
import { cutMatroska } from "../../test/matroska_blocks.ts";
import { spying } from "../../test/programs/spying.ts";
import { nalUnitsOf } from "../media/annexb.ts";
import { concat } from "../media/bytes.ts";
import type { ContainerUnit } from "../media/container_unit.ts";
import type { Runtime } from "../plugin/runtime.ts";
import { runtime } from "../runtime/mod.ts";
import { Remuxer } from "./remuxer.ts";
import type { RemuxFormat } from "./remuxer_args.ts";

const DEADLINE_MS = 10_000;
const FRAMES = 12;

const { signal } = new AbortController();

function start(format: RemuxFormat, machine = runtime): Promise<Remuxer> {
  return Remuxer.start({ format }, { runtime: machine, signal });
}

/** Takes a whole stream apart. */
async function remux(
  format: RemuxFormat,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<ContainerUnit[]> {
  await using remuxer = await start(format);
  const units = collect(remuxer);
  // Why it takes no more, the units say.
  await remuxer.write(bytes).catch(() => {});
  remuxer.endInput();
  return await within(DEADLINE_MS, "end", units);
}

async function collect(remuxer: Remuxer): Promise<ContainerUnit[]> {
  const units: ContainerUnit[] = [];
  for await (const unit of remuxer.units) units.push(unit);
  return units;
}

const X264 = "-preset ultrafast -tune zerolatency -g 5";
const X265 = "-preset ultrafast -tune zerolatency " +
  "-x265-params log-level=none:keyint=5";
const VPX = "-deadline realtime -cpu-used 8 -lag-in-frames 0 -g 5";
const AOM = "-usage realtime -cpu-used 8 -lag-in-frames 0 -g 5";

/** How a codec is encoded, and what FFmpeg calls its streams. */
interface Source {
  readonly codec: string;
  readonly encoder: string;
  readonly args: string;
  readonly muxer: string;
  readonly demuxer: string;
  readonly containers: readonly RemuxFormat[];
}

const NAL_UNIT_CONTAINERS = ["matroska", "mov", "mpegts", "nut"] as const;

const SOURCES: Source[] = ([
  ["h264", "libx264", X264, "h264", "h264", NAL_UNIT_CONTAINERS],
  ["hevc", "libx265", X265, "hevc", "hevc", NAL_UNIT_CONTAINERS],
  [
    "mpeg1video",
    "mpeg1video",
    "-g 5",
    "mpeg1video",
    "mpegvideo",
    ["mpegts", "mpeg"],
  ],
  [
    "mpeg2video",
    "mpeg2video",
    "-g 5 -bf 2",
    "mpeg2video",
    "mpegvideo",
    ["mpegts", "mpeg", "matroska"],
  ],
  ["mpeg4", "mpeg4", "-g 5", "m4v", "m4v", ["matroska", "avi", "mpegts"]],
  ["mjpeg", "mjpeg", "-q:v 5", "mjpeg", "mjpeg", ["matroska", "avi"]],
  ["vp8", "libvpx", VPX, "ivf", "ivf", ["matroska", "ivf", "ogg"]],
  ["vp9", "libvpx-vp9", VPX, "ivf", "ivf", ["matroska", "ivf"]],
  ["av1", "libaom-av1", AOM, "ivf", "ivf", ["matroska", "mov"]],
] satisfies [string, string, string, string, string, readonly RemuxFormat[]][])
  .map(([codec, encoder, args, muxer, demuxer, containers]) => ({
    codec,
    encoder,
    args,
    muxer,
    demuxer,
    containers,
  }))
  .filter(({ encoder }) => hasEncoder(encoder));

/** Encodes without a container, as far as there is such a thing. */
function encode({ encoder, args, muxer }: Source): Uint8Array<ArrayBuffer> {
  return encodeClip(`-c:v ${encoder} ${args} -f ${muxer}`);
}

function mux(
  { encoder, args, demuxer }: Source,
  stream: Uint8Array,
  container: RemuxFormat,
): Uint8Array<ArrayBuffer> {
  // Only the encoder knows when pictures are to be shown.
  if (demuxer === "mpegvideo") {
    return encodeClip(`-c:v ${encoder} ${args} -f ${container}`);
  }
  const isIvf = demuxer === "ivf";
  return ffmpeg(
    ...["-f", demuxer, ...(isIvf ? [] : ["-framerate", "30"]), "-i", "pipe:0"],
    ...["-c", "copy", "-f", container === "mov" ? "mp4" : container],
    ...(container === "mov" ? ["-movflags", "frag_keyframe+empty_moov"] : []),
    ...(container === "matroska" ? ["-live", "1"] : []),
    ...["pipe:1", stream],
  );
}

for (const source of SOURCES) {
  const { codec } = source;
  for (const container of source.containers) {
    test(`Remuxer takes ${codec} out of ${container} as it was`, async () => {
      const stream = encode(source);
      const units = await remux(container, mux(source, stream, container));
      assert.equal(units.length, FRAMES);
      for (const unit of units) {
        assert.equal(unit.codec, codec);
        assert.deepEqual(unit.size, { width: 64, height: 48 });
      }
      assert.ok(units[0]!.keyframe);
      assert.equal(units[1]!.keyframe, codec === "mjpeg");
      const data = concat(...units.map((unit) => unit.data));
      const expected = source.muxer === "ivf" ? framesOf(stream) : stream;
      assert.deepEqual(contentOf(codec, data), contentOf(codec, expected));
      const times = units.map(({ pts }) => pts).toSorted((a, b) => a - b);
      for (const [i, pts] of times.entries()) {
        const due = times[0]! + i * 33_333;
        assert.ok(Math.abs(pts - due) < 2000, `${pts} is not ${due}`);
      }
    });
  }
}

/** The frames of an IVF file, one after the other. */
function framesOf(ivf: Uint8Array<ArrayBuffer>): Uint8Array {
  const view = new DataView(ivf.buffer);
  const frames: Uint8Array[] = [];
  for (let at = 32; at < ivf.length;) {
    const end = at + 12 + view.getUint32(at, true);
    const frame = ivf.subarray(at + 12, end);
    // The temporal delimiter of AV1, which other containers leave out.
    const isDelimited = frame[0] === 0x12 && frame[1] === 0;
    frames.push(frame.subarray(isDelimited ? 2 : 0));
    at = end;
  }
  return concat(...frames);
}

/** What a container has to keep: all but parameter sets and delimiters. */
function contentOf(codec: string, stream: Uint8Array): string[] {
  if (codec !== "h264" && codec !== "hevc") return [stream.toHex()];
  const isHevc = codec === "hevc";
  return [...nalUnitsOf(stream)].filter(([header = 0]) =>
    isHevc ? header >> 1 < 32 || header >> 1 > 35 : (header & 0x1f) < 7
  ).map((nalUnit) => nalUnit.toHex());
}

for (const source of SOURCES) {
  if (!source.containers.includes("matroska")) continue;
  const { codec } = source;
  test(`Remuxer gives each picture of ${codec} before the next one comes`, async () => {
    const pieces = cutMatroska(mux(source, encode(source), "matroska"));
    assert.equal(pieces.length, FRAMES);
    await using remuxer = await start("matroska");
    const units = remuxer.units[Symbol.asyncIterator]();
    for (const [i, piece] of pieces.entries()) {
      await remuxer.write(piece);
      const { value } = await within(DEADLINE_MS, `picture ${i}`, units.next());
      assert.equal(value.codec, codec);
    }
  });
}

test("Remuxer finds out what an unknown stream is", async () => {
  for (const container of ["matroska", "mpegts", "avi"]) {
    const clip = encodeClip(`-c:v mpeg4 -g 5 -f ${container}`);
    const units = await remux("unknown", clip);
    assert.deepEqual([units.length, units[0]?.codec], [FRAMES, "mpeg4"]);
  }
});

test("Remuxer takes the video of a stream with sound", async () => {
  const clip = ffmpeg(
    ...["-f", "lavfi", "-i", "sine", "-f", "lavfi", "-i", "testsrc=s=64x48"],
    ...["-t", "1", "-c:v", "mpeg4", "-c:a", "mp2", "-f", "matroska", "pipe:1"],
  );
  const units = await remux("matroska", clip);
  assert.equal(units.length, 25);
});

const text = (...lines: string[]) => new TextEncoder().encode(lines.join("\n"));

/** What makes other programs open addresses. */
const PLAYLISTS: Record<string, Uint8Array<ArrayBuffer>> = {
  "HLS": text("#EXTM3U", "#EXTINF:1,", "http://127.0.0.1:9/a.ts", ""),
  "ffconcat": text("ffconcat version 1.0", "file /etc/passwd", ""),
  "DASH": text('<?xml version="1.0"?>', '<MPD xmlns="urn:mpeg:dash:">', ""),
  "SDP": text("v=0", "c=IN IP4 127.0.0.1", "m=video 9 RTP/AVP 96", ""),
  "garbage": Uint8Array.from({ length: 100_000 }, (_, i) => i * i * 7 >> 3),
};

for (const [name, bytes] of Object.entries(PLAYLISTS)) {
  test(`Remuxer refuses ${name}`, async () => {
    await assert.rejects(remux("unknown", bytes), {
      name: "ProcessError",
      reason: "exited",
    });
  });
}

test("Remuxer says that there is no video", async () => {
  const sound = ffmpeg(
    ...["-f", "lavfi", "-i", "sine", "-t", "1", "-f", "matroska", "pipe:1"],
  );
  await assert.rejects(remux("matroska", sound), {
    message: /^ffmpeg exited with \d+: Stream map '.*' matches no streams/,
  });
});

test("Remuxer names a codec that we do not decode", async () => {
  const clip = encodeClip("-c:v flv -f matroska");
  await assert.rejects(remux("matroska", clip), {
    name: "StreamError",
    failure: "undecodable",
    message: 'Cannot decode video of FourCC "FLV1"',
  });
});

test("Remuxer ends after its input, and tells so", async () => {
  await using remuxer = await start("matroska");
  const units = collect(remuxer);
  await remuxer.write(encodeClip("-c:v mpeg4 -f matroska"));
  remuxer.endInput();
  assert.equal((await within(DEADLINE_MS, "end", units)).length, FRAMES);
  await assert.rejects(remuxer.failed, {
    name: "StreamError",
    failure: "ended",
  });
});

test("Remuxer that is killed fails all that wait for it", async () => {
  const [machine, children] = spying();
  await using remuxer = await start("matroska", machine);
  const units = collect(remuxer);
  await remuxer.write(encodeClip("-c:v mpeg4 -f matroska"));
  process.kill(children[0]!.pid, "SIGKILL");
  const killed = {
    name: "ProcessError",
    message: "ffmpeg was killed by SIGKILL",
  };
  await assert.rejects(within(DEADLINE_MS, "end", units), killed);
  await assert.rejects(remuxer.failed, killed);
  await assert.rejects(remuxer.write(Uint8Array.of(1)), killed);
});

test("Remuxer is disposed of gently", async () => {
  const [machine, children] = spying();
  const remuxer = await start("matroska", machine);
  const units = collect(remuxer);
  await remuxer.write(encodeClip("-c:v mpeg4 -f matroska"));
  await within(DEADLINE_MS, "end", remuxer[Symbol.asyncDispose]());
  assert.equal((await children[0]!.exit).forced, false);
  await assert.rejects(units);
  await remuxer[Symbol.asyncDispose]();
});

test("Remuxer.start says that there is no FFmpeg", async () => {
  const machine: Runtime = {
    ...runtime,
    spawn: (options) =>
      runtime.spawn({ ...options, command: "no-such-program" }),
  };
  await assert.rejects(start("ogg", machine), { reason: "not-found" });
});
