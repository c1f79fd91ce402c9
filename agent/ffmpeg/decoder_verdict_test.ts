import assert from "node:assert/strict";
import { test } from "../../test/harness.ts";
import { type DecoderMethod, methodName, SOFTWARE } from "./decoder_method.ts";
import type { TrialResult } from "./decoder_trial.ts";
import {
  bestMethod,
  covers,
  type DecoderTask,
  expectedAge,
  resultOf,
  type Verdict,
} from "./decoder_verdict.ts";

const VAAPI: DecoderMethod = { hwaccel: "vaapi" };
const M2M: DecoderMethod = { decoder: "h264_v4l2m2m" };

const LARGE: DecoderTask = { codec: "h264", width: 1920, height: 1080 };
const SMALL: DecoderTask = { codec: "h264", width: 640, height: 480 };

function works(held: number, msPerPicture: number): TrialResult {
  return { works: true, held, msPerPicture };
}

const FAILS: TrialResult = { works: false, why: "Could not find a device" };

function verdict(
  method: DecoderMethod,
  result: TrialResult,
  codec: Verdict["codec"] = "h264",
): Verdict {
  return { codec, method, result };
}

test("expectedAge counts what is held at the pace of the stream", () => {
  assert.equal(expectedAge(works(0, 6), LARGE), 6);
  assert.equal(expectedAge(works(2, 6), { ...LARGE, fps: 50 }), 46);
  assert.equal(Math.round(expectedAge(works(1, 6), LARGE)), 39);
  assert.equal(expectedAge(FAILS, LARGE), Infinity);
});

test("expectedAge grows with the picture, and without bounds if it is too slow", () => {
  const quarter = { ...LARGE, width: 960, height: 540 };
  assert.equal(expectedAge(works(0, 40), quarter), 10);
  assert.equal(expectedAge(works(0, 40), LARGE), Infinity);
  assert.equal(expectedAge(works(0, 40), { ...LARGE, fps: 20 }), 40);
  // Nobody knows the size yet.
  const unknown = { ...LARGE, width: 0, height: 0 };
  assert.ok(expectedAge(works(0, 40), unknown) < 10);
});

const CASES: [
  name: string,
  verdicts: Verdict[],
  task: DecoderTask,
  best: string,
][] = [
  ["nothing was measured", [], LARGE, "software"],
  ["nothing works", [verdict(SOFTWARE, FAILS)], LARGE, "software"],
  [
    "hardware does not work",
    [verdict(SOFTWARE, works(0, 6)), verdict(VAAPI, FAILS)],
    LARGE,
    "software",
  ],
  [
    "hardware is faster",
    [verdict(SOFTWARE, works(0, 6)), verdict(VAAPI, works(0, 3))],
    LARGE,
    "vaapi",
  ],
  [
    "hardware is faster by less than trials differ",
    [verdict(SOFTWARE, works(0, 6)), verdict(VAAPI, works(0, 5.5))],
    LARGE,
    "software",
  ],
  [
    "hardware is faster and holds a picture",
    [verdict(SOFTWARE, works(0, 20)), verdict(M2M, works(1, 8))],
    LARGE,
    "software",
  ],
  [
    "software does not keep up",
    [verdict(SOFTWARE, works(0, 60)), verdict(M2M, works(1, 12))],
    LARGE,
    "h264_v4l2m2m",
  ],
  [
    "the pictures are small enough for software to keep up",
    [verdict(SOFTWARE, works(0, 60)), verdict(M2M, works(1, 12))],
    SMALL,
    "software",
  ],
  [
    "nothing keeps up, and hardware is faster",
    [verdict(SOFTWARE, works(0, 90)), verdict(M2M, works(1, 50))],
    LARGE,
    "h264_v4l2m2m",
  ],
  [
    "nothing keeps up, and software is faster",
    [verdict(M2M, works(1, 90)), verdict(SOFTWARE, works(0, 50))],
    LARGE,
    "software",
  ],
  [
    "software does not work",
    [verdict(SOFTWARE, FAILS), verdict(M2M, works(1, 12))],
    LARGE,
    "h264_v4l2m2m",
  ],
  [
    "only another codec was measured",
    [verdict(VAAPI, works(0, 3), "hevc")],
    LARGE,
    "software",
  ],
];

for (const [name, verdicts, task, best] of CASES) {
  test(`bestMethod takes ${best} where ${name}`, () => {
    assert.equal(methodName(bestMethod(verdicts, task)), best);
    const reversed = verdicts.toReversed();
    assert.equal(methodName(bestMethod(reversed, task)), best);
  });
}

test("resultOf finds a trial by codec and name", () => {
  const verdicts = [verdict(SOFTWARE, FAILS), verdict(M2M, works(1, 12))];
  assert.deepEqual(resultOf(verdicts, "h264", { ...M2M }), works(1, 12));
  assert.equal(resultOf(verdicts, "hevc", M2M), undefined);
  assert.equal(resultOf(verdicts, "h264", VAAPI), undefined);
  assert.deepEqual([covers(verdicts, "h264"), covers(verdicts, "hevc")], [
    true,
    false,
  ]);
});
