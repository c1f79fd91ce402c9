/**
 * FFmpeg as far as it tells what it can decode.
 *
 * @module
 */

import type { FakeChild, FakeProgram } from "./process.ts";

/** Answers to what `camagent` asks, by the first words of FFmpeg 5.1.9. */
const ANSWERS: Readonly<Record<string, string>> = {
  "-version": "ffmpeg version 5.1.9 Copyright\nbuilt with gcc 12\n",
  "-hwaccels": "Hardware acceleration methods:\nvdpau\nvaapi\n\n",
  "-decoders": [
    "Decoders:",
    " V..... = Video",
    " ------",
    " V..... libdav1d             dav1d AV1 decoder (codec av1)",
    " VFS..D h264                 H.264 / AVC / MPEG-4 AVC",
    " V..... h264_v4l2m2m         V4L2 mem2mem decoder (codec h264)",
    " VFS..D hevc                 HEVC (High Efficiency Video Coding)",
    "",
  ].join("\n"),
  "decoder=h264": "    Supported hardware devices: vaapi \n",
  "decoder=hevc": "    Supported hardware devices: vaapi vdpau \n",
};

/**
 * Makes an FFmpeg with vaapi, vdpau and h264_v4l2m2m.
 *
 * @param decodes What it does when it is not asked for one of its lists.
 */
export function listingFfmpeg(decodes: FakeProgram): FakeProgram {
  return (child: FakeChild) => {
    const answer = ANSWERS[child.args.at(-1)!];
    if (child.args.includes("pipe:0")) return decodes(child);
    child.stdout(new TextEncoder().encode(answer ?? ""));
    child.exit(0);
  };
}
