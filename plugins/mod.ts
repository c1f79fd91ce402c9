/**
 * The built-in plugins. They live by the rules of plugin files.
 *
 * @module
 */

import * as sinkOpencvPipe from "./sink-opencv-pipe/mod.ts";
import * as sinkShm from "./sink-shm/mod.ts";
import * as sinkStdout from "./sink-stdout/mod.ts";
import * as sourceFfmpeg from "./source-ffmpeg/mod.ts";
import * as sourceRpicam from "./source-rpicam/mod.ts";
import * as sourceTest from "./source-test/mod.ts";
import * as sourceV4l2 from "./source-v4l2/mod.ts";
import * as transportFile from "./transport-file/mod.ts";
import * as transportRtmp from "./transport-rtmp/mod.ts";
import * as transportRtp from "./transport-rtp/mod.ts";
import * as transportRtsp from "./transport-rtsp/mod.ts";
import * as transportSrt from "./transport-srt/mod.ts";
import * as transportTcp from "./transport-tcp/mod.ts";
import * as transportUdp from "./transport-udp/mod.ts";

/** Every built-in plugin, in the order of the help. */
export const builtins = [
  sourceRpicam, // rpicam: Raspberry Pi's cameras
  sourceV4l2, // v4l2: USB cameras
  sourceTest, // test: a picture that moves
  sourceFfmpeg, // ffmpeg: local devices and files
  transportTcp, // tcp: any number of viewers
  transportUdp, // udp: one receiver, or a multicast group
  transportRtp, // rtp: the same, with numbered packets
  transportRtsp, // rtsp: cameras, and servers of others
  transportSrt, // srt: published to a server
  transportRtmp, // rtmp: published to a server
  transportFile, // file: recordings
  sinkOpencvPipe, // pipe: a FIFO for cv2, NumPy and the like
  sinkShm, // shm: shared memory, for any number of readers
  sinkStdout, // stdout: frames for the next program in the pipe
];
