import assert from "node:assert/strict";
import { FakeCache } from "../../test/fakes/machine.ts";
import { test } from "../../test/harness.ts";
import {
  type Findings,
  isSameHardware,
  readFindings,
  writeFindings,
} from "./decoder_cache.ts";

const FINDINGS: Findings = {
  ffmpeg: "ffmpeg version 5.1.9-0+deb12u1",
  kernel: "6.1.0",
  devices: ["dri/renderD128", "video10"],
  verdicts: [
    {
      codec: "h264",
      method: {},
      result: {
        works: true,
        held: 0,
        msPerPicture: 6.2,
        cpuMsPerPicture: 2.5,
      },
    },
    {
      codec: "h264",
      method: { decoder: "h264_v4l2m2m" },
      result: { works: true, held: 1, msPerPicture: 12 },
    },
    {
      codec: "hevc",
      method: { hwaccel: "vaapi" },
      result: { works: false, why: "No device available" },
    },
  ],
};

test("readFindings reads what writeFindings has written", async () => {
  const file = new FakeCache();
  await writeFindings(file, FINDINGS);
  assert.deepEqual(await readFindings(file), { schema: 1, ...FINDINGS });
});

/** What may stand there instead. */
const OTHERS: Record<string, (text: string) => string | undefined> = {
  "nothing": () => undefined,
  "an empty file": () => "",
  "half a file": (text) => text.slice(0, text.length / 2),
  "something of somebody else": () => '{"version": 3, "items": []}',
  "a list": () => "[1, 2, 3]",
  "a later version": (text) => text.replace('"schema":1', '"schema":2'),
  "a decoder whose name is an option": (text) =>
    text.replace("h264_v4l2m2m", "-protocol_whitelist"),
  "a decoder with a name too much": (text) =>
    text.replace('{"hwaccel":"vaapi"}', '{"hwaccel":"vaapi","decoder":"x"}'),
  "a codec that is not tried": (text) => text.replace('"hevc"', '"vp8"'),
  "a number below zero": (text) => text.replace('"held":1', '"held":-1'),
  "a number that is none": (text) => text.replace("6.2", '"6.2"'),
};

for (const [name, change] of Object.entries(OTHERS)) {
  test(`readFindings takes ${name} for nothing`, async () => {
    const file = new FakeCache();
    await writeFindings(file, FINDINGS);
    file.text = change(file.text!);
    assert.equal(await readFindings(file), undefined);
  });
}

test("writeFindings does not mind that nothing can be kept", async () => {
  const file = new FakeCache();
  file.write = () => Promise.resolve(false);
  await writeFindings(file, FINDINGS);
});

test("isSameHardware compares kernel and devices", () => {
  assert.ok(isSameHardware(FINDINGS, { ...FINDINGS }));
  assert.ok(!isSameHardware(FINDINGS, { ...FINDINGS, kernel: "6.6.0" }));
  assert.ok(!isSameHardware(FINDINGS, { ...FINDINGS, devices: [] }));
});
