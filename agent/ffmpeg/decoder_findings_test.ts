import assert from "node:assert/strict";
import { fakeMachine } from "../../test/fakes/machine.ts";
import { FakeRuntime } from "../../test/fakes/runtime.ts";
import { test } from "../../test/harness.ts";
import { DecoderFindings } from "./decoder_findings.ts";
import type { DecoderMethod } from "./decoder_method.ts";
import type { DecoderTask, Verdict } from "./decoder_verdict.ts";

const TASK: DecoderTask = { codec: "h264", width: 1920, height: 1080 };

const M2M: DecoderMethod = { decoder: "h264_v4l2m2m" };

function verdicts(
  codec: Verdict["codec"],
  method: DecoderMethod,
  softwareMs = 60,
): Verdict[] {
  const result = { works: true, held: 0 } as const;
  return [
    { codec, method: {}, result: { ...result, msPerPicture: softwareMs } },
    { codec, method, result: { ...result, held: 1, msPerPicture: 9 } },
  ];
}

/** A machine, and how another run on it begins. */
function setUp() {
  const runtime = new FakeRuntime();
  const { signal } = new AbortController();
  const context = { runtime, signal };
  let version = "ffmpeg version 5.1.9";
  runtime.processes.programs.set("ffmpeg", (child) => {
    child.stdout(new TextEncoder().encode(`${version} Copyright\nbuilt\n`));
    child.exit(version === "" ? 1 : 0);
  });
  const machine = fakeMachine("video10");
  return {
    context,
    machine,
    run: (change: Partial<typeof machine> = {}) =>
      new DecoderFindings({ ...machine, ...change }),
    update: (to: string) => void (version = to),
    asked: () => runtime.processes.started.length,
  };
}

test("DecoderFindings takes software, and asks nobody, where nothing is known", async () => {
  const t = setUp();
  const findings = t.run();
  assert.deepEqual(await findings.best(TASK, t.context), {});
  assert.equal(await findings.held("h264", M2M), undefined);
  assert.equal(await findings.cover("h264", t.context), false);
  assert.equal(t.asked(), 0);
});

test("DecoderFindings knows what was added, in the next run as well", async () => {
  const t = setUp();
  const first = t.run();
  await first.add(verdicts("h264", M2M), t.context);
  for (const findings of [first, t.run()]) {
    const asked = t.asked();
    assert.deepEqual(await findings.best(TASK, t.context), M2M);
    assert.equal(await findings.held("h264", M2M), 1);
    assert.equal(await findings.cover("h264", t.context), true);
    assert.equal(await findings.cover("hevc", t.context), false);
    // Which FFmpeg it is, and only once.
    assert.equal(t.asked() - asked, findings === first ? 0 : 1);
  }
});

test("DecoderFindings does not ask FFmpeg where software is best anyway", async () => {
  const t = setUp();
  await t.run().add(verdicts("h264", M2M, 6), t.context);
  const asked = t.asked();
  assert.deepEqual(await t.run().best(TASK, t.context), {});
  assert.equal(t.asked(), asked);
});

test("DecoderFindings knows nothing of another FFmpeg, kernel or device", async () => {
  const t = setUp();
  await t.run().add(verdicts("h264", M2M), t.context);
  const others = [
    t.run({ kernel: "6.6.0" }),
    t.run({ devices: () => ["video10", "dri/renderD128"] }),
  ];
  for (const findings of others) {
    assert.deepEqual(await findings.best(TASK, t.context), {});
    assert.equal(await findings.cover("h264", t.context), false);
  }
  for (const version of ["ffmpeg version 7.1.5", ""]) {
    t.update(version);
    const findings = t.run();
    assert.deepEqual(await findings.best(TASK, t.context), {});
    assert.equal(await findings.cover("h264", t.context), false);
  }
});

test("DecoderFindings keeps other codecs when it is added to", async () => {
  const t = setUp();
  const vaapi = { hwaccel: "vaapi" };
  await t.run().add(verdicts("h264", M2M), t.context);
  await t.run().add(verdicts("hevc", vaapi), t.context);
  await t.run().add(verdicts("h264", vaapi), t.context);
  const findings = t.run();
  const hevc = { ...TASK, codec: "hevc" } as const;
  assert.deepEqual(await findings.best(hevc, t.context), vaapi);
  assert.deepEqual(await findings.best(TASK, t.context), vaapi);
  assert.equal(await findings.held("h264", M2M), undefined);

  t.update("ffmpeg version 7.1.5");
  await t.run().add(verdicts("h264", M2M), t.context);
  assert.equal(await t.run().cover("h264", t.context), true);
  assert.equal(await t.run().cover("hevc", t.context), false);
});
