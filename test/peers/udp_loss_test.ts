import assert from "node:assert/strict";
import { temporaryFolder } from "../e2e/folder.ts";
import { test } from "../harness.ts";
import { Clip, ONE_SLICE, SLICED } from "./clip.ts";
import { sendOver } from "./lossy_link.ts";

/** Ten seconds of film. */
const FRAMES = 300;

/** Part of the damaged frames that may pass. */
const MAY_PASS = 0.1;

const percent = (part: number) => `${(100 * part).toFixed(1)} %`;

for (const [slices, options] of Object.entries({ 1: ONE_SLICE, 4: SLICED })) {
  for (const loss of [0.01, 0.05]) {
    const what = `${percent(loss)} of ${slices} slices are lost`;
    test(`camagent recv shows less damage than FFmpeg: ${what}`, async () => {
      using folder = temporaryFolder();
      const clip = Clip.encode(folder.path, FRAMES, ...options);
      const { lost, camagent, ffmpeg } = await sendOver(clip, { loss }, 1);
      const passed = camagent.damaged / ffmpeg.damaged;
      // deno-lint-ignore no-console
      console.log(
        `${lost} datagrams lost, ${FRAMES} pictures: FFmpeg shows ` +
          `${ffmpeg.frames}, ${ffmpeg.damaged} damaged; camagent ` +
          `${camagent.frames}, ${camagent.damaged} damaged: ` +
          `${percent(passed)} of those pass`,
      );
      assert.ok(ffmpeg.frames > FRAMES / 2 && camagent.frames > 0);
      // Of one slice most losses are inside, where only a decoder sees them.
      assert.ok(passed <= MAY_PASS, percent(passed));
    });
  }
}
