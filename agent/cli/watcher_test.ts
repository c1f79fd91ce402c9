import assert from "node:assert/strict";
import { packedFormat } from "../media/frame.ts";
import type {
  Frames,
  SharedFrame,
  WriterState,
} from "../../readers/typescript/camagent.ts";
import { test } from "../../test/harness.ts";
import { Watcher, watchLine } from "./watcher.ts";

function frame(number: number, change: Partial<SharedFrame> = {}): SharedFrame {
  return {
    ...packedFormat(640, 480, "rgb24"),
    data: new Uint8Array(),
    generation: 1n,
    number,
    capturedAt: 1,
    receivedAt: 2,
    decodedAt: 3,
    publishedAt: 4,
    keyframe: false,
    damaged: false,
    afterLoss: false,
    ageMs: () => 5,
    isWhole: () => true,
    ...change,
  };
}

function watcherOf(state: WriterState = "live"): Watcher {
  return new Watcher({ state } as Frames);
}

test("Watcher counts frames, and what it missed of each writer", () => {
  const watcher = watcherOf();
  for (const number of [4, 5, 8]) watcher.see(frame(number), 100 * number);
  watcher.see(frame(2, { generation: 2n, afterLoss: true }), 900);
  const { frames, missed, losses } = watcher.status(900);
  assert.deepEqual([frames, missed, losses], [4, 2, 1]);
});

test("Watcher tells ages since the capture, or since the arrival", () => {
  const watcher = watcherOf();
  watcher.see(frame(1), 0);
  assert.equal(watcher.status(0).age?.since, "capture");
  const { capturedAt: _, ...rest } = frame(2, { ageMs: () => 9 });
  watcher.see(rest, 10);
  // The two are not of one kind.
  assert.deepEqual(watcher.status(10).age, {
    since: "arrival",
    p50: 9,
    p95: 9,
  });
});

test("watchLine() says in a line how it goes", () => {
  const watcher = watcherOf();
  for (let number = 1; number <= 30; number++) {
    watcher.see(frame(number), 1000 * number / 30);
  }
  assert.equal(
    watchLine(watcher.status(1000)),
    "live  640x480 rgb24  31.0 fps  age p50 5.0 p95 5.0 ms (capture)  missed 0",
  );
  const dead = new Watcher({ state: "stale", silentMs: 3210 } as Frames);
  assert.equal(watchLine(dead.status(0)), "stale for 3.2 s  0.0 fps  missed 0");
  assert.equal(
    watchLine(watcherOf("absent").status(0)),
    "absent  0.0 fps  missed 0",
  );
});
