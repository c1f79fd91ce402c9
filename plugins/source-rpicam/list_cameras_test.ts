import assert from "node:assert/strict";
import { declare } from "../../test/contract/declaration.ts";
import { FakeRuntime } from "../../test/fakes/runtime.ts";
import { test } from "../../test/harness.ts";
import { listing } from "../../test/programs/rpicam/listing.ts";
import { playOf } from "../../test/programs/rpicam/scenario.ts";
import * as sourceRpicam from "./mod.ts";

const { signal } = new AbortController();

/** A machine whose rpicam-vid finds these cameras. */
function machine(cameras: string): FakeRuntime {
  const runtime = new FakeRuntime();
  const text = listing(playOf({ RPICAM_CAMERAS: cameras }));
  runtime.processes.programs.set("rpicam-vid", (child) => {
    assert.deepEqual(child.args, ["--list-cameras"]);
    child.stdout(new TextEncoder().encode(text));
    child.exit(0);
  });
  return runtime;
}

function list(runtime: FakeRuntime) {
  const plugin = declare(sourceRpicam, "source");
  return plugin.listCameras!({ runtime, signal });
}

test("source-rpicam lists the cameras that rpicam-vid finds", async () => {
  const [first, second, ...rest] = await list(machine("imx708,imx219"));
  assert.deepEqual(rest, []);
  assert.deepEqual({ ...first, modes: first!.modes.length }, {
    address: "rpicam:0",
    model: "imx708",
    id: "/base/soc/i2c0mux/i2c@1/imx708@1a",
    modes: 3,
    busy: false,
    users: [],
  });
  assert.equal(second!.address, "rpicam:1");
});

test("source-rpicam lists no cameras where there are none", async () => {
  assert.deepEqual(await list(machine("")), []);
  assert.deepEqual(await list(new FakeRuntime()), []);
});

test("source-rpicam asks no camera that streams", async () => {
  const runtime = machine("imx708");
  const users = [{ pid: 7, name: "rpicam-hello" }];
  runtime.users.set("/dev/media3", users);
  const [camera, ...rest] = await list(runtime);
  assert.deepEqual(rest, []);
  assert.deepEqual([camera!.address, camera!.busy], ["rpicam:0", true]);
  assert.deepEqual(camera!.users, users);
  assert.deepEqual(runtime.processes.started, []);
});
