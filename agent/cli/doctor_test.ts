import assert from "node:assert/strict";
import { FakeProgram } from "../../test/fakes/cli.ts";
import { FakeRuntime } from "../../test/fakes/runtime.ts";
import { test } from "../../test/harness.ts";
import { CHECKS } from "./doctor/checks.ts";

/** A machine that has nothing, or an FFmpeg as well. */
function machine(ffmpeg: boolean): FakeProgram {
  const fake = new FakeRuntime();
  if (ffmpeg) {
    const text = "ffmpeg version 7.1.5 Copyright\n V..... libx264   H.264\n";
    fake.processes.programs.set("ffmpeg", (child) => {
      child.stdout(new TextEncoder().encode(text));
      child.exit(0);
    });
  }
  fake.files.paths.set("/proc/1/comm", {
    kind: "file",
    content: new TextEncoder().encode("systemd\n"),
  });
  return new FakeProgram({
    machine: {
      hasProgram: (command) => fake.hasProgram(command),
      spawn: (options) => fake.spawn(options),
      readFile: (path, most) => fake.readFile(path, most),
      listenTcp: (options) => fake.listenTcp(options),
      openUdp: (options) => fake.openUdp(options),
    },
  });
}

test("camagent doctor lists what is well, and how to mend the rest", async () => {
  const { code, stdout, stderr } = await machine(true).run("doctor");
  assert.deepEqual([code, stderr], [0, ""]);
  const lines = stdout.trimEnd().split("\n");
  const [head, ...rows] = lines.filter((line) => !line.startsWith("    -> "));
  assert.match(head!, /^CHECK +STATE +FINDING$/);
  assert.deepEqual(
    rows.map((row) => row.split(/ {2,}/)[0]),
    CHECKS.map(({ name }) => name),
  );
  assert.match(stdout, /^ffmpeg +good +7.1.5 with libx264$/m);
  assert.match(stdout, /^systemd +good +it can start camagent at boot$/m);
  assert.match(
    stdout,
    /^multicast +note +no route to groups\n {4}-> sudo ip route add /m,
  );
});

test("camagent doctor ends with 1 where camagent cannot work", async () => {
  const { code, stdout, stderr } = await machine(false).run("doctor");
  assert.equal(code, 1);
  assert.match(
    stdout,
    /^ffmpeg +bad +not there\n {4}-> sudo apt install ffmpeg$/m,
  );
  assert.equal(stderr, "camagent: This machine needs help: ffmpeg\n");
});

test("camagent doctor --json describes one check per line", async () => {
  const { stdout } = await machine(false).run("doctor", "--json");
  const lines = stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
  assert.equal(lines.length, CHECKS.length);
  assert.deepEqual(lines.find(({ name }) => name === "ffmpeg"), {
    schema: 1,
    type: "check",
    name: "ffmpeg",
    level: "bad",
    text: "not there",
    fix: "sudo apt install ffmpeg",
  });
});
