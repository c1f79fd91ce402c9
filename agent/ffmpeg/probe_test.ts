import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { temporaryFolder } from "../../test/e2e/folder.ts";
import { test } from "../../test/harness.ts";
import type { Runtime } from "../plugin/runtime.ts";
import { runtime } from "../runtime/mod.ts";
import { probe } from "./probe.ts";

const { signal } = new AbortController();

function ask(input: string[], machine: Runtime = runtime) {
  return probe(input, { runtime: machine, signal });
}

/** Has FFmpeg make a file out of a second of its test picture. */
async function film(path: string, ...encoding: string[]): Promise<string[]> {
  const child = await runtime.spawn({
    command: "ffmpeg",
    args: [
      ..."-nostdin -loglevel error -f lavfi -t 1".split(" "),
      ..."-i testsrc2=size=64x48:rate=25".split(" "),
      ...encoding,
      path,
    ],
    signal,
  });
  assert.equal((await child.exit).code, 0);
  return ["-i", `file:${path}`];
}

test("probe tells of a source that FFmpeg draws", async () => {
  const source = "testsrc2=size=320x240:rate=30000/1001";
  // Its codec has another name in FFmpeg 7.
  const { codec: _, ...rest } = await ask(["-f", "lavfi", "-i", source]);
  assert.deepEqual(rest, {
    reordered: false,
    size: { width: 320, height: 240 },
    fps: 30000 / 1001,
  });
});

test("probe tells of a film whose pictures are reordered", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "film.mkv");
  const encoding = "-c:v libx264 -bf 2 -pix_fmt yuv420p".split(" ");
  assert.deepEqual(await ask(await film(path, ...encoding)), {
    codec: "h264",
    reordered: true,
    size: { width: 64, height: 48 },
    fps: 25,
  });
});

test("probe tells of a film that can be passed on", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "film.mkv");
  const encoding = "-c:v libx264 -bf 0 -pix_fmt yuv420p".split(" ");
  const { codec, reordered } = await ask(await film(path, ...encoding));
  assert.deepEqual({ codec, reordered }, { codec: "h264", reordered: false });
});

test("probe refuses what is not there", async () => {
  await assert.rejects(ask(["-i", "file:/no/such/film.mkv"]), {
    name: "ConfigError",
    message: 'Cannot read "file:/no/such/film.mkv": No such file or directory',
    exitCode: 66,
  });
});

test("probe refuses what is no film", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "text");
  writeFileSync(path, "no film\n".repeat(1000));
  await assert.rejects(ask(["-i", `file:${path}`]), {
    name: "ConfigError",
    message: `Cannot read "file:${path}": ` +
      "Invalid data found when processing input",
    exitCode: 66,
  });
});

test("probe refuses a film without pictures", async () => {
  const source = "sine=frequency=440:duration=1";
  await assert.rejects(ask(["-f", "lavfi", "-i", source]), {
    name: "ConfigError",
    message: `Cannot read "${source}": no video in it`,
    exitCode: 66,
  });
});

test("probe says that there is no ffprobe", async () => {
  const machine: Runtime = {
    ...runtime,
    spawn: (options) =>
      runtime.spawn({ ...options, command: "no-such-program" }),
  };
  await assert.rejects(ask([], machine), {
    name: "ProcessError",
    reason: "not-found",
  });
});

test("probe that is killed is no fault of the input", async () => {
  const machine: Runtime = {
    ...runtime,
    async spawn(options) {
      const child = await runtime.spawn({
        ...options,
        command: "/bin/sleep",
        args: ["60"],
      });
      process.kill(child.pid, "SIGKILL");
      return child;
    },
  };
  await assert.rejects(ask([], machine), {
    name: "ProcessError",
    message: "ffprobe was killed by SIGKILL",
  });
});

test("probe ends when the signal aborts", async () => {
  const stop = new AbortController();
  const machine: Runtime = {
    ...runtime,
    spawn: (options) =>
      runtime.spawn({ ...options, command: "/bin/sleep", args: ["60"] }),
  };
  const asking = probe([], { runtime: machine, signal: stop.signal });
  stop.abort(new Error("Stopped"));
  await assert.rejects(asking, { message: "Stopped" });
});
