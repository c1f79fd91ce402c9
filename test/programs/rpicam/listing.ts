/**
 * What rpicam-vid prints for `--list-cameras` and `--version`.
 *
 * @module
 */

import { isAtLeast, type Play } from "./scenario.ts";

/** A way to read a sensor out. */
interface SensorMode {
  format: string;
  width: number;
  height: number;
  fps: number;
  crop: string;
}

/** A sensor. */
interface Sensor {
  width: number;
  height: number;
  /** `10-bit RGGB`; absent for some. */
  kind?: string;
  modes: SensorMode[];
}

const SENSORS: Record<string, Sensor> = {
  imx708: {
    width: 4608,
    height: 2592,
    kind: "10-bit RGGB",
    modes: [
      mode("SRGGB10_CSI2P", 1536, 864, 120.13, "(768, 432)/3072x1728"),
      mode("SRGGB10_CSI2P", 2304, 1296, 56.03, "(0, 0)/4608x2592"),
      mode("SRGGB10_CSI2P", 4608, 2592, 14.35, "(0, 0)/4608x2592"),
    ],
  },
  imx219: {
    width: 3280,
    height: 2464,
    kind: "10-bit RGGB",
    modes: [
      mode("SRGGB10_CSI2P", 640, 480, 206.65, "(1000, 752)/1280x960"),
      mode("SRGGB10_CSI2P", 1920, 1080, 47.57, "(680, 692)/1920x1080"),
      mode("SRGGB8", 640, 480, 206.65, "(1000, 752)/1280x960"),
      mode("SRGGB8", 3280, 2464, 21.19, "(0, 0)/3280x2464"),
    ],
  },
};

function mode(
  format: string,
  width: number,
  height: number,
  fps: number,
  crop: string,
): SensorMode {
  return { format, width, height, fps, crop };
}

/** Where a sensor is, as libcamera names it. */
export function sensorPath(name: string, index: number, play: Play): string {
  const bus = play.model === "pisp"
    ? `/base/axi/pcie@120000/rp1/i2c@${index === 0 ? "88000" : "80000"}`
    : `/base/soc/i2c0mux/i2c@${index === 0 ? 1 : 0}`;
  return `${bus}/${name}@1a`;
}

/** The text of `--list-cameras`. */
export function listing(play: Play): string {
  if (play.cameras.length === 0) return "No cameras available!\n";
  const blocks = play.cameras.map((name, index) =>
    block(name, index, play).join("\n")
  );
  return `Available cameras\n-----------------\n${blocks.join("\n")}\n`;
}

function block(name: string, index: number, play: Play): string[] {
  const { width, height, kind, modes } = SENSORS[name] ?? SENSORS.imx219!;
  const isOld = !isAtLeast(play.version, [1, 0]);
  const what = isOld || !kind
    ? `[${width}x${height}]`
    : `[${width}x${height} ${kind}]`;
  const formats = [...new Set(modes.map(({ format }) => format))];
  const lines = formats.flatMap((format, first) => {
    const prefix = `${
      first === 0 ? "    Modes: " : " ".repeat(11)
    }'${format}' : `;
    return modes.filter((mode) => mode.format === format).map((mode, row) => {
      const indent = row === 0 ? prefix : " ".repeat(format.length + 5 + 11);
      const size = `${mode.width}x${mode.height}`;
      return isOld
        ? `${indent}${size}`
        : `${indent}${size} [${mode.fps.toFixed(2)} fps - ${mode.crop} crop]`;
    });
  });
  const path = sensorPath(name, index, play);
  return [`${index} : ${name} ${what} (${path})`, ...lines, ""];
}

/** The text of `--version`. */
export function versionText(program: string, play: Play): string {
  const number = play.version.join(".");
  const name = program.replace(/-vid$/, "-apps");
  const can = play.lite
    ? "egl:0 qt:0 drm:0 libav:0"
    : "egl:1 qt:1 drm:1 libav:1";
  return `${name} build: v${number} 0123456789ab 20-05-2025 (12:00:00)\n` +
    `${name} capabilites: ${can}\n` +
    "libcamera build: v0.5.0+59-d83ff0a4\n";
}
