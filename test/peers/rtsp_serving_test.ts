import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { SendStatus } from "../../agent/send/status.ts";
import { Agent } from "../e2e/agent.ts";
import { temporaryFolder } from "../e2e/folder.ts";
import { Frames } from "../e2e/frames.ts";
import { LOCAL } from "../fakes/tls_server.ts";
import { test } from "../harness.ts";
import { Clip, FRAME_BYTES, SLICED } from "./clip.ts";
import { assertFramesOf } from "./film_frames.ts";
import { QUEUE } from "./gstreamer.ts";
import { Program, pythonWith } from "./program.ts";
import { freeRtpPort } from "./rtp_port.ts";
import { groupFor } from "./udp_port.ts";

/** Frames of the film, and those that have to come. */
const [FRAMES, PICTURES] = [90, 60];

const DEADLINE_MS = 20_000;

const [USER, PASSWORD] = ["user", "p@ss'word"];

/** What a player is told. */
interface Served {
  readonly url: string;
  readonly transport: string;
}

/** FFmpeg as a player. */
function ffmpegPlays({ url, transport }: Served): Program {
  return new Program(
    [
      ...["ffmpeg", "-v", "error", "-rtsp_transport", transport, "-i", url],
      ...["-fps_mode", "passthrough", "-pix_fmt", "rgb24"],
      ...["-f", "rawvideo", "pipe:1"],
    ],
    {},
    "bytes",
  );
}

/** GStreamer as a player. */
function gstreamerPlays({ url, transport }: Served): Program {
  return new Program(
    [
      ...["gst-launch-1.0", "-q", "rtspsrc", `location=${url}`, "latency=200"],
      `protocols=${transport}`,
      "multicast-iface=lo",
      ...["tls-validation-flags=0", "!", ...QUEUE, "!", "rtph264depay", "!"],
      ...["h264parse", "!", "avdec_h264", "!", "videoconvert", "!"],
      ...["video/x-raw,format=RGB", "!", "fdsink", "sync=false"],
    ],
    {},
    "bytes",
  );
}

/** OpenCV as a player. */
function openCvPlays({ url, transport }: Served): Program {
  const program = [
    "import cv2, sys",
    "capture = cv2.VideoCapture(sys.argv[1], cv2.CAP_FFMPEG)",
    "while True:",
    "    ok, frame = capture.read()",
    "    if not ok: break",
    "    sys.stdout.buffer.write(frame[:, :, ::-1].tobytes())",
  ].join("\n");
  const options = `rtsp_transport;${transport}`;
  return new Program(
    [pythonWith("cv2"), "-c", program, url],
    { OPENCV_FFMPEG_CAPTURE_OPTIONS: options },
    "bytes",
  );
}

const PLAYERS: Record<string, (served: Served) => Program> = {
  "FFmpeg": ffmpegPlays,
  "GStreamer": gstreamerPlays,
  "OpenCV": openCvPlays,
};

async function assertPlays(
  plays: (served: Served) => Program,
  transport: string,
  { options = "", user = "", scheme = "rtsp" }: {
    readonly options?: string;
    readonly user?: string;
    readonly scheme?: string;
  } = {},
): Promise<void> {
  using folder = temporaryFolder();
  const clip = Clip.encode(folder.path, FRAMES, ...SLICED);
  await using sender = Agent.send(
    `file:${clip.loop()}?loop=true`,
    `${scheme}://127.0.0.1:0/cam${options}`,
  );
  const port = await portOf(sender);
  const url = `${scheme}://${user}127.0.0.1:${port}/cam`;
  await using player = plays({ url, transport });
  const frames = new Frames(player.stdout, FRAME_BYTES);
  await frames.reach(PICTURES, DEADLINE_MS);
  frames.all.splice(PICTURES);
  assertFramesOf(clip.decode(), frames.all, { loop: true });
}

async function portOf(sender: Agent<SendStatus>): Promise<number> {
  const { outputs: [output] } = await sender.says(
    ({ outputs: [output] }) => output?.port !== undefined,
    DEADLINE_MS,
  );
  return output!.port!;
}

for (const [name, plays] of Object.entries(PLAYERS)) {
  for (const transport of ["tcp", "udp"]) {
    test(`${name} plays what camagent serves by RTSP over ${transport}`, async () => {
      await assertPlays(plays, transport);
    });
  }

  test(`${name} plays what camagent serves with a password`, async () => {
    using folder = temporaryFolder();
    const path = join(folder.path, "password");
    writeFileSync(path, `${PASSWORD}\n`);
    await assertPlays(plays, "tcp", {
      options: `#user=${USER}&passwordFile=${path}`,
      user: `${USER}:${encodeURIComponent(PASSWORD)}@`,
    });
  });
}

for (const name of ["FFmpeg", "GStreamer"]) {
  const plays = PLAYERS[name]!;
  test(`${name} plays what camagent serves in TLS`, async () => {
    using folder = temporaryFolder();
    const [cert, key] = ["cert.pem", "key.pem"].map((it) =>
      join(folder.path, it)
    );
    writeFileSync(cert!, LOCAL.cert);
    writeFileSync(key!, LOCAL.key);
    const options = `#cert=${cert}&key=${key}`;
    await assertPlays(plays, "tcp", { scheme: "rtsps", options });
  });
}

test("GStreamer plays what camagent serves to a group", async () => {
  const port = freeRtpPort();
  const group = groupFor(port);
  await assertPlays(gstreamerPlays, "udp-mcast", {
    options: `#multicast=${group}:${port}&interface=lo`,
  });
});

const REFUSED: Record<string, (url: string) => readonly string[]> = {
  "FFmpeg": (url) => ["ffmpeg", "-v", "error", "-i", url, "-f", "null", "-"],
  "GStreamer": (url) => [
    ...["gst-launch-1.0", "rtspsrc", `location=${url}`, "!", "fakesink"],
  ],
  "OpenCV": (url) => [
    ...[pythonWith("cv2"), "-c"],
    "import cv2, sys; sys.exit(not cv2.VideoCapture(sys.argv[1]).isOpened())",
    url,
  ],
};

for (const [name, command] of Object.entries(REFUSED)) {
  test(`camagent refuses ${name} with a wrong password, and says so`, async () => {
    using folder = temporaryFolder();
    const path = join(folder.path, "password");
    writeFileSync(path, PASSWORD);
    await using sender = Agent.send(
      "test:",
      `rtsp://127.0.0.1:0/cam#user=${USER}&passwordFile=${path}`,
    );
    const port = await portOf(sender);
    const url = `rtsp://${USER}:wr0ng@127.0.0.1:${port}/cam`;
    await using player = new Program(command(url));
    assert.notEqual(await player.end(), "0");
    await sender.logs(/refused 127\.0\.0\.1:\d+: \w+: wrong user or password/);
    const log = sender.log.join("\n");
    assert.ok(!/wr0ng/.test(log) && !log.includes(PASSWORD));
    assert.deepEqual(sender.status!.outputs[0]!.viewers, []);
  });
}

for (const transport of ["tcp", "udp"]) {
  test(`camagent send rtsp: goes on for GStreamer after a pause, over ${transport}`, async () => {
    await using sender = Agent.send("test:", "rtsp://127.0.0.1:0/cam");
    const url = `rtsp://127.0.0.1:${await sender.port()}/cam`;
    const player = join(import.meta.dirname!, "rtsp_pause.py");
    await using program = new Program([
      ...[pythonWith("gi"), player, url, transport],
    ]);
    await program.says(/^(done|ended)/);
    assert.deepEqual(program.lines, ["paused", "done"]);
    await sender.logs(/watches no more/);
  });
}
