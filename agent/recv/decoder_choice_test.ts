import assert from "node:assert/strict";
import { test } from "../../test/harness.ts";
import { ConfigError, ProcessError } from "../errors.ts";
import type { DecoderMethod } from "../ffmpeg/decoder_method.ts";
import type { Decoders } from "../ffmpeg/decoders.ts";
import type { Codec } from "../media/codec.ts";
import { DecoderChoice } from "./decoder_choice.ts";
import type { StreamInfo } from "./stream_info.ts";

const VAAPI = { hwaccel: "vaapi" };
const M2M = { decoder: "h264_v4l2m2m" };

const STREAM: StreamInfo = {
  codec: "h264",
  width: 640,
  height: 480,
  untagged: "bt601",
  reorderDepth: 0,
  lossy: false,
};

/** Decoders of which nothing has been measured, but for what a test says. */
function setUp(
  wish: string,
  known: Partial<ConstructorParameters<typeof DecoderChoice>[0]["decoders"]> =
    {},
) {
  const lines: string[] = [];
  const stop = new AbortController();
  const decoders = {
    best: () => Promise.resolve<DecoderMethod>({}),
    held: () => Promise.resolve(undefined),
    survey: () => Promise.resolve([]),
    find: (name: string) =>
      Promise.resolve({
        method: { decoder: name },
        decodes: (codec: Codec) => Promise.resolve(codec === "h264"),
      }),
    ...known,
  };
  const say = (line: string) => void lines.push(line);
  const log = { info: say, warn: say };
  const { signal } = stop;
  const choice = new DecoderChoice({ decoders, wish, log, signal });
  return { choice, lines, stop };
}

test("DecoderChoice takes software where nothing is known", async () => {
  const { choice, lines } = setUp("auto");
  assert.deepEqual(await choice.choose(STREAM), { method: {}, held: 0 });
  assert.deepEqual(lines, []);
});

test("DecoderChoice takes what was measured to be best", async () => {
  const { choice } = setUp("auto", {
    best: ({ codec }) => Promise.resolve(codec === "h264" ? VAAPI : {}),
    held: () => Promise.resolve(2),
  });
  assert.deepEqual(await choice.choose(STREAM), { method: VAAPI, held: 2 });
  const hevc = await choice.choose({ ...STREAM, codec: "hevc" });
  assert.deepEqual(hevc, { method: {}, held: 0 });
});

test("DecoderChoice has software decode where only it tells of losses", async () => {
  const best = () => Promise.resolve(VAAPI);
  const lossy = { ...STREAM, lossy: true };
  const { method } = await setUp("auto", { best }).choice.choose(lossy);
  assert.deepEqual(method, {});
  // Unless somebody wants it.
  const wanted = await setUp("h264_v4l2m2m").choice.choose(lossy);
  assert.deepEqual(wanted.method, M2M);
});

test("DecoderChoice supposes that a named decoder may keep what H.264 allows", async () => {
  const { choice } = setUp("h264_v4l2m2m");
  assert.deepEqual(await choice.choose(STREAM), { method: M2M, held: 16 });
});

test("DecoderChoice has software decode what a named one is not for, and says so once", async () => {
  const { choice, lines } = setUp("h264_v4l2m2m");
  for (let i = 0; i < 2; i++) {
    const { method } = await choice.choose({ ...STREAM, codec: "hevc" });
    assert.deepEqual(method, {});
  }
  assert.deepEqual(lines, [
    '"h264_v4l2m2m" does not decode this hevc, software does: ' +
    "it is for something else",
  ]);
});

test("DecoderChoice passes on that there is no such decoder", async () => {
  const error = new ConfigError("no such decoder");
  const { choice } = setUp("vapi", { find: () => Promise.reject(error) });
  await assert.rejects(choice.choose(STREAM), error);
});

test("DecoderChoice asks again after FFmpeg has failed to answer", async () => {
  let asked = 0;
  const { choice } = setUp("vaapi", {
    find: () =>
      asked++ > 0
        ? Promise.resolve({
          method: VAAPI,
          decodes: () => Promise.resolve(true),
        })
        : Promise.reject(
          new ProcessError("late", { command: ["ffmpeg"], reason: "timeout" }),
        ),
  });
  await assert.rejects(choice.choose(STREAM), ProcessError);
  for (let i = 0; i < 2; i++) {
    assert.deepEqual((await choice.choose(STREAM)).method, VAAPI);
  }
  assert.equal(asked, 2);
});

for (const wish of ["auto", "vaapi"]) {
  test(`DecoderChoice takes software for a codec that was refused (${wish})`, async () => {
    const { choice, lines } = setUp(wish, {
      best: () => Promise.resolve(VAAPI),
      find: () =>
        Promise.resolve({
          method: VAAPI,
          decodes: () => Promise.resolve(true),
        }),
    });
    choice.refuse("h264", VAAPI, "no device");
    choice.refuse("h264", VAAPI, "no device");
    assert.deepEqual(await choice.choose(STREAM), { method: {}, held: 0 });
    const hevc = await choice.choose({ ...STREAM, codec: "hevc" });
    assert.deepEqual(hevc.method, VAAPI);
    assert.deepEqual(lines, [
      '"vaapi" does not decode this h264, software does: no device',
    ]);
  });
}

const VERDICT = {
  codec: "h264",
  method: VAAPI,
  result: { works: false, why: "no reason" },
} as const;

/** Surveys that a test ends. */
function surveys() {
  const asked: Codec[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<
    Awaited<ReturnType<Decoders["survey"]>>
  >();
  const survey = (codec: Codec) => {
    asked.push(codec);
    return promise;
  };
  return { asked, resolve, reject, survey };
}

test("DecoderChoice has each codec measured once, and tells when that is done", async () => {
  const { asked, resolve, survey } = surveys();
  const best = () => Promise.resolve(VAAPI);
  const { choice, lines } = setUp("auto", { survey, best });
  const { news } = choice;
  for (let i = 0; i < 2; i++) choice.survey(STREAM);
  choice.survey({ ...STREAM, codec: "vp9" });
  choice.survey({ ...STREAM, codec: "hevc", lossy: true });
  resolve([VERDICT]);
  await choice.close();
  assert.deepEqual(asked, ["h264"]);
  assert.equal(news.aborted, true);
  assert.equal(choice.news.aborted, false);
  assert.deepEqual(lines, ["has tried 1 decoders of h264"]);
});

test("DecoderChoice has no news where software is still the best", async () => {
  const { resolve, survey } = surveys();
  const { choice, lines } = setUp("auto", { survey });
  choice.survey(STREAM);
  resolve([VERDICT]);
  await choice.close();
  assert.equal(choice.news.aborted, false);
  assert.deepEqual(lines, ["has tried 1 decoders of h264"]);
});

test("DecoderChoice has no news where nothing was to be measured", async () => {
  const { resolve, survey } = surveys();
  const { choice, lines } = setUp("auto", { survey });
  choice.survey(STREAM);
  resolve([]);
  await choice.close();
  assert.equal(choice.news.aborted, false);
  assert.deepEqual(lines, []);
});

test("DecoderChoice measures nothing where the decoder was named", async () => {
  const { asked, survey } = surveys();
  const { choice } = setUp("software", { survey });
  choice.survey(STREAM);
  await choice.close();
  assert.deepEqual(asked, []);
});

test("DecoderChoice goes on where measuring fails, and says why", async () => {
  const { reject, survey } = surveys();
  const { choice, lines } = setUp("auto", { survey });
  choice.survey(STREAM);
  reject(new Error("ffmpeg does not answer"));
  await choice.close();
  assert.equal(choice.news.aborted, false);
  assert.deepEqual(lines, ["Cannot try decoders: ffmpeg does not answer"]);
});

test("DecoderChoice says nothing of what it was told to end", async () => {
  const { reject, survey } = surveys();
  const { choice, lines, stop } = setUp("auto", { survey });
  choice.survey(STREAM);
  stop.abort();
  reject(stop.signal.reason);
  await choice.close();
  assert.deepEqual(lines, []);
});
