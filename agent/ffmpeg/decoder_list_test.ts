import assert from "node:assert/strict";
import type { FakeProgram } from "../../test/fakes/process.ts";
import { FakeRuntime } from "../../test/fakes/runtime.ts";
import { test } from "../../test/harness.ts";
import { runtime } from "../runtime/mod.ts";
import {
  ffmpegVersion,
  listDecoders,
  listHelpers,
  listHwaccels,
  readDecoders,
  readHelpers,
} from "./decoder_list.ts";

const { signal } = new AbortController();

/** A part of what FFmpeg 5.1.9 writes. */
const DECODERS = `Decoders:
 V..... = Video
 .....D = Supports direct rendering method 1
 ------
 V....D 012v                 Uncompressed 4:2:2 10-bit
 V..... libdav1d             dav1d AV1 decoder by VideoLAN (codec av1)
 VFS..D h264                 H.264 / AVC / MPEG-4 AVC / MPEG-4 part 10
 V..... h264_v4l2m2m         V4L2 mem2mem H.264 decoder wrapper (codec h264)
 V....D h264_qsv             H264 video (Intel Quick Sync Video acceleration) (codec h264)
 V....D mjpegb               Apple MJPEG-B
 A....D adpcm_ima_smjpeg     ADPCM IMA Loki SDL MJPEG
 S..... dvbsub               DVB subtitles (codec dvb_subtitle)
`;

test("readDecoders takes video, each with its codec", () => {
  assert.deepEqual(readDecoders(DECODERS), [
    { name: "012v", codec: "012v" },
    { name: "libdav1d", codec: "av1" },
    { name: "h264", codec: "h264" },
    { name: "h264_v4l2m2m", codec: "h264" },
    { name: "h264_qsv", codec: "h264" },
    { name: "mjpegb", codec: "mjpegb" },
  ]);
});

test("readDecoders finds nothing in something else", () => {
  assert.deepEqual(readDecoders("ffmpeg: not found\n"), []);
  assert.deepEqual(readDecoders(""), []);
});

const HELP = `Decoder h264 [H.264 / AVC / MPEG-4 AVC / MPEG-4 part 10]:
    General capabilities: dr1 delay threads 
    Threading capabilities: frame and slice
    Supported hardware devices: cuda vaapi vdpau 
H264 Decoder AVOptions:
`;

test("readHelpers takes the hardware that helps a decoder", () => {
  assert.deepEqual(readHelpers(HELP), ["cuda", "vaapi", "vdpau"]);
  const none = "Codec 'nonsense' is not recognized by FFmpeg.\n";
  assert.deepEqual(readHelpers(none), []);
});

test("listDecoders asks the FFmpeg that is there", async () => {
  const context = { runtime, signal };
  const decoders = await listDecoders(context);
  assert.ok(decoders.some(({ name }) => name === "h264"));
  for (const { name, codec } of decoders) {
    assert.match(`${name} ${codec}`, /^\S+ \S+$/);
  }
  const names = await listHwaccels(context);
  const helpers = await listHelpers("h264", context);
  for (const name of [...names, ...helpers]) assert.match(name, /^[a-z0-9]+$/);
  assert.match(await ffmpegVersion(context), /^ffmpeg version \S+/);
});

function machine(ffmpeg: FakeProgram): FakeRuntime {
  const machine = new FakeRuntime();
  machine.processes.programs.set("ffmpeg", ffmpeg);
  return machine;
}

test("listHwaccels leaves out the heading", async () => {
  const runtime = machine((child) => {
    const text = "Hardware acceleration methods:\nvdpau\ncuda\n\n";
    child.stdout(new TextEncoder().encode(text));
    child.exit(0);
  });
  const names = await listHwaccels({ runtime, signal });
  assert.deepEqual(names, ["vdpau", "cuda"]);
  assert.deepEqual(runtime.processes.started, [
    ["ffmpeg", "-hide_banner", "-hwaccels"],
  ]);
});

test("listDecoders tells why FFmpeg fails", async () => {
  const runtime = machine((child) => {
    child.stderr("error while loading shared libraries: libavdevice.so.59");
    child.exit(127);
  });
  await assert.rejects(listDecoders({ runtime, signal }), {
    name: "ProcessError",
    message: "ffmpeg exited with 127: error while loading shared libraries: " +
      "libavdevice.so.59",
  });
  assert.deepEqual(runtime.open, []);
});

test("listDecoders does not wait for ever, nor keep all that comes", async () => {
  const runtime = machine((child) => {
    for (let i = 0; i < 3; i++) child.stdout(new Uint8Array(1 << 20));
  });
  const listing = assert.rejects(listDecoders({ runtime, signal }), {
    name: "ProcessError",
    reason: "timeout",
    message: 'ffmpeg does not answer to "-decoders"',
  });
  await runtime.turn();
  await runtime.advance(10_000);
  await listing;
  assert.deepEqual(runtime.open, []);
});

test("listDecoders ends when the signal aborts", async () => {
  const runtime = machine(() => {});
  const stop = new AbortController();
  const listing = listDecoders({ runtime, signal: stop.signal });
  await runtime.turn();
  stop.abort(new Error("Told to stop"));
  await assert.rejects(listing, new Error("Told to stop"));
  assert.deepEqual(runtime.open, []);
});
