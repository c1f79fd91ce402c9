import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { until } from "../faults/deadline.ts";
import { test } from "../harness.ts";
import { freshName } from "../shm/name.ts";
import { Agent, camagent } from "./agent.ts";
import { temporaryFolder } from "./folder.ts";
import { isTestPicture } from "./test_picture.ts";

/** A sender, a receiver, and what it shows. */
async function shown(pixelFormat: string) {
  const stack = new AsyncDisposableStack();
  const { name } = stack.use(freshName());
  const address = `shm:${name}`;
  const sender = stack.use(Agent.send("test:", "tcp://127.0.0.1:0"));
  const input = `tcp://127.0.0.1:${await sender.port()}`;
  const sink = `${address}?pixelFormat=${pixelFormat}`;
  const receiver = stack.use(Agent.recv(input, sink));
  return {
    address,
    receiver,
    [Symbol.asyncDispose]: () => stack[Symbol.asyncDispose](),
  };
}

/** What a command prints, as it comes. */
function outputOf(agent: Agent<unknown>) {
  const lines: string[] = [];
  let rest = "";
  agent.stdout.on("data", (chunk) => {
    const parts = (rest + String(chunk)).split("\n");
    rest = parts.pop()!;
    lines.push(...parts);
  });
  return lines;
}

for (const pixelFormat of ["rgb24", "bgr24", "yuv420p", "nv12"]) {
  test(`camagent watch --png makes a file of ${pixelFormat}`, async () => {
    using folder = temporaryFolder();
    const path = join(folder.path, "frame.png");
    await using camera = await shown(pixelFormat);
    await using watch = Agent.start(["watch", camera.address, "--png", path]);
    assert.deepEqual(await watch.exit, { code: 0, signal: null });
    const words = ["-v", "error", "-i", path, "-f", "rawvideo"];
    const { stdout, stderr } = spawnSync(
      "ffmpeg",
      [...words, "-pix_fmt", "rgb24", "-"],
      { maxBuffer: 1e7 },
    );
    assert.equal(String(stderr), "");
    assert.ok(isTestPicture(stdout, 640, 480));
  });
}

test("camagent watch tells rate, age and the writer's state", async () => {
  await using camera = await shown("rgb24");
  await using watch = Agent.start(["watch", camera.address, "--json"]);
  const lines = outputOf(watch);
  const says = (wanted: (status: Record<string, unknown>) => boolean) =>
    until(10_000, "status", () => lines.map(parse).findLast(wanted));
  const parse = (line: string) => JSON.parse(line);
  const status = await says(({ state, fps }) =>
    state === "live" && Number(fps) > 25
  );
  assert.equal(status!.size, "640x480");
  assert.equal(status!.address, camera.address);
  const { since, p50 } = status!.age as { since: string; p50: number };
  assert.ok(since === "capture" && p50 > 0 && p50 < 500);
  camera.receiver.kill("SIGKILL");
  await says(({ state }) => state === "stale");
  watch.kill("SIGTERM");
  assert.equal((await watch.exit).code, 0);
});

test("camagent watch prints a line a second where there is no screen", async () => {
  await using camera = await shown("gray");
  await using watch = Agent.start(["watch", camera.address]);
  const lines = outputOf(watch);
  await until(
    10_000,
    "line",
    () =>
      lines.some((line) =>
        /^shm:\S+ {2}live {2}640x480 gray {2}\d+\.\d fps {2}age p50 /.test(line)
      ),
  );
});

test("camagent watch draws the picture on a screen", async () => {
  await using camera = await shown("rgb24");
  const command = [...camagent(), "watch", camera.address].join(" ");
  const screen = spawn("script", ["-qefc", command, "/dev/null"], {
    stdio: ["ignore", "pipe", "ignore"],
    env: { ...process.env, TERM: "xterm", NO_COLOR: "", FORCE_COLOR: "1" },
  });
  let text = "";
  screen.stdout.on("data", (chunk) => text += String(chunk));
  const gone = new Promise((resolve) => screen.on("close", resolve));
  try {
    // Colours of the bars, two pixels in a character, drawn over and over.
    await until(10_000, "pictures", () => {
      const frames = text.split("\x1b[J").filter((frame) => /fps/.test(frame));
      return frames.filter((frame) => frame.split("\u2580").length > 1000)
        .length >= 5;
    });
    assert.match(text, /\[38;2;2[45]\d;\d;\d;/);
  } finally {
    process.kill(screen.pid!, "SIGTERM");
    await gone;
  }
});

test("camagent watch refuses what it cannot watch, in a line", async () => {
  using fresh = freshName();
  const none = `shm:${fresh.name}`;
  using folder = temporaryFolder();
  const png = join(folder.path, "frame.png");
  for (
    const [args, code, says] of [
      [[], 64, /without an address: give one such as shm:cam0$/],
      [["tcp://pi:5001"], 64, /it watches shared memory, such as "shm:cam0"$/],
      [["shm:../x"], 64, /it names no shared memory, such as shm:cam0$/],
      [["shm:"], 64, /it names no shared memory/],
      [["shm:a?mode=0640"], 64, /no option "mode"/],
      [["shm:a", "shm:b"], 64, /it takes no "shm:b"$/],
      [["shm:a", "--timeout", "0"], 64, /--timeout 0": expected more$/],
      [
        [none, "--png", png, "--timeout", "200ms"],
        69,
        /no frame of "shm:\S+" within 0\.2 s, its writer is absent; is "camag/,
      ],
    ] as const
  ) {
    await using watch = Agent.start(["watch", ...args]);
    const { code: actual } = await watch.exit;
    assert.deepEqual([actual, watch.log.length], [code, 1], watch.log.join());
    assert.match(watch.log[0]!, says);
  }
  assert.equal(existsSync(png), false);
});

test("camagent watch says what it cannot read, in a line", async () => {
  for (
    const [put, says] of [
      [(path: string) => writeFileSync(path, "x"), /: it is too short$/],
      [
        (path: string) => writeFileSync(path, "precious".repeat(100)),
        /: Bad header: no frames of camagent$/,
      ],
      [(path: string) => symlinkSync("/etc/passwd", path), /: it is a link$/],
      [(path: string) => mkdirSync(path), /: it is no file$/],
    ] as const
  ) {
    using fresh = freshName();
    put(fresh.path);
    await using watch = Agent.start(["watch", `shm:${fresh.name}`]);
    const { code } = await watch.exit;
    assert.deepEqual([code, watch.log.length], [66, 1], watch.log.join());
    assert.match(watch.log[0]!, says);
  }
});
