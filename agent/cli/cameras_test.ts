import assert from "node:assert/strict";
import { fakePlugins, FakeProgram } from "../../test/fakes/cli.ts";
import { test } from "../../test/harness.ts";
import type { PluginHost } from "../plugin/host.ts";
import type { Camera } from "../plugin/source.ts";

const WEBCAM: Camera = {
  address: "v4l2:/dev/v4l/by-id/usb-it's",
  model: "HD \x1b[2JWebcam",
  id: "usb-1",
  modes: [
    { format: "MJPG", size: { width: 1280, height: 720 }, fps: [30, 15] },
    { format: "YUYV", size: { width: 1280, height: 720 }, fps: [10] },
    { format: "YUYV", size: { width: 640, height: 480 }, fps: [29.97] },
    { format: "YUYV", size: { width: 320, height: 240 }, fps: [] },
    { format: "YUYV", size: { width: 160, height: 120 }, fps: [30] },
    { format: "YUYV", size: { width: 80, height: 60 }, fps: [30] },
  ],
  busy: false,
  users: [],
};

const BUSY: Camera = {
  address: "rpicam:0",
  model: "imx708",
  id: "/base/i2c@1/imx708@1a",
  modes: [],
  busy: true,
  users: [{ pid: 4711, name: "rpicam-vid" }],
};

/** A machine with these cameras. */
function withCameras(...cameras: Camera[]): FakeProgram {
  const source = {
    apiVersion: 1,
    default: ({ z, defineSource }: PluginHost) =>
      defineSource({
        name: "source-cameras",
        schemes: ["rpicam", "v4l2"],
        description: "made up",
        options: z.strictObject({}),
        listCameras: () => Promise.resolve(cameras),
        run: () => Promise.resolve(),
      }),
  };
  return new FakeProgram({ builtins: [source, ...fakePlugins] });
}

test("camagent cameras lists what there is, and how to select it", async () => {
  const { code, stdout, stderr } = await withCameras(BUSY, WEBCAM)
    .run("cameras");
  const rows = stdout.trimEnd().split("\n").map((line) => line.split(/ {2,}/));
  assert.deepEqual([code, stderr], [0, ""]);
  assert.deepEqual(rows, [
    ["ADDRESS", "MODEL", "STATE", "MODES"],
    ["rpicam:0", "imx708", "busy: rpicam-vid 4711"],
    [
      "'v4l2:/dev/v4l/by-id/usb-it'\\''s'",
      "HD Webcam",
      "free",
      "1280x720@30 640x480@30 320x240 160x120@30 and 1 more",
    ],
  ]);
});

test("camagent cameras --json describes one camera per line", async () => {
  const { stdout } = await withCameras(BUSY, WEBCAM).run("cameras", "--json");
  const lines = stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual(lines[0], { schema: 1, type: "camera", ...BUSY });
  assert.equal(lines[1].modes.length, 6);
});

test("camagent cameras says so where there is none", async () => {
  const { code, stdout, stderr } = await withCameras().run("cameras");
  assert.deepEqual([code, stdout], [0, ""]);
  assert.equal(
    stderr,
    'There is no camera; "camagent doctor" says what may be wrong\n',
  );
  const { stdout: json } = await withCameras().run("cameras", "--json");
  assert.equal(json, "");
});

test("camagent send takes the first camera that is free", async () => {
  const { pipeline, stderr } = await withCameras(BUSY, WEBCAM)
    .run("send", "--fps", "15");
  assert.ok(pipeline && "source" in pipeline);
  const { source: { address, plugin } } = pipeline;
  assert.equal(plugin.name, "source-cameras");
  assert.equal(address.path, "/dev/v4l/by-id/usb-it's");
  assert.deepEqual(address.query, { fps: "15" });
  assert.match(stderr, /auto: takes v4l2:\S+ \(HD Webcam\)/);
});

test("camagent send takes a camera that is in use, if it is the only one", async () => {
  const { pipeline } = await withCameras(BUSY).run("send");
  assert.ok(pipeline && "source" in pipeline);
  assert.equal(pipeline.source.address.redacted, "rpicam:0");
});

test("camagent send says what to do where there is no camera", async () => {
  const { code, stderr } = await withCameras().run("send");
  assert.equal(code, 66);
  assert.match(
    stderr,
    /^camagent: Cannot find a camera: [^\n]*"camagent doctor"[^\n]*"camagent send test:"\n$/,
  );
});
