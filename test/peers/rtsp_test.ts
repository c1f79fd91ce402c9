import assert from "node:assert/strict";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { nalUnitsOf } from "../../agent/media/annexb.ts";
import { startsPicture } from "../../agent/media/h264.ts";
import type { RecvStatus } from "../../agent/recv/status.ts";
import { Agent } from "../e2e/agent.ts";
import { temporaryFolder } from "../e2e/folder.ts";
import { Frames } from "../e2e/frames.ts";
import { FINGERPRINT, LOCAL, TlsServer } from "../fakes/tls_server.ts";
import { until } from "../faults/deadline.ts";
import { livingProcesses } from "../faults/process_tree.ts";
import { test } from "../harness.ts";
import { Clip, FRAME_BYTES, ONE_SLICE } from "./clip.ts";
import { assertFramesOf } from "./film_frames.ts";
import { freeRtpPort } from "./rtp_port.ts";
import { GstRtspServer } from "./rtsp_server.ts";
import { vlc } from "./vlc.ts";

const [USER, PASSWORD] = ["user", "p@ss'word"];

/** Pictures that have to come: two seconds. */
const PICTURES = 60;

const DEADLINE_MS = 20_000;

/** How soon frames are back once the server is. */
const BACK_MS = 6500;

/** A film that begins with each who comes. */
function film(clip: Clip): string {
  return `filesrc location=${clip.loop()} ! qtdemux ! h264parse ! ` +
    "rtph264pay name=pay0 pt=96 config-interval=1";
}

const LIVE = "videotestsrc is-live=true pattern=ball ! " +
  "video/x-raw,format=I420,width=640,height=480,framerate=30/1";

const X264 = "x264enc tune=zerolatency speed-preset=ultrafast key-int-max=30";

const STREAMS: Record<string, string> = {
  h264: `${LIVE} ! ${X264} ! rtph264pay name=pay0 pt=96 config-interval=1`,
  hevc: `${LIVE} ! x265enc tune=zerolatency speed-preset=ultrafast ` +
    "key-int-max=30 ! rtph265pay name=pay0 pt=96 config-interval=1",
  mjpeg: `${LIVE} ! jpegenc ! rtpjpegpay name=pay0 pt=26`,
};

function receive(port: number, options = "", user = ""): Agent<RecvStatus> {
  const receiver = Agent.recv(
    `rtsp://${user}127.0.0.1:${port}/cam${options}`,
    "-",
  );
  receiver.stdout.resume();
  return receiver;
}

async function shows(
  receiver: Agent<RecvStatus>,
  frames = PICTURES,
): Promise<RecvStatus> {
  return await receiver.says(
    ({ sinks: [sink] }) => sink!.written >= frames,
    DEADLINE_MS,
  );
}

for (const [codec, launch] of Object.entries(STREAMS)) {
  for (const transport of ["tcp", "udp"]) {
    test(`camagent recv rtsp: shows the ${codec} of GStreamer over ${transport}`, async () => {
      await using server = await GstRtspServer.serve(launch);
      await using receiver = receive(server.port, `#transport=${transport}`);
      const { input } = await shows(receiver);
      assert.equal(input.codec, codec);
      assert.equal(input.size, "640x480");
    });
  }
}

test("camagent recv rtsp: shows every picture as FFmpeg decodes it", async () => {
  using folder = temporaryFolder();
  const clip = Clip.encode(folder.path, 2 * PICTURES, ...ONE_SLICE);
  await using server = await GstRtspServer.serve(film(clip));
  await using receiver = Agent.recv(`rtsp://127.0.0.1:${server.port}/cam`, "-");
  const frames = new Frames(receiver.stdout, FRAME_BYTES);
  const some = await frames.reach(PICTURES);
  assertFramesOf(clip.decode(), some, { gaps: true });
});

test("camagent recv rtsp: shows what VLC serves, which is over UDP alone", async () => {
  using folder = temporaryFolder();
  const film = Clip.encode(folder.path, 10 * PICTURES, ...ONE_SLICE).loop();
  const port = freeRtpPort();
  const out = `#rtp{sdp=rtsp://127.0.0.1:${port}/cam}`;
  await using _ = vlc(folder.path, [film, "--sout", out]);
  await using receiver = receive(port);
  const { input } = await shows(receiver);
  assert.deepEqual([input.codec, input.damaged], ["h264", 0]);
  await receiver.logs(/receives over udp/);
});

for (const method of ["basic", "digest"]) {
  test(`camagent recv rtsp: signs in (${method}), and nobody sees the password`, async () => {
    await using server = await GstRtspServer.serve(STREAMS["h264"]!, method);
    const user = `${USER}:${encodeURIComponent(PASSWORD)}@`;
    await using receiver = receive(server.port, "", user);
    await shows(receiver);
    const pids = receiver.children("ffmpeg");
    assert.ok(pids.length > 0);
    const secrets = [PASSWORD, encodeURIComponent(PASSWORD), "ss'word"];
    const seen = [
      ...livingProcesses().filter(({ pid }) => pids.includes(pid))
        .map(({ command }) => command.join(" ")),
      ...pids.map((pid) => readFileSync(`/proc/${pid}/environ`, "latin1")),
      ...receiver.log,
      JSON.stringify(receiver.status),
    ].join("\n");
    for (const secret of secrets) assert.ok(!seen.includes(secret), secret);
  });
}

test("camagent recv rtsp: ends at once with a wrong password", async () => {
  await using server = await GstRtspServer.serve(STREAMS["h264"]!, "digest");
  await using receiver = receive(server.port, "", `${USER}:wr0ng@`);
  assert.equal((await receiver.exit).code, 64);
  const log = receiver.log.join("\n");
  assert.match(log, /it wants another user or password/);
  assert.doesNotMatch(log, /wr0ng/);
});

test("camagent recv rtsp: says that a server has no video, and asks again", async () => {
  const sound = "audiotestsrc is-live=true ! alawenc ! rtppcmapay name=pay0";
  await using server = await GstRtspServer.serve(sound);
  await using receiver = receive(server.port);
  await receiver.logs(/offers no video/, DEADLINE_MS);
  await receiver.says(
    ({ input }) => input.supervisor.attempts > 1,
    DEADLINE_MS,
  );
});

test("camagent recv rtsp: is back soon after the server is", async () => {
  let server = await GstRtspServer.serve(STREAMS["h264"]!);
  const { port } = server;
  await using receiver = receive(port);
  await shows(receiver);
  await server[Symbol.asyncDispose]();
  await receiver.says(
    ({ input }) => input.supervisor.attempts > 0,
    DEADLINE_MS,
  );
  const before = receiver.status!.sinks[0]!.written;
  server = await GstRtspServer.serve(STREAMS["h264"]!, "none", port);
  await using _server = server;
  const since = performance.now();
  await shows(receiver, before + 1);
  const took = performance.now() - since;
  // deno-lint-ignore no-console
  console.log(`frames again ${took.toFixed(0)} ms after the server's return`);
  assert.ok(took <= BACK_MS, `${took} ms`);
});

for (const method of ["none", "basic", "digest"]) {
  test(`camagent send rtsp: publishes to GStreamer, password: ${method}`, async () => {
    using folder = temporaryFolder();
    const path = join(folder.path, "taken.h264");
    const launch = "rtph264depay name=depay0 ! h264parse ! " +
      "video/x-h264,stream-format=byte-stream,alignment=au ! " +
      `filesink buffer-mode=unbuffered location=${path}`;
    await using server = await GstRtspServer.serve(launch, method, 0, "record");
    const user = `${USER}:${encodeURIComponent(PASSWORD)}@`;
    await using sender = Agent.send(
      "test:",
      `rtsp://${user}127.0.0.1:${server.port}/cam?mode=publish`,
    );
    await sender.says(
      ({ outputs: [output] }) => output!.sent >= PICTURES,
      DEADLINE_MS,
    );
    sender.kill("SIGTERM");
    assert.equal((await sender.exit).code, 0);
    const units = [...nalUnitsOf(readFileSync(path))];
    const pictures = units.filter((unit) => startsPicture(unit));
    assert.ok(pictures.length >= PICTURES - 5, `${pictures.length}`);
    assert.ok(!sender.log.join("\n").includes(PASSWORD));
  });
}

test("camagent recv rtsps: shows what GStreamer sends, by its authority", async () => {
  using folder = temporaryFolder();
  const ca = join(folder.path, "ca.pem");
  writeFileSync(ca, LOCAL.cert);
  await using server = await GstRtspServer.serve(STREAMS["h264"]!, "digest");
  await using tls = await TlsServer.listen(LOCAL, server.port);
  const user = `${USER}:${encodeURIComponent(PASSWORD)}@`;
  const address = `rtsps://${user}127.0.0.1:${tls.port}/cam`;
  await using receiver = Agent.recv(`${address}#ca=${ca}`, "-");
  receiver.stdout.resume();
  const { input } = await shows(receiver);
  assert.equal(input.peer, `127.0.0.1:${tls.port}`);
  assert.ok(!receiver.log.join("\n").includes(PASSWORD));
});

test("camagent send rtsps: publishes to GStreamer, by its fingerprint", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "taken.h264");
  const launch = "rtph264depay name=depay0 ! h264parse ! " +
    `filesink buffer-mode=unbuffered location=${path}`;
  await using server = await GstRtspServer.serve(launch, "none", 0, "record");
  await using tls = await TlsServer.listen(LOCAL, server.port);
  const address = `rtsps://127.0.0.1:${tls.port}/cam?mode=publish`;
  await using sender = Agent.send(
    "test:",
    `${address}#fingerprint=${FINGERPRINT}`,
  );
  await sender.says(
    ({ outputs: [output] }) => output!.sent >= PICTURES,
    DEADLINE_MS,
  );
  await until(DEADLINE_MS, "recording", () => statSync(path).size > 50_000);
});
