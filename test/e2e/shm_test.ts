import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import {
  existsSync,
  lstatSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import {
  monotonicNow,
  openFrames,
  type SharedFrame,
} from "../../readers/typescript/camagent.ts";
import type { RecvStatus } from "../../agent/recv/status.ts";
import { until } from "../faults/deadline.ts";
import { test } from "../harness.ts";
import { freshName } from "../shm/name.ts";
import { Agent } from "./agent.ts";
import { FifoFrames } from "./fifo_frames.ts";
import { temporaryFolder } from "./folder.ts";
import { isTestPicture } from "./test_picture.ts";

/** How long a reader may believe in a writer that was killed. */
const STALE_MS = 1000;

/** From a new writer's first frame on. */
const DEADLINE_MS = 10_000;

// Loads the C library outside of any test: it stays.
monotonicNow();

/** Waits for a frame that is new. */
async function nextOf(
  frames: { next(signal: AbortSignal): Promise<SharedFrame> },
): Promise<SharedFrame> {
  const late = new AbortController();
  const timer = setTimeout(
    () => late.abort(new Error(`No frame within ${DEADLINE_MS} ms`)),
    DEADLINE_MS,
  );
  try {
    return await frames.next(late.signal);
  } finally {
    clearTimeout(timer);
  }
}

function isPicture({ data, width, height }: SharedFrame): boolean {
  return isTestPicture(data, width, height);
}

test("camagent shows frames in shared memory", async () => {
  using shm = freshName();
  await using sender = Agent.send("test:", "tcp://127.0.0.1:0");
  const input = `tcp://127.0.0.1:${await sender.port()}`;
  await using receiver = Agent.recv(input, `shm:${shm.name}`);
  using frames = openFrames(shm.name);
  const seen: SharedFrame[] = [];
  while (seen.length < 45) seen.push(await nextOf(frames));
  assert.ok(seen.every(isPicture));
  for (const [index, { number }] of seen.entries()) {
    assert.ok(number > (seen[index - 1]?.number ?? 0), `${number}`);
  }
  // Written and read at once: a reader that waits misses next to nothing.
  const missed = seen.at(-1)!.number - seen[0]!.number + 1 - seen.length;
  assert.ok(missed <= 5, `${missed} missed`);
  const { capturedAt, receivedAt, decodedAt, publishedAt, fps } = seen.at(-1)!;
  assert.ok(capturedAt! < receivedAt && receivedAt < decodedAt);
  assert.ok(decodedAt <= publishedAt && fps === 30);
  assert.equal(frames.state, "live");
  assert.equal(statSync(shm.path).mode & 0o777, 0o600);
  receiver.kill("SIGTERM");
  assert.equal((await receiver.exit).code, 0);
  assert.equal(frames.state, "closed");
  assert.equal(existsSync(shm.path), false);
});

test("camagent shares its frames with a pipe and a second name", async () => {
  using folder = temporaryFolder();
  using one = freshName();
  using two = freshName();
  const pipe = join(folder.path, "cam");
  await using sender = Agent.send("test:", "tcp://127.0.0.1:0");
  const input = `tcp://127.0.0.1:${await sender.port()}`;
  const sinks = [`shm:${one.name}`, `pipe:${pipe}`, `shm:${two.name}`];
  await using _ = Agent.recv(input, ...sinks);
  await until(5000, "FIFO", () => existsSync(pipe));
  await using reader = new FifoFrames(pipe, 640 * 480 * 3);
  await reader.frames.reach(30);
  for (const { name } of [one, two]) {
    using frames = openFrames(name);
    for (let i = 0; i < 15; i++) assert.ok(isPicture(await nextOf(frames)));
  }
});

test("camagent killed is stale to readers, who take its successor", async () => {
  using shm = freshName();
  await using sender = Agent.send("test:", "tcp://127.0.0.1:0");
  const input = `tcp://127.0.0.1:${await sender.port()}`;
  using frames = openFrames(shm.name);
  for (let round = 0; round < 2; round++) {
    await using receiver = Agent.recv(input, `shm:${shm.name}`);
    assert.ok(isPicture(await nextOf(frames)));
    receiver.kill("SIGKILL");
    await until(STALE_MS, "stale", () => frames.state === "stale");
    assert.ok(existsSync(shm.path));
  }
  await using receiver = Agent.recv(input, `shm:${shm.name}`);
  assert.ok(isPicture(await nextOf(frames)));
  receiver.kill("SIGTERM");
  await receiver.exit;
  assert.equal(existsSync(shm.path), false);
});

test("camagent frozen is stale to readers, and live again", async () => {
  using shm = freshName();
  await using sender = Agent.send("test:", "tcp://127.0.0.1:0");
  const input = `tcp://127.0.0.1:${await sender.port()}`;
  await using receiver = Agent.recv(input, `shm:${shm.name}`);
  using frames = openFrames(shm.name);
  await nextOf(frames);
  receiver.kill("SIGSTOP");
  await until(STALE_MS, "stale", () => frames.state === "stale");
  receiver.kill("SIGCONT");
  await until(STALE_MS, "life", () => frames.state === "live");
  assert.ok(isPicture(await nextOf(frames)));
});

test("camagent shows pictures of another size in memory of their own", async () => {
  using shm = freshName();
  await using first = Agent.send("test:", "tcp://127.0.0.1:0");
  const port = await first.port();
  const input = `tcp://127.0.0.1:${port}`;
  await using receiver = Agent.recv(input, `shm:${shm.name}`);
  using frames = openFrames(shm.name);
  assert.ok(isPicture(await nextOf(frames)));
  await first[Symbol.asyncDispose]();
  const larger = "test:?size=1280x720";
  await using _ = Agent.send(larger, `tcp://127.0.0.1:${port}`);
  const sizes = new Set<string>();
  for (let whole = 0; whole < 30;) {
    const frame = await nextOf(frames);
    const { width, height, data, planes } = frame;
    sizes.add(`${width}x${height}`);
    assert.equal(data.length, width * height * 3);
    assert.equal(planes[0]!.stride, width * 3);
    assert.ok(isPicture(frame), `${width}x${height}`);
    if (width === 1280) whole++;
  }
  // The last of the smaller ones may have been new.
  assert.match([...sizes].join(), /^(640x480,)?1280x720$/);
  assert.equal(receiver.status?.input.supervisor.state, "running");
});

test("openFrames() gives memory back that nobody looks at any more", async () => {
  using shm = freshName();
  await using sender = Agent.send("test:", "tcp://127.0.0.1:0");
  const input = `tcp://127.0.0.1:${await sender.port()}`;
  await using _ = Agent.recv(input, `shm:${shm.name}`);
  using frames = openFrames(shm.name);
  await nextOf(frames);
  const script = join(import.meta.dirname!, "../shm/let_go.ts");
  const words = "Deno" in globalThis
    ? ["run", "-A", "--v8-flags=--expose-gc", script, shm.name]
    : [script, shm.name];
  const { stdout } = await promisify(execFile)(process.execPath, words);
  const [, mapped] = /^(\d+) mapped, true$/m.exec(stdout)!;
  // That of the last view, and what the collector has not got round to.
  assert.ok(Number(mapped) >= 1 && Number(mapped) <= 5, stdout);
});

/** Waits for an agent that ends by itself, with one line. */
async function refusalOf(
  agent: Agent<RecvStatus>,
): Promise<[number | null, string]> {
  const { code } = await agent.exit;
  const lines = agent.log.filter((line) => line.startsWith("camagent:"));
  assert.equal(lines.length, 1, agent.log.join("\n"));
  return [code, lines[0]!];
}

test("camagent leaves a name to whoever writes to it", async () => {
  using shm = freshName();
  await using sender = Agent.send("test:", "tcp://127.0.0.1:0");
  const input = `tcp://127.0.0.1:${await sender.port()}`;
  await using _ = Agent.recv(input, `shm:${shm.name}`);
  using frames = openFrames(shm.name);
  await nextOf(frames);
  const { ino } = lstatSync(shm.path);
  await using second = Agent.recv(input, `shm:${shm.name}`);
  const [code, line] = await refusalOf(second);
  assert.equal(code, 73);
  assert.match(line, /another camagent writes to it; stop it or choose/);
  assert.equal(lstatSync(shm.path).ino, ino);
  assert.ok(isPicture(await nextOf(frames)));
});

test("camagent overwrites nothing that is not its own", async () => {
  using folder = temporaryFolder();
  await using sender = Agent.send("test:", "tcp://127.0.0.1:0");
  const input = `tcp://127.0.0.1:${await sender.port()}`;
  const other = join(folder.path, "precious");
  writeFileSync(other, "precious");
  for (const put of [writeFileSync, symlinkSync]) {
    using shm = freshName();
    if (put === symlinkSync) symlinkSync(other, shm.path);
    else writeFileSync(shm.path, "precious");
    await using receiver = Agent.recv(input, `shm:${shm.name}`);
    const [code, line] = await refusalOf(receiver);
    assert.equal(code, 73);
    assert.match(line, /something else stands there; remove it or choose/);
    assert.equal(readFileSync(shm.path, "utf8"), "precious");
  }
});

/** Whether we may mount what only our child sees. */
const mayMount = spawnSync("unshare", ["-m", "true"]).status === 0;

test(
  mayMount
    ? "camagent says so when /dev/shm is full, or missing"
    : "camagent with a full /dev/shm: SKIPPED, unshare is not permitted",
  async () => {
    if (!mayMount) return;
    await using sender = Agent.send("test:", "tcp://127.0.0.1:0");
    const input = `tcp://127.0.0.1:${await sender.port()}`;
    const nodes = "null c 1 3,urandom c 1 9,zero c 1 5".split(",")
      .map((node) => `mknod -m 666 /dev/${node}`);
    for (
      const [prepare, exitCode, says] of [
        [
          ["mount -t tmpfs -o size=2m shm /dev/shm"],
          73,
          /3\.0 MB do not fit in/,
        ],
        [["mount -t tmpfs dev /dev", ...nodes], 69, /there is no \/dev\/shm/],
      ] as const
    ) {
      const script = [...prepare, 'exec "$@"'].join(" && ");
      await using receiver = Agent.start<RecvStatus>(
        ["recv", input, "shm:cam", "--json=stderr"],
        { through: ["unshare", "-m", "sh", "-c", script, "sh"] },
      );
      const [code, line] = await refusalOf(receiver);
      assert.equal(code, exitCode, line);
      assert.match(line, says);
    }
  },
);
