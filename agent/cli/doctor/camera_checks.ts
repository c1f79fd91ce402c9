/**
 * What pictures come from, and what codes them.
 *
 * @module
 */

import type { Camera } from "../../plugin/source.ts";
import { bad, type Check, good, note } from "./finding.ts";
import type { Patient } from "./patient.ts";

const MODEL = "/proc/device-tree/model";

async function modelOf(patient: Patient): Promise<string | undefined> {
  const model = await patient.read(MODEL);
  return model?.startsWith("Raspberry Pi") ? model : undefined;
}

/** The programs of a Raspberry Pi's camera, and what they were called. */
const RPICAM = ["rpicam-vid", "libcamera-vid"];

/** FFmpeg of Raspberry Pi OS Bookworm. */
const OLDEST_FFMPEG = [5, 1] as const;

/** Programs, cameras, and whether they may be opened. */
export const CAMERA_CHECKS: readonly Check[] = [
  {
    name: "model",
    async run(patient) {
      return good(await modelOf(patient) ?? "no Raspberry Pi");
    },
  },
  {
    name: "ffmpeg",
    async run(patient) {
      const install = "sudo apt install ffmpeg";
      const text = await patient.output("ffmpeg", "-hide_banner", "-version");
      if (text === undefined) return bad("not there", install);
      const [, version = "?", major, minor] =
        /^ffmpeg version (n?(\d+)\.(\d+)\S*)/.exec(text) ?? [];
      const [oldest, oldestMinor] = OLDEST_FFMPEG;
      const isOld = Number(major) < oldest ||
        Number(major) === oldest && Number(minor) < oldestMinor;
      if (isOld) return bad(`${version} is older than 5.1`, install);
      const encoders = await patient.output(
        "ffmpeg",
        "-hide_banner",
        "-encoders",
      ) ?? "";
      const can = ["libx264", "h264_v4l2m2m", "h264_vaapi", "h264_nvenc"]
        .filter((name) => encoders.includes(` ${name} `));
      if (!can.includes("libx264")) {
        return bad(`${version} without libx264`, install);
      }
      return good(`${version} with ${can.join(", ")}`);
    },
  },
  {
    name: "rpicam",
    async run(patient) {
      const isPi = await modelOf(patient) !== undefined;
      const program = RPICAM.find((name) => patient.has(name));
      if (program === undefined) {
        return isPi
          ? note(
            "neither rpicam-vid nor libcamera-vid: no camera at a camera port",
            "sudo apt install rpicam-apps-lite",
          )
          : good("not needed: no Raspberry Pi");
      }
      const text = await patient.output(program, "--version") ?? "";
      const version = /build: v?(\S+)/.exec(text)?.[1] ?? "of unknown version";
      // Before they told what they can do, all of them could.
      const isLite = /libav:0/.test(text);
      const how = isLite ? "Lite, without libav" : "with libav";
      const model = await modelOf(patient) ?? "";
      if (!isLite || !/ 5\b|500| Compute Module 5/.test(model)) {
        return good(`${program} ${version}, ${how}`);
      }
      return note(
        `${program} ${version}, ${how}: FFmpeg encodes in its place`,
        "sudo apt install rpicam-apps",
      );
    },
  },
  {
    name: "cameras",
    async run(patient) {
      let cameras: readonly Camera[];
      try {
        cameras = await patient.cameras();
      } catch (error) {
        return note(
          `they cannot be listed: ${(error as Error).message}`,
          "camagent cameras",
        );
      }
      if (cameras.length > 0) {
        return good(
          cameras.map(({ address, model, busy }) =>
            `${address} (${model}${busy ? ", in use" : ""})`
          ).join(", "),
        );
      }
      const config = await patient.read("/boot/firmware/config.txt");
      const detects = config === undefined ||
        /^camera_auto_detect=1/m.test(config) ||
        /^dtoverlay=(imx|ov)\d+/m.test(config);
      return note(
        "none",
        detects
          ? "plug one in, both ends of its cable; without one: camagent send test:"
          : "echo camera_auto_detect=1 | sudo tee -a /boot/firmware/config.txt && sudo reboot",
      );
    },
  },
  {
    name: "groups",
    async run(patient) {
      const groups = (await patient.output("id", "-nG") ?? "").split(/\s+/);
      if (groups.includes("root")) return good("root may open everything");
      if (groups.includes("video")) return good("in group video");
      return note(
        "not in group video: cameras cannot be opened",
        'sudo usermod -aG video "$USER", then log in again',
      );
    },
  },
];
