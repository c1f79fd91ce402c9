import assert from "node:assert/strict";
import { setImmediate } from "node:timers";
import { FakeClock } from "../../test/fakes/clock.ts";
import { byteStream, writeSlice } from "../../test/h264_writer.ts";
import { test } from "../../test/harness.ts";
import { StreamError } from "../errors.ts";
import { AccessUnitHub } from "../media/access_unit_hub.ts";
import { packedFormat } from "../media/frame.ts";
import { ms } from "../media/time.ts";
import { Queue } from "../runtime/queue.ts";
import { DecodeRun, type FrameDecoder } from "./decode_run.ts";
import { FrameRing, slotsFor } from "./frame_ring.ts";
import type { ReceivedUnit } from "./received_unit.ts";
import type { StreamInfo } from "./stream_info.ts";
import type { LossPolicy } from "./access_unit_gate.ts";
import type { DecodedFrame } from "../ffmpeg/decoder.ts";

const STREAM: StreamInfo = {
  codec: "h264",
  width: 2,
  height: 1,
  untagged: "bt601",
  reorderDepth: 0,
  lossy: false,
};

/** A decoder in the hands of a test. */
class FakeDecoder implements FrameDecoder {
  readonly fed: number[] = [];
  readonly #frames = new Queue<DecodedFrame>();
  readonly #exit = Promise.withResolvers<never>();
  readonly #reading = this.#frames[Symbol.asyncIterator]();
  /** What feeding it throws, once it no longer reads. */
  refuses: Error | undefined;
  /** Set where it takes nothing, and does not end. */
  hangs = false;
  ended = false;
  disposed = 0;

  constructor() {
    this.failed.catch(() => {});
  }

  get failed(): Promise<never> {
    return this.#exit.promise;
  }

  /** A frame comes out. */
  emit(...numbers: number[]): void {
    for (const pts of numbers) this.#frames.push({ pts });
  }

  /** A frame comes out that something is wrong with. */
  complain(pts: number): void {
    this.#frames.push({ pts, complaint: "error while decoding MB 1 2" });
  }

  die(error: Error): void {
    this.#exit.reject(error);
    this.#frames.end();
  }

  feed(_data: Uint8Array<ArrayBuffer>, number: number): Promise<void> {
    if (this.refuses) return Promise.reject(this.refuses);
    if (this.hangs) return this.failed;
    this.fed.push(number);
    return Promise.resolve();
  }

  endInput(): void {
    this.ended = true;
  }

  async readFrame(slot: Uint8Array<ArrayBuffer>): Promise<DecodedFrame> {
    const { value, done } = await this.#reading.next();
    if (done) return await this.failed;
    slot.fill(value.pts);
    return value;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.disposed++;
    // A read that is on ends a little later.
    setImmediate(() => this.die(new StreamError("ended", "It was told to")));
    return Promise.resolve();
  }
}

function setUp(
  stream: StreamInfo = STREAM,
  loss: LossPolicy = "hold",
  held = 0,
) {
  const clock = new FakeClock();
  const decoder = new FakeDecoder();
  const hub = new AccessUnitHub<ReceivedUnit>(() => clock.now());
  const queue = hub.join(ms(200));
  const ring = new FrameRing(packedFormat(2, 1, "gray"), {
    slots: Array.from({ length: slotsFor(1) }, () => new Uint8Array(2)),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  });
  const counts = { decoded: 0, stale: 0, hidden: 0, dropped: 0 };
  const input = {
    newestAt: 0,
    keyframeDistance: 0,
    loss,
  };
  let progress = 0;
  const run = new DecodeRun(decoder, ring, clock, {
    input,
    counts,
    budget: () => ms(200),
    held,
    progress: () => void progress++,
  });
  const stop = new AbortController();
  let number = 0;
  /** A unit that was captured now, or so long ago. */
  const unit = (
    ago = 0,
    of = stream,
    keyframe = number === 0,
    change: Partial<ReceivedUnit> = {},
  ): ReceivedUnit => {
    const at = ms(clock.now() - ago);
    input.newestAt = at;
    return {
      data: new Uint8Array(1),
      keyframe,
      recoveryPoint: false,
      hidden: false,
      spoilt: false,
      number: ++number,
      receivedAt: clock.now(),
      capturedAt: at,
      origin: { at, since: "capture" },
      stream: of,
      ...change,
    };
  };
  const push = (ago?: number, of?: StreamInfo) => hub.push(unit(ago, of));
  const pushKeyframe = () => hub.push(unit(0, stream, true));
  const pushChanged = (change: Partial<ReceivedUnit>) =>
    hub.push(unit(0, stream, false, change));
  /** Units that never get to this decoder. */
  const lose = (count: number) => void (number += count);
  const begin = (ago?: number, change: Partial<ReceivedUnit> = {}) => {
    hub.push(unit(ago, stream, change.keyframe ?? true, change));
    const units = queue[Symbol.asyncIterator]();
    return units.next().then(({ value }) =>
      run.decode(value!, units, stop.signal)
    );
  };
  const end = async (running: Promise<unknown>) => {
    stop.abort(new Error("Told to stop"));
    await assert.rejects(running, new Error("Told to stop"));
    assert.equal(clock.sleeping, 0);
    assert.equal(decoder.disposed, 1);
    queue[Symbol.dispose]();
    await ring.close();
  };
  const progressed = () => progress;
  const t = { clock, decoder, ring, counts, stop, push, pushKeyframe, begin };
  return { ...t, pushChanged, lose, progressed, end };
}

test("DecodeRun publishes frames with what is known of their unit", async () => {
  const t = setUp();
  using sink = t.ring.subscribe(undefined);
  const running = t.begin(5);
  await t.clock.advance(3);
  t.decoder.emit(1);
  const slot = await sink.next();
  assert.deepEqual(slot?.frame, {
    data: Uint8Array.of(1, 1),
    sequence: 1,
    capturedAt: ms(995),
    receivedAt: ms(1000),
    decodedAt: ms(1003),
    keyframe: true,
    damaged: false,
    origin: { at: 995, since: "capture" },
  });
  t.ring.release(slot);
  assert.deepEqual([t.counts, t.progressed()], [{
    decoded: 1,
    stale: 0,
    hidden: 0,
    dropped: 0,
  }, 1]);
  await t.end(running);
});

test("DecodeRun shows pictures that are put in order, each as the newest", async () => {
  const t = setUp({ ...STREAM, reorderDepth: 16 });
  using sink = t.ring.subscribe(undefined);
  const running = t.begin();
  const shown: [number, number][] = [];
  // One picture held back: each frame comes when the next unit is fed.
  for (const number of [1, 3, 4, 2, 6, 7, 5]) {
    await t.clock.advance(40);
    t.push();
    t.decoder.emit(number);
    const slot = await sink.next();
    const { data, sequence } = slot!.frame!;
    shown.push([data[0]!, sequence]);
    t.ring.release(slot!);
  }
  const expected = [[1, 1], [3, 3], [4, 4], [2, 5], [6, 6], [7, 7], [5, 8]];
  assert.deepEqual(shown, expected);
  assert.equal(t.counts.stale, 0);
  await t.end(running);
});

test("DecodeRun keeps four units in the decoder, and those held back", async () => {
  for (const [reorderDepth, held] of [[0, 0], [2, 0], [2, 3]] as const) {
    const t = setUp({ ...STREAM, reorderDepth }, "hold", held);
    const running = t.begin();
    for (let i = 0; i < 12; i++) t.push();
    await t.clock.advance(0);
    const window = 4 + reorderDepth + held;
    assert.equal(t.decoder.fed.length, window);
    t.decoder.emit(1);
    await t.clock.advance(0);
    assert.equal(t.decoder.fed.length, window + 1);
    await t.end(running);
  }
});

test("DecodeRun gives up a decoder that takes nothing, whatever it may hold back", async () => {
  const t = setUp({ ...STREAM, reorderDepth: 16 });
  t.decoder.hangs = true;
  const failure = assert.rejects(t.begin(), { failure: "stalled" });
  t.push();
  await t.clock.advance(2500);
  await failure;
});

test("DecodeRun does not wait for units that the decoder skipped", async () => {
  const t = setUp();
  const running = t.begin();
  for (let i = 0; i < 10; i++) t.push();
  await t.clock.advance(0);
  t.decoder.emit(4);
  await t.clock.advance(0);
  assert.deepEqual(t.decoder.fed, [1, 2, 3, 4, 5, 6, 7, 8]);
  await t.end(running);
});

for (const reorderDepth of [0, 2]) {
  test(`DecodeRun feeds a keyframe to a decoder that dropped ${4 + reorderDepth} units`, async () => {
    const window = 4 + reorderDepth;
    const t = setUp({ ...STREAM, reorderDepth });
    const running = t.begin();
    for (let i = 1; i < window + 3; i++) t.push();
    await t.clock.advance(199);
    t.pushKeyframe();
    t.push();
    await t.clock.advance(0);
    assert.equal(t.decoder.fed.at(-1), window);
    await t.clock.advance(1);
    // What was to come before the keyframe is of no use.
    assert.deepEqual(t.decoder.fed.slice(window), [window + 4, window + 5]);
    assert.equal(t.counts.dropped, 3);
    // It has all the room that there is.
    for (let i = 2; i < 10; i++) t.push();
    await t.clock.advance(0);
    assert.equal(t.decoder.fed.at(-1), 2 * window + 3);
    t.decoder.emit(window + 4);
    await t.clock.advance(0);
    assert.equal(t.decoder.fed.at(-1), 2 * window + 4);
    await t.end(running);
  });
}

test("DecodeRun lets no keyframe overtake a slow decoder", async () => {
  const t = setUp();
  const running = t.begin();
  for (let number = 1; number < 10; number++) {
    while (t.decoder.fed.length < number + 3) {
      t.pushKeyframe();
      await t.clock.advance(0);
    }
    await t.clock.advance(190);
    assert.equal(t.decoder.fed.length, number + 3);
    t.decoder.emit(number);
    await t.clock.advance(0);
  }
  assert.deepEqual([t.counts.decoded, t.counts.dropped], [9, 0]);
  await t.end(running);
});

test("DecodeRun fails a decoder that no keyframe helps", async () => {
  const t = setUp();
  const failure = assert.rejects(t.begin(), { failure: "stalled" });
  for (let i = 0; i < 20; i++) {
    t.pushKeyframe();
    await t.clock.advance(90);
  }
  assert.equal(t.decoder.disposed, 0);
  await t.clock.advance(200);
  await failure;
  assert.equal(t.clock.sleeping, 0);
});

test("DecodeRun shows nothing of a backlog but its end", async () => {
  const t = setUp();
  using sink = t.ring.subscribe(undefined);
  const running = t.begin(400);
  for (const ago of [300, 200, 100, 0]) t.push(ago);
  for (const number of [1, 2, 3, 4, 5]) {
    await t.clock.advance(0);
    t.decoder.emit(number);
  }
  await t.clock.advance(0);
  assert.deepEqual(t.counts, { decoded: 5, stale: 3, hidden: 0, dropped: 0 });
  assert.equal(t.progressed(), 5);
  const slot = await sink.next();
  assert.equal(slot?.frame?.sequence, 5);
  assert.equal(sink.dropped, 1);
  t.ring.release(slot);
  await t.end(running);
});

test("DecodeRun shows what a slow decoder gets done after 500 ms", async () => {
  const t = setUp();
  const running = t.begin(300);
  t.push(0);
  await t.clock.advance(0);
  t.decoder.emit(1);
  await t.clock.advance(500);
  assert.deepEqual(t.counts, { decoded: 1, stale: 1, hidden: 0, dropped: 0 });
  for (let number = 3; number < 6; number++) {
    t.push(300);
    await t.clock.advance(0);
    t.push(0);
    await t.clock.advance(0);
    t.decoder.emit(2 * number - 3);
    await t.clock.advance(100);
  }
  assert.deepEqual(t.counts, { decoded: 4, stale: 1, hidden: 0, dropped: 0 });
  await t.end(running);
});

/** What a sink sees: numbers, and `!` behind those that are damaged. */
function watch(ring: FrameRing) {
  const sink = ring.subscribe(undefined);
  const shown: string[] = [];
  const watching = (async () => {
    for (let slot; (slot = await sink.next()) !== undefined;) {
      const { sequence, damaged } = slot.frame!;
      shown.push(`${sequence}${damaged ? "!" : ""}`);
      ring.release(slot);
    }
  })();
  const end = () => {
    sink[Symbol.dispose]();
    return watching;
  };
  return { shown, [Symbol.asyncDispose]: end };
}

/** A recovery point that is whole two pictures later (D.1.8: ue(2)). */
const RECOVERY_POINT = {
  recoveryPoint: true,
  keyframe: false,
  data: byteStream([[6, 6, 1, 0x71, 0x80], writeSlice(0x41)]),
};
const PICTURE = { data: byteStream([writeSlice(0x41)]) };

type Setting = ReturnType<typeof setUp>;

/** Has the decoder make a frame of every unit it is fed, one by one. */
async function decodeAll({ clock, decoder }: Setting): Promise<void> {
  let done = 0;
  await clock.advance(0);
  while (done < decoder.fed.length) {
    decoder.emit(decoder.fed[done++]!);
    await clock.advance(0);
  }
}

test("DecodeRun shows no unit that is hidden, and counts it", async () => {
  const t = setUp();
  await using sink = watch(t.ring);
  const running = t.begin();
  t.pushChanged({ hidden: true });
  t.pushChanged({ hidden: true });
  t.push();
  await decodeAll(t);
  assert.deepEqual(sink.shown, ["1", "4"]);
  assert.deepEqual(t.counts, { decoded: 4, stale: 0, hidden: 2, dropped: 0 });
  // They show that the decoder is alive.
  assert.equal(t.progressed(), 4);
  await t.end(running);
});

test("DecodeRun shows a spoilt unit as damaged", async () => {
  const t = setUp();
  await using sink = watch(t.ring);
  const running = t.begin();
  t.pushChanged({ spoilt: true });
  t.push();
  await decodeAll(t);
  assert.deepEqual(sink.shown, ["1", "2!", "3"]);
  assert.equal(t.counts.hidden, 0);
  await t.end(running);
});

test("DecodeRun that begins with a recovery point hides what is not whole", async () => {
  const t = setUp();
  await using sink = watch(t.ring);
  const running = t.begin(0, RECOVERY_POINT);
  for (let i = 0; i < 3; i++) t.pushChanged(PICTURE);
  await decodeAll(t);
  assert.deepEqual(sink.shown, ["3", "4"]);
  assert.equal(t.counts.hidden, 2);
  await t.end(running);
});

test("DecodeRun hides what is not whole behind units it never got", async () => {
  const t = setUp();
  await using sink = watch(t.ring);
  const running = t.begin();
  t.pushChanged(PICTURE);
  await decodeAll(t);
  t.lose(5);
  t.pushChanged(RECOVERY_POINT);
  for (let i = 0; i < 3; i++) t.pushChanged(PICTURE);
  await t.clock.advance(0);
  for (const number of t.decoder.fed.slice(2)) {
    t.decoder.emit(number);
    await t.clock.advance(0);
  }
  assert.deepEqual(t.decoder.fed, [1, 2, 8, 9, 10, 11]);
  assert.deepEqual(sink.shown, ["1", "2", "10", "11"]);
  await t.end(running);
});

test("DecodeRun shows a keyframe at once behind units it never got", async () => {
  const t = setUp();
  await using sink = watch(t.ring);
  const running = t.begin();
  await decodeAll(t);
  t.lose(5);
  t.pushKeyframe();
  await t.clock.advance(0);
  t.decoder.emit(7);
  await t.clock.advance(0);
  assert.deepEqual(sink.shown, ["1", "7"]);
  await t.end(running);
});

test("DecodeRun shows recovery points of a whole stream", async () => {
  const t = setUp();
  await using sink = watch(t.ring);
  const running = t.begin();
  t.pushChanged(RECOVERY_POINT);
  t.pushChanged(PICTURE);
  await decodeAll(t);
  assert.deepEqual(sink.shown, ["1", "2", "3"]);
  await t.end(running);
});

test("DecodeRun feeds a recovery point to a decoder that dropped units", async () => {
  const t = setUp();
  const running = t.begin();
  for (let i = 1; i < 6; i++) t.pushChanged(PICTURE);
  t.pushChanged(RECOVERY_POINT);
  await t.clock.advance(199);
  assert.deepEqual(t.decoder.fed, [1, 2, 3, 4]);
  await t.clock.advance(1);
  assert.deepEqual(t.decoder.fed, [1, 2, 3, 4, 7]);
  assert.equal(t.counts.dropped, 2);
  await t.end(running);
});

test("DecodeRun feeds a decoder that is silent behind a gap", async () => {
  const t = setUp();
  const running = t.begin();
  await decodeAll(t);
  t.lose(1);
  t.pushChanged({ ...RECOVERY_POINT, hidden: true });
  for (let i = 1; i < 70; i++) t.pushChanged(PICTURE);
  await t.clock.advance(0);
  assert.deepEqual(t.decoder.fed.slice(1, 4), [3, 4, 5]);
  assert.equal(t.decoder.fed.length, 1 + 64);
  // From here on it is as quick as ever.
  t.decoder.emit(60);
  await t.clock.advance(0);
  assert.equal(t.decoder.fed.length, 1 + 64);
  t.decoder.emit(66);
  await t.clock.advance(0);
  assert.equal(t.decoder.fed.length, 1 + 64 + 4);
  await t.end(running);
});

test("DecodeRun fails a decoder that is fed and silent for 2 s", async () => {
  const t = setUp();
  const running = t.begin();
  const failure = assert.rejects(running, {
    name: "StreamError",
    failure: "stalled",
  });
  await t.clock.advance(1500);
  t.push();
  await t.clock.advance(490);
  assert.equal(t.decoder.disposed, 0);
  await t.clock.advance(20);
  await failure;
  assert.equal(t.decoder.disposed, 1);
  assert.equal(t.clock.sleeping, 0);
});

test("DecodeRun lets a decoder be silent that is not fed", async () => {
  for (const reorderDepth of [0, 1]) {
    const t = setUp({ ...STREAM, reorderDepth });
    const running = t.begin();
    await t.clock.advance(10);
    if (reorderDepth === 0) t.decoder.emit(1);
    await t.clock.advance(60_000);
    assert.equal(t.decoder.disposed, 0);
    // Silence counts from the next unit, not from the last frame.
    t.push();
    await t.clock.advance(1900);
    assert.equal(t.decoder.disposed, 0);
    await t.end(running);
  }
});

test("DecodeRun ends with its stream, after the last frames", async () => {
  const t = setUp();
  using sink = t.ring.subscribe(undefined);
  const running = t.begin();
  const next: StreamInfo = { ...STREAM, width: 4, untagged: "bt709" };
  t.push(0, next);
  await t.clock.advance(100);
  assert.deepEqual([t.decoder.fed, t.decoder.ended], [[1], true]);
  t.decoder.emit(1);
  const slot = await sink.next();
  assert.equal(slot?.frame?.sequence, 1);
  t.ring.release(slot);
  await t.clock.advance(200);
  assert.equal(await running, next);
  assert.equal(t.decoder.disposed, 1);
  assert.equal(t.clock.sleeping, 0);
});

test("DecodeRun gives back the slot it was filling", async () => {
  const t = setUp();
  const running = t.begin();
  await t.clock.advance(10);
  t.stop.abort(new Error("Told to stop"));
  await assert.rejects(running);
  const slots = new Set([1, 2, 3].map(() => t.ring.acquire()));
  assert.equal(slots.size, slotsFor(1));
  assert.equal(t.clock.sleeping, 0);
});

test("DecodeRun says what the decoder died of", async () => {
  const t = setUp();
  const running = t.begin();
  await t.clock.advance(10);
  t.decoder.refuses = new StreamError("lost", "It no longer reads");
  t.push();
  await t.clock.advance(10);
  t.decoder.die(new Error("Invalid data"));
  await assert.rejects(running, new Error("Invalid data"));
});

test("DecodeRun does not wait long for last words", async () => {
  const t = setUp();
  t.decoder.refuses = new StreamError("lost", "It no longer reads");
  const failure = assert.rejects(t.begin(), { message: "It no longer reads" });
  await t.clock.advance(310);
  await failure;
  assert.equal(t.clock.sleeping, 0);
});

test("DecodeRun ends at once if it was told to before it began", async () => {
  const t = setUp();
  t.stop.abort(new Error("Told to stop"));
  await t.end(t.begin());
});

/** A stream of which only the decoder knows what is missing. */
const LOSSY: StreamInfo = { ...STREAM, lossy: true };

for (const loss of ["hold", "flag", "pass"] as const) {
  const expected = {
    hold: ["1", "2", "5"],
    flag: ["1", "2", "3 damaged", "4 damaged", "5"],
    pass: ["1", "2", "3", "4", "5"],
  }[loss];
  test(`DecodeRun with loss=${loss} shows ${expected.join()} of what its decoder complains of`, async () => {
    const t = setUp(LOSSY, loss);
    using sink = t.ring.subscribe(undefined);
    const shown: string[] = [];
    const showing = (async () => {
      for (let slot; (slot = await sink.next());) {
        const { sequence, damaged } = slot.frame!;
        shown.push(`${sequence}${damaged ? " damaged" : ""}`);
        t.ring.release(slot);
      }
    })();
    const running = t.begin();
    for (let number = 1; number <= 5; number++) {
      if (number === 5) t.pushKeyframe();
      else if (number > 1) t.push();
      await t.clock.advance(1);
      if (number === 3) t.decoder.complain(number);
      else t.decoder.emit(number);
      await t.clock.advance(1);
    }
    assert.deepEqual(shown, expected);
    assert.equal(t.counts.hidden, 5 - expected.length);
    await t.end(running);
    sink.end();
    await showing;
  });
}

test("DecodeRun shows what arrived whole, whatever its decoder says", async () => {
  const t = setUp();
  using sink = t.ring.subscribe(undefined);
  const running = t.begin();
  await t.clock.advance(1);
  t.decoder.complain(1);
  const slot = await sink.next();
  assert.equal(slot?.frame?.damaged, false);
  t.ring.release(slot);
  await t.end(running);
});
