import assert from "node:assert/strict";
import { FakeMuxers, JOB, wireUnit } from "../../test/fakes/muxer.ts";
import { FakeRuntime } from "../../test/fakes/runtime.ts";
import { test } from "../../test/harness.ts";
import { ProcessError } from "../errors.ts";
import { ms } from "../media/time.ts";
import type { Muxer, MuxerJob } from "../plugin/transport.ts";
import { openMuxer } from "./muxer.ts";

async function setUp(job: MuxerJob = JOB) {
  const runtime = new FakeRuntime();
  const muxers = new FakeMuxers();
  const stop = new AbortController();
  runtime.processes.programs.set("ffmpeg", muxers.program);
  const muxer = await openMuxer(job, { runtime, signal: stop.signal });
  return { runtime, muxers, muxer, stop };
}

async function write(muxer: Muxer, ...times: number[]): Promise<void> {
  await muxer.write(wireUnit(times[0]!, { keyframe: true }));
  for (const time of times.slice(1)) await muxer.write(wireUnit(time));
}

test("openMuxer() hands over units with their times, the first at 0", async () => {
  const { muxers, muxer } = await setUp();
  await write(muxer, 5000, 5033, 5100);
  await muxer.end();
  const [packets = []] = muxers.files;
  assert.deepEqual(packets.map(({ pts }) => pts), [0, 33_000, 100_000]);
  const header = muxers.headers[0]!;
  const view = new DataView(header.buffer, header.byteOffset);
  const sizes = [view.getUint16(12, true), view.getUint16(14, true)];
  assert.deepEqual(sizes, [640, 480]);
  assert.deepEqual(muxers.outputs, [[...JOB.output]]);
});

test("openMuxer() leaves out the delimiter of the next unit", async () => {
  const { muxers, muxer } = await setUp();
  await write(muxer, 0, 33);
  await muxer.end();
  const picture = Uint8Array.of(0, 0, 0, 1, 0x41, 0x88, 1);
  assert.deepEqual(Uint8Array.from(muxers.files[0]![1]!.bytes), picture);
});

test("openMuxer() goes on where a source begins anew, after the pause", async () => {
  const { runtime, muxers, muxer } = await setUp();
  await write(muxer, 1000, 1033);
  await runtime.advance(ms(500));
  await muxer.write(wireUnit(0, { keyframe: true }));
  await muxer.write(wireUnit(33));
  await muxer.end();
  const times = muxers.files[0]!.map(({ pts }) => pts);
  assert.deepEqual(times, [0, 33_000, 533_000, 566_000]);
});

test("openMuxer() begins with a picture that tells its size", async () => {
  const { muxer } = await setUp();
  await assert.rejects(muxer.write(wireUnit(0)), { failure: "undecodable" });
  await muxer[Symbol.asyncDispose]();
});

test("openMuxer() takes no pictures of another size", async () => {
  const { muxer } = await setUp();
  await write(muxer, 0);
  const unit = wireUnit(33, { keyframe: true, widthInMbs: 20 });
  await assert.rejects(muxer.write(unit), { failure: "lost" });
  await muxer[Symbol.asyncDispose]();
});

test("openMuxer() waits 5 s for an output, and no longer", async () => {
  const { runtime, muxers, muxer } = await setUp();
  muxers.opens = false;
  let isOver = false;
  const writing = write(muxer, 0).finally(() => isOver = true);
  writing.catch(() => {});
  await runtime.turn();
  await runtime.advance(ms(4999));
  assert.ok(!isOver);
  await runtime.advance(ms(2));
  await assert.rejects(writing, { failure: "stalled" });
  await muxer[Symbol.asyncDispose]();
  assert.deepEqual(runtime.open, []);
});

test("openMuxer() says what FFmpeg died of, without what is secret", async () => {
  const secrets = { passphrase: "pass-the-salt" };
  const { muxers, muxer } = await setUp({ ...JOB, secrets });
  await write(muxer, 0);
  const [child] = muxers.children;
  child!.stderr("[info] rtsp://me:s3cret@host");
  child!.stderr(
    "[srt @ 0x55] [error] srt://me:s3cret@host?p=pass-the-salt: Lost",
  );
  child!.exit(1);
  await assert.rejects(muxer.write(wireUnit(33)), (error) => {
    assert.ok(error instanceof ProcessError);
    assert.equal(
      error.message,
      "ffmpeg exited with 1: srt: srt://***@host?p=***: Lost",
    );
    assert.doesNotMatch(JSON.stringify(error), /s3cret|salt/);
    return true;
  });
});

test("openMuxer() keeps secrets out of the arguments, and takes them back", async () => {
  const secrets = { streamid: "publish:cam:me:s3cret" };
  const { runtime, muxers, muxer } = await setUp({ ...JOB, secrets });
  const [output = []] = muxers.outputs;
  assert.equal(output[0], "-fpre");
  assert.equal(
    runtime.files.text(output[1]!),
    "streamid=publish:cam:me:s3cret\n",
  );
  assert.doesNotMatch(output.join(" "), /s3cret/);
  await write(muxer, 0);
  await runtime.turn();
  assert.equal(runtime.files.text(output[1]!), undefined);
  await muxer.end();
  assert.deepEqual(runtime.open, []);
});

test("openMuxer() lets no secret have a second line", async () => {
  const secrets = { streamid: "a\nb" };
  await assert.rejects(setUp({ ...JOB, secrets }), TypeError);
});

test("openMuxer() ends with its signal, and by no fault of FFmpeg's", async () => {
  const { runtime, muxer, stop } = await setUp();
  await write(muxer, 0);
  stop.abort();
  await assert.rejects(muxer.write(wireUnit(33)), { name: "AbortError" });
  await muxer[Symbol.asyncDispose]();
  assert.deepEqual(runtime.open, []);
});
