import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import type { RecvStatus } from "../../agent/recv/status.ts";
import { clock } from "../../agent/runtime/clock.ts";
import type { SendStatus } from "../../agent/send/status.ts";
import { until } from "../faults/deadline.ts";
import { isAlive } from "../faults/process_tree.ts";
import { test } from "../harness.ts";
import {
  type RpicamEnv,
  RpicamMachine,
  type RpicamNote,
} from "../programs/rpicam.ts";
import { Agent } from "./agent.ts";
import { FifoFrames } from "./fifo_frames.ts";
import { temporaryFolder } from "./folder.ts";
import { receiveInto } from "./pipeline.ts";
import { isTestPicture } from "./test_picture.ts";

const [WIDTH, HEIGHT] = [640, 480];
const BYTES = WIDTH * HEIGHT * 3;

/** From the fault to frames again: killed, stalled, back after it was away. */
const [KILLED_MS, STALLED_MS, BACK_MS] = [1500, 4000, 6500];

/** A camera that stays away: shares of a core, over so many seconds. */
const AWAY = { seconds: 20, agent: 0.01, children: 0.05, starts: 10 };

/** From the start to the end where there is no camera. */
const NO_CAMERA_MS = 1000;

const PLATFORMS: Record<string, [env: RpicamEnv, name: string]> = {
  "VC4": [{ RPICAM_MODEL: "vc4" }, "rpicam-vid"],
  "PISP": [{ RPICAM_MODEL: "pisp" }, "rpicam-vid"],
  "PISP Lite": [{ RPICAM_MODEL: "pisp", RPICAM_LITE: "1" }, "rpicam-vid"],
  "VC4 of early Bookworm": [{ RPICAM_VERSION: "1.4.0" }, "rpicam-vid"],
  "VC4 with libcamera's old names": [
    { RPICAM_VERSION: "1.0.2" },
    "libcamera-vid",
  ],
};

/** A camera whose pictures come out of a FIFO. */
interface Watched extends AsyncDisposable {
  sender: Agent<SendStatus>;
  receiver: Agent<RecvStatus>;
  reader: FifoFrames;
}

async function watch(
  machine: RpicamMachine,
  source: string,
): Promise<Watched> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(temporaryFolder());
  const args = ["send", source, "tcp://127.0.0.1:0", "--json=stderr"];
  const { env } = machine;
  const sender = stack.use(Agent.start<SendStatus>(args, { env }));
  const path = join(folder.path, "frames");
  const input = `tcp://127.0.0.1:${await sender.port()}`;
  const receiver = stack.use(await receiveInto(path, input));
  const reader = stack.use(new FifoFrames(path, BYTES));
  const all = stack.move();
  const dispose = () => all.disposeAsync();
  return { sender, receiver, reader, [Symbol.asyncDispose]: dispose };
}

/** The camera's process that was started last. */
function cameraOf(machine: RpicamMachine): number {
  return machine.notes().findLast(({ pid }) => pid !== undefined)!.pid!;
}

/** What the camera's latest process has noted of its frames. */
function latestFrames(machine: RpicamMachine): RpicamNote[] {
  const notes = machine.notes();
  return notes.slice(notes.findLastIndex(({ pid }) => pid !== undefined) + 1);
}

/**
 * Waits for the first frame of another process than the camera's. A receiver
 * that connects anew meanwhile is shown old ones.
 *
 * @returns Milliseconds from the fault to it.
 */
async function back(
  machine: RpicamMachine,
  { reader: { frames } }: Watched,
  camera: number,
  since: number,
): Promise<number> {
  const first = await until(15_000, "first picture", () => {
    const isOther = cameraOf(machine) !== camera;
    return isOther ? latestFrames(machine)[0] : undefined;
  });
  const frame = await until(
    5000,
    "frame of it",
    () => frames.all.find(({ at }) => at >= first.writtenAt!),
  );
  return frame.at - since;
}

for (const [platform, [env, name]] of Object.entries(PLATFORMS)) {
  test(`camagent shows the camera of a Raspberry Pi: ${platform}`, async () => {
    using machine = new RpicamMachine(env, [name]);
    await using watched = await watch(machine, "auto:");
    const { reader, receiver, sender } = watched;
    const frames = await reader.frames.reach(20);
    for (const { data } of frames) {
      assert.ok(isTestPicture(data, WIDTH, HEIGHT));
    }
    await sender.logs(/auto: takes rpicam:0 \(imx708\)/);
    await sender.logs(/(rpicam-vid|FFmpeg) encodes 640x480 at 30 pictures/);
    assert.equal(receiver.status?.input.damaged, 0);
    const camera = cameraOf(machine);
    sender.kill("SIGTERM");
    assert.deepEqual(await sender.exit, { code: 0, signal: null });
    await until(2000, "end of the camera", () => !isAlive(camera));
  });
}

test("camagent brings a Raspberry Pi's camera back, and says what it was", async () => {
  using folder = temporaryFolder();
  const scenario = join(folder.path, "scenario");
  const play = (text: string) => writeFileSync(scenario, text);
  play("normal");
  using machine = new RpicamMachine({ RPICAM_SCENARIO: scenario });
  await using watched = await watch(machine, "rpicam:");
  const { sender, reader } = watched;
  await reader.frames.reach(30);
  const times: Record<string, number> = {};

  for (const signal of ["SIGKILL", "SIGSTOP"] as const) {
    const camera = cameraOf(machine);
    const since = clock.now();
    process.kill(camera, signal);
    times[signal] = await back(machine, watched, camera, since);
    assert.equal(isAlive(camera), false);
  }
  await sender.logs(/rpicam-vid was killed by SIGKILL/);
  await sender.logs(/stalled/);

  // The sensor stops after a while, and the next start finds it well again.
  play("stall-after=40");
  let camera = cameraOf(machine);
  process.kill(camera, "SIGKILL");
  await back(machine, watched, camera, clock.now());
  camera = cameraOf(machine);
  play("normal");
  const last = await until(
    5000,
    "last picture",
    () => latestFrames(machine).find(({ frame }) => frame === 39),
  );
  times.stalled = await back(machine, watched, camera, last.writtenAt!);
  await sender.logs(
    /the camera does not deliver: check both ends of its cable/,
  );
  assert.equal(isAlive(camera), false);

  const away: [scenario: string, says: RegExp][] = [
    ["busy", / is in use by another program/],
    ["no-camera", /rpicam-vid finds no camera; check its cable/],
  ];
  for (const [name, says] of away) {
    play(name);
    const camera = cameraOf(machine);
    process.kill(camera, "SIGKILL");
    await sender.logs(says);
    play("normal");
    times[name] = await back(machine, watched, camera, clock.now());
  }
  // deno-lint-ignore no-console
  console.log("back after", JSON.stringify(times));
  const { SIGKILL, SIGSTOP, stalled, busy } = times;
  assert.ok(SIGKILL! <= KILLED_MS, `killed: ${SIGKILL} ms`);
  assert.ok(SIGSTOP! <= STALLED_MS, `frozen: ${SIGSTOP} ms`);
  assert.ok(stalled! <= STALLED_MS, `stalled: ${stalled} ms`);
  assert.ok(Math.max(busy!, times["no-camera"]!) <= BACK_MS);
});

test("camagent costs next to nothing while a camera stays away", async () => {
  using machine = new RpicamMachine({ RPICAM_SCENARIO: "busy" });
  const args = ["send", "rpicam:", "tcp://127.0.0.1:0"];
  const { env } = machine;
  await using sender = Agent.start<SendStatus>(args, { env });
  await until(15_000, "first starts", () => machine.starts().length >= 5);
  const from = { at: clock.now(), ...cpuOf(sender.pid) };
  const starts = machine.starts().length;
  const ms = 1000 * AWAY.seconds;
  await until(2 * ms, "end", () => clock.now() - from.at >= ms);
  const to = { at: clock.now(), ...cpuOf(sender.pid) };
  const share = (part: "own" | "children") =>
    1000 * (to[part] - from[part]) / (to.at - from.at);
  const started = machine.starts().length - starts;
  // deno-lint-ignore no-console
  console.log(
    `away: agent ${(100 * share("own")).toFixed(2)} % of a core, children ` +
      `${(100 * share("children")).toFixed(2)} %, ${started} starts`,
  );
  assert.ok(share("own") <= AWAY.agent, `agent ${share("own")}`);
  // On a busy machine a start of the stand-in costs more, whoever starts it.
  const reference = 1.3 * started * startCost(machine) / AWAY.seconds;
  const limit = Math.max(AWAY.children, reference);
  assert.ok(share("children") <= limit, `children ${share("children")}`);
  assert.ok(started <= AWAY.starts, `${started} starts`);
});

/** Seconds of processor time that a start of the camera's program takes. */
function startCost(machine: RpicamMachine): number {
  const before = cpuOf(process.pid).children;
  const options = { env: { ...process.env, ...machine.env } };
  const rounds = 3;
  for (let round = 0; round < rounds; round++) {
    const args = ["--timeout", "0", "--output", "-"];
    const { status } = spawnSync(machine.file("rpicam-vid"), args, options);
    assert.equal(status, 255);
  }
  return (cpuOf(process.pid).children - before) / rounds;
}

/** Seconds of processor time, of a process and of its children that ended. */
function cpuOf(pid: number): { own: number; children: number } {
  const text = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ").map(Number);
  // proc(5): utime, stime, cutime, cstime are 14 to 17; ticks of 10 ms.
  const [utime, stime, cutime, cstime] = fields.slice(11, 15);
  return { own: (utime! + stime!) / 100, children: (cutime! + cstime!) / 100 };
}

test("camagent send says what to do where there is no camera", async () => {
  const times: number[] = [];
  for (let round = 0; round < 3; round++) {
    const since = clock.now();
    await using agent = Agent.start<SendStatus>(["send"]);
    assert.deepEqual(await agent.exit, { code: 66, signal: null });
    times.push(clock.now() - since);
    const lines = await until(
      1000,
      "a line",
      () => agent.log.length > 0 && agent.log,
    );
    assert.equal(lines.length, 1, lines.join("\n"));
    assert.match(lines[0]!, /^camagent: Cannot find a camera: /);
    assert.match(lines[0]!, /"camagent doctor".*"camagent send test:"$/);
  }
  assert.ok(Math.min(...times) <= NO_CAMERA_MS, `${times} ms`);
});
