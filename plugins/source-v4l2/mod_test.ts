import assert from "node:assert/strict";
import { ProcessError } from "../../agent/errors.ts";
import type { EncoderJob, SourcePlugin, VideoDevice } from "../../mod.ts";
import { declare } from "../../test/contract/declaration.ts";
import { testSource } from "../../test/contract/source_contract.ts";
import { contextOf } from "../../test/contract/source_usage.ts";
import { ffmpeg } from "../../test/fakes/ffmpeg.ts";
import { FakeRuntime } from "../../test/fakes/runtime.ts";
import { test } from "../../test/harness.ts";
import * as sourceV4l2 from "./mod.ts";

const LINK = "/dev/v4l/by-id/usb-046d_HD_Pro_Webcam_C920-video-index0";

const WEBCAM: VideoDevice = {
  path: "/dev/video0",
  links: [LINK],
  name: "HD Pro Webcam C920",
  driver: "uvcvideo",
  bus: "usb-xhci-hcd.1-1",
  busy: false,
  formats: [{
    fourcc: "YUYV",
    modes: [{ width: 640, height: 480, fps: [30, 15] }],
  }],
};

/** A second one, of a name that nobody should write into a shell. */
const ODD: VideoDevice = {
  ...WEBCAM,
  path: "/dev/video2",
  links: [],
  name: "Kämera $(reboot); 'x'",
  bus: "usb-xhci-hcd.1-2",
};

function machine(...devices: VideoDevice[]): FakeRuntime {
  const runtime = new FakeRuntime();
  runtime.videoDevices.push(...devices);
  runtime.processes.programs.set("ffmpeg", ffmpeg);
  return runtime;
}

testSource(sourceV4l2, () => {
  const runtime = machine(WEBCAM);
  return {
    address: "v4l2:",
    runtime,
    break: () => {
      for (const child of runtime.processes.running) child.exit(1);
    },
  };
}, [{
  reason: "a camera has no end",
  tests: ["resolves at the end of its input"],
}]);

/** Runs a source whose FFmpeg ends as `encode` says. */
async function run(
  address: string,
  runtime: FakeRuntime,
  encode: (job: EncoderJob) => Promise<void> = () => Promise.resolve(),
  plugin: SourcePlugin = declare(sourceV4l2, "source"),
) {
  const { signal } = new AbortController();
  const infos: string[] = [];
  let job: EncoderJob | undefined;
  const error = await plugin.run(() => {}, {
    ...contextOf(plugin, address, runtime, signal),
    log: { info: (line) => void infos.push(line), warn() {} },
    encode(asked) {
      job = asked;
      return encode(asked);
    },
  }).catch((error) => error);
  return { job, error, infos };
}

for (
  const [address, path] of Object.entries({
    "v4l2:": "/dev/video0",
    "v4l2:/dev/video2": "/dev/video2",
    [`v4l2:${LINK}`]: "/dev/video0",
    "v4l2:c920": "/dev/video0",
    "v4l2:k%C3%A4mera": "/dev/video2",
    "v4l2:HD Pro Webcam C920": "/dev/video0",
  })
) {
  test(`source-v4l2 finds ${address}`, async () => {
    const { job, infos } = await run(address, machine(WEBCAM, ODD));
    assert.deepEqual(job!.input, [
      ...["-probesize", "32", "-analyzeduration", "0"],
      ...["-f", "v4l2", "-input_format", "yuyv422"],
      ...["-video_size", "640x480", "-framerate", "30", "-i", path],
    ]);
    assert.deepEqual([job!.copy, job!.time], [false, "monotonic"]);
    assert.match(infos[0]!, /delivers YUYV 640x480 at 30 pictures a second$/);
  });
}

const REFUSALS: [address: string, name: string, message: RegExp][] = [
  [
    "v4l2:/dev/video9",
    "ConfigError",
    /^Cannot open "v4l2:\/dev\/video9": no such camera; there is v4l2:\/dev\/v4l\/by-id\/\S+, v4l2:\/dev\/video2$/,
  ],
  ["v4l2:nothing", "ConfigError", /no such camera; there is v4l2:/],
  ["v4l2://pi/video0", "ConfigError", /: it names a host$/],
  [
    "v4l2:?size=9x9",
    "ConfigError",
    /: option "size" is "9x9", expected a size such as/,
  ],
  [
    "v4l2:?size=640x400",
    "ConfigError",
    /: it has no 640x400, the nearest is 640x480$/,
  ],
  ["v4l2:?format=MJPG", "ConfigError", /: it has no format MJPG; it has YUYV$/],
  ["v4l2:?format=x;y", "ConfigError", /expected such as YUYV$/],
];

for (const [address, name, message] of REFUSALS) {
  test(`source-v4l2 refuses ${address}`, async () => {
    const attempt = async () => await run(address, machine(WEBCAM, ODD));
    const error = await attempt().then(({ error }) => error, (error) => error);
    assert.equal(error.name, name);
    assert.match(error.message, message);
  });
}

test("source-v4l2 says so where there is no camera", async () => {
  const { error } = await run("v4l2:", machine());
  assert.equal(
    error.message,
    'Cannot open "v4l2:": no such camera; there is no USB camera',
  );
  assert.equal(error.exitCode, 66);
});

for (const address of ["v4l2:", "v4l2:/dev/video0"]) {
  test(`source-v4l2 says so where it may not open ${address}`, async () => {
    const runtime = machine();
    runtime.files.paths.set("/dev/video0", { kind: "device", locked: true });
    const { error } = await run(address, runtime);
    assert.deepEqual([error.name, error.exitCode], ["ConfigError", 77]);
    assert.match(error.message, /\/dev\/video0": no permission$/);
  });
}

test("source-v4l2 names who has the camera, and waits", async () => {
  const runtime = machine({ ...WEBCAM, busy: true });
  runtime.users.set("/dev/video0", [{ pid: 4711, name: "cheese" }]);
  const { error, job } = await run("v4l2:", runtime);
  assert.equal(error.failure, "refused");
  assert.equal(error.message, '"v4l2:" is in use by cheese (4711)');
  assert.equal(job, undefined);
});

test("source-v4l2 finds a camera again that was unplugged", async () => {
  const runtime = machine(WEBCAM, ODD);
  const plugin = declare(sourceV4l2, "source");
  const address = "v4l2:/dev/video0";
  const gone = await run(address, runtime, () => {
    runtime.videoDevices.shift();
    const options = { command: ["ffmpeg"], reason: "exited" } as const;
    return Promise.reject(new ProcessError("ffmpeg exited with 1", options));
  }, plugin);
  assert.equal(gone.error.name, "StreamError");
  const unplugged = "HD Pro Webcam C920 (/dev/video0) is unplugged";
  assert.equal(gone.error.message, unplugged);
  const away = await run(address, runtime, undefined, plugin);
  assert.equal(away.error.message, unplugged);
  assert.equal(away.error.failure, "lost");
  runtime.videoDevices.push({ ...WEBCAM, path: "/dev/video3" });
  const back = await run(address, runtime, undefined, plugin);
  assert.equal(back.job!.input.at(-1), "/dev/video3");
  assert.equal(
    back.infos[0],
    "HD Pro Webcam C920 (/dev/video3) is /dev/video3 now",
  );
});

test("source-v4l2 knows a camera without a link by where it is", async () => {
  const runtime = machine(ODD);
  const plugin = declare(sourceV4l2, "source");
  await run("v4l2:/dev/video2", runtime, undefined, plugin);
  runtime.videoDevices[0] = { ...ODD, path: "/dev/video0" };
  const { job } = await run("v4l2:/dev/video2", runtime, undefined, plugin);
  assert.equal(job!.input.at(-1), "/dev/video0");
});

test("source-v4l2 notices the unplugging that FFmpeg takes for an end", async () => {
  const runtime = machine(WEBCAM);
  const { error } = await run("v4l2:", runtime, () => {
    runtime.videoDevices.shift();
    return Promise.resolve();
  });
  assert.equal(
    error.message,
    "HD Pro Webcam C920 (/dev/video0) is unplugged",
  );
});

test("source-v4l2 passes on what FFmpeg complains of", async () => {
  const options = { command: ["ffmpeg"], reason: "exited" } as const;
  const broken = new ProcessError("ffmpeg exited with 1", options);
  const { error } = await run(
    "v4l2:",
    machine(WEBCAM),
    () => Promise.reject(broken),
  );
  assert.equal(error, broken);
});

test("source-v4l2 takes the end of a camera for a failure", async () => {
  const { error } = await run("v4l2:", machine(WEBCAM));
  assert.deepEqual([error.failure, error.message], ["ended", '"v4l2:" ended']);
});

test("source-v4l2 lists cameras by addresses that a shell leaves alone", async () => {
  const runtime = machine(WEBCAM, { ...ODD, busy: true });
  runtime.users.set("/dev/video2", [{ pid: 5, name: "obs" }]);
  const { signal } = new AbortController();
  const plugin = declare(sourceV4l2, "source");
  const [first, second] = await plugin.listCameras!({ runtime, signal });
  assert.equal(first!.address, `v4l2:${LINK}`);
  assert.deepEqual(first!.modes, [{
    format: "YUYV",
    size: { width: 640, height: 480 },
    fps: [30, 15],
  }]);
  assert.deepEqual([second!.address, second!.busy], ["v4l2:/dev/video2", true]);
  assert.deepEqual(second!.users, [{ pid: 5, name: "obs" }]);
});
