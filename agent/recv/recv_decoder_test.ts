import assert from "node:assert/strict";
import { listingFfmpeg } from "../../test/fakes/ffmpeg_lists.ts";
import { fakeMachine } from "../../test/fakes/machine.ts";
import type { FakeProgram } from "../../test/fakes/process.ts";
import {
  decodes,
  FakeIngest,
  type FakeSink,
  keeps,
  keyframe,
  picture,
  recvOptions,
} from "../../test/fakes/recv_pipeline.ts";
import { until } from "../../test/faults/deadline.ts";
import { test } from "../../test/harness.ts";
import { Decoders } from "../ffmpeg/decoders.ts";
import type { FrameFormat } from "../media/frame.ts";
import { createReceiver } from "./recv.ts";

/** FFmpeg's part reads and writes a real pipe: that takes real time. */
const DEADLINE_MS = 5000;

/** A receiver whose FFmpeg has vaapi and h264_v4l2m2m, as a test says. */
function setUp(
  decoder: string,
  hardware: FakeProgram,
  decoders?: (options: ConstructorParameters<typeof Decoders>[0]) => Decoders,
) {
  const ingest = new FakeIngest();
  const opened: [FrameFormat, FakeSink][] = [];
  const base = recvOptions(() => ingest.open(), [keeps(opened)]);
  const { runtime } = base;
  const program = listingFfmpeg((child) => {
    const isHardware = /-hwaccel|v4l2m2m/.test(child.args.join(" "));
    return isHardware ? hardware(child) : decodes(child);
  });
  runtime.processes.programs.set("ffmpeg", program);
  const receiver = createReceiver({
    ...base.options,
    decoder,
    ...(decoders && {
      decoders: decoders({ runtime, ...fakeMachine("video10") }),
    }),
  });
  const frames = () => opened.at(-1)?.[1].frames.length ?? 0;
  const status = () => receiver.status().decoders[0]!;
  const end = async (running: Promise<void>) => {
    base.stop.abort();
    await running;
    assert.deepEqual(runtime.open, []);
  };
  return { ...base, ingest, receiver, frames, status, end };
}

test("createReceiver() decodes with what was asked for", async () => {
  const t = setUp("vaapi", decodes);
  const running = t.receiver.run();
  await t.runtime.turn();
  t.ingest.send(keyframe());
  await until(DEADLINE_MS, "frame", () => t.frames() === 1);
  assert.equal(t.status().decoder, "vaapi");
  await t.end(running);
});

/** How hardware fails, and how long that takes to be seen. */
const FAILURES: Record<string, [program: FakeProgram, afterMs: number]> = {
  "ends at once": [(child) => child.exit(1), 0],
  "refuses the stream": [async (child) => {
    for await (const _ of child.stdin) {
      child.stderr(
        "[h264 @ 0x55] Failed setup for format vaapi: hwaccel " +
          "initialisation returned error.",
      );
    }
  }, 0],
  "is silent": [async (child) => {
    for await (const _ of child.stdin);
  }, 5000],
};

for (const [what, [program, afterMs]] of Object.entries(FAILURES)) {
  test(`createReceiver() goes on in software where hardware ${what}`, async () => {
    const t = setUp("h264_v4l2m2m", program);
    const running = t.receiver.run();
    await t.runtime.turn();
    t.ingest.send(keyframe());
    for (let at = 0; at < afterMs; at += 100) {
      await t.runtime.advance(100);
      t.ingest.send(at % 1000 === 0 ? keyframe() : picture());
    }
    await until(DEADLINE_MS, "frame", async () => {
      await t.runtime.advance(10);
      return t.frames() > 0;
    });
    assert.equal(t.status().decoder, "software");
    // It was no failure of the decoder's, for the supervisor to wait after.
    assert.deepEqual(t.status().supervisor.failures, {});
    const said = t.lines.filter((line) => line.includes("software does"));
    assert.equal(said.length, 1);
    await t.end(running);
  });
}

test("createReceiver() starts hardware again that has worked for a while", async () => {
  const t = setUp("h264_v4l2m2m", decodes);
  const running = t.receiver.run();
  await t.runtime.turn();
  t.ingest.send(keyframe());
  await until(DEADLINE_MS, "frame", () => t.frames() === 1);
  await t.runtime.advance(1000);
  const [child] = t.runtime.processes.running;
  child!.exit(1);
  await until(
    DEADLINE_MS,
    "failure",
    () => t.status().supervisor.state === "waiting",
  );
  await t.runtime.advance(400);
  await until(DEADLINE_MS, "frames", () => t.frames() === 2);
  assert.equal(t.status().decoder, "h264_v4l2m2m");
  await t.end(running);
});

test("createReceiver() changes to a decoder that turned out to be better", async () => {
  const t = setUp("auto", decodes, (options) => {
    const decoders = new Decoders(options);
    const method = { decoder: "h264_v4l2m2m" };
    const works = { works: true, held: 0, msPerPicture: 1 } as const;
    // Trials need a real FFmpeg.
    decoders.survey = async (codec, signal) => {
      await decoders.keep([{ codec, method, result: works }], signal);
      return [{ codec, method, result: works }];
    };
    return decoders;
  });
  const running = t.receiver.run();
  await t.runtime.turn();
  t.ingest.send(keyframe());
  await until(DEADLINE_MS, "change", async () => {
    await t.runtime.advance(10);
    return t.status().decoder === "h264_v4l2m2m";
  });
  t.ingest.send(picture());
  await until(DEADLINE_MS, "frames", () => t.frames() >= 2);
  assert.deepEqual(t.status().supervisor.failures, {});
  assert.ok(t.lines.some((line) => /decodes with h264_v4l2m2m$/.test(line)));
  await t.end(running);
});

test("createReceiver() ends where FFmpeg has no such decoder", async () => {
  const t = setUp("vapi", decodes);
  await assert.rejects(t.receiver.run(), {
    name: "ConfigError",
    message: /has no decoder "vapi" \(did you mean "vaapi"\?\)/,
  });
  assert.deepEqual(t.runtime.open, []);
});

test("createReceiver() tells the command line of the decoder it would take", async () => {
  const [command] = await setUp("vaapi", decodes).receiver.commands();
  assert.match(command!.join(" "), / -hwaccel vaapi -c:v h264 -i pipe:0 /);
});
