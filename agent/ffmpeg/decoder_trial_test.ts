import assert from "node:assert/strict";
import { test } from "../../test/harness.ts";
import { pretending } from "../../test/programs/pretending.ts";
import { STREAM_CODECS } from "../media/codec.ts";
import { ms } from "../media/time.ts";
import type { Runtime } from "../plugin/runtime.ts";
import { runtime } from "../runtime/mod.ts";
import type { DecoderMethod } from "./decoder_method.ts";
import { tryDecoder } from "./decoder_trial.ts";

const { signal } = new AbortController();

for (const codec of STREAM_CODECS) {
  test(`tryDecoder finds that software decodes ${codec} and holds nothing`, async () => {
    const result = await tryDecoder(codec, {}, { runtime, signal });
    assert.ok(result.works, JSON.stringify(result));
    assert.equal(result.held, 0);
    // One that is stopped for a moment; the median knows nothing of it.
    assert.ok(result.msPerPicture > 0 && result.msPerPicture < 250);
    assert.ok((result.cpuMsPerPicture ?? 0) > 0);
  });
}

const WORKING: [method: DecoderMethod, held: number][] = [
  [{ decoder: "h264_good" }, 0],
  [{ hwaccel: "helping" }, 0],
  [{ decoder: "h264_holding" }, 2],
];

for (const [method, held] of WORKING) {
  test(`tryDecoder finds that ${JSON.stringify(method)} holds ${held}`, async () => {
    const context = { runtime: pretending, signal };
    const result = await tryDecoder("h264", method, context);
    assert.ok(result.works, JSON.stringify(result));
    assert.equal(result.held, held);
  });
}

const FAILING: [method: DecoderMethod, why: RegExp][] = [
  [{ decoder: "h264_wrong" }, /^wrong pictures$/],
  [{ decoder: "h264_crashing" }, /^h264_crashing: Could not find a valid dev/],
  [{ decoder: "h264_unknown" }, /^Unknown decoder 'h264_unknown'$/],
  [{ hwaccel: "refusing" }, /^the hardware does not take the stream: h264: /],
];

for (const [method, why] of FAILING) {
  test(`tryDecoder finds that ${JSON.stringify(method)} does not work`, async () => {
    const known = method.decoder !== "h264_unknown";
    const context = { runtime: known ? pretending : runtime, signal };
    const result = await tryDecoder("h264", method, context);
    assert.ok(!result.works);
    assert.match(result.why, why);
  });
}

test("tryDecoder does not wait for ever for a decoder that hangs", async () => {
  const hurry = 50;
  const machine: Runtime = {
    ...pretending,
    now: () => ms(pretending.now() * hurry),
    sleep: (duration, signal) => pretending.sleep(ms(duration / hurry), signal),
  };
  const method = { decoder: "h264_hanging" };
  const result = await tryDecoder("h264", method, { runtime: machine, signal });
  assert.ok(!result.works);
  assert.match(result.why, /^no frame within \d\.\d s$/);
});

test("tryDecoder does without what the system does not tell", async () => {
  const machine: Runtime = {
    ...runtime,
    readFile: () => Promise.reject(new Error("There is no /proc")),
  };
  const result = await tryDecoder("h264", {}, { runtime: machine, signal });
  assert.ok(result.works && !("cpuMsPerPicture" in result));
});

test("tryDecoder says that there is no FFmpeg", async () => {
  const machine: Runtime = {
    ...runtime,
    spawn: (options) =>
      runtime.spawn({ ...options, command: "no-such-program" }),
  };
  const trying = tryDecoder("h264", {}, { runtime: machine, signal });
  await assert.rejects(trying, { reason: "not-found" });
});

test("tryDecoder ends when the signal aborts", async () => {
  const stop = new AbortController();
  const method = { decoder: "h264_hanging" };
  const context = { runtime: pretending, signal: stop.signal };
  const trying = tryDecoder("h264", method, context);
  setTimeout(() => stop.abort(new Error("Told to stop")), 10);
  await assert.rejects(trying, new Error("Told to stop"));
});
