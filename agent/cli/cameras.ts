/**
 * `camagent cameras`: what cameras there are, and how to select them.
 *
 * @module
 */

import { ConfigError } from "../errors.ts";
import { option } from "../plugin/options.ts";
import type { Runtime } from "../plugin/runtime.ts";
import type { Camera, CameraMode } from "../plugin/source.ts";
import type { Registry } from "../registry.ts";
import { type CommandLine, refuseRest } from "./args.ts";
import type { Command, Shell } from "./command.ts";
import { commonFlags } from "./flags.ts";
import { oneLine, shellQuote, tableLines } from "./text.ts";

/** EX_NOINPUT of sysexits.h. */
const NO_INPUT = 66;

/** Modes that a table has room for. */
const MOST_MODES = 4;

const flags = {
  json: {
    schema: option.flag(),
    bare: "true",
    description: "print one JSON object per camera",
  },
  ...commonFlags,
} as const;

/** Lists the cameras. */
export const camerasCommand: Command = {
  name: "cameras",
  usage: "",
  summary: "List the cameras of this machine, and how to select them.",
  flags,
  lists: {},
  examples: [
    ["camagent cameras", "what there is, and who uses it"],
    ["camagent cameras --json | jq -r .address", "for programs"],
  ],
  async run({ positionals, values }: CommandLine<typeof flags>, shell: Shell) {
    refuseRest("cameras", positionals);
    const { registry, runtime, stop } = shell;
    const cameras = await listCameras(registry, runtime, stop.signal);
    if (values.json) {
      const head = { schema: 1, type: "camera" };
      return await shell.print(
        cameras.map((camera) => `${JSON.stringify({ ...head, ...camera })}\n`)
          .join(""),
      );
    }
    if (cameras.length === 0) {
      return shell.terminal.line(
        'There is no camera; "camagent doctor" says what may be wrong',
      );
    }
    await shell.print(table(cameras).map((line) => `${line}\n`).join(""));
  },
};

/** Asks every source for its cameras, in the order of the plugins. */
export async function listCameras(
  registry: Registry,
  runtime: Runtime,
  signal: AbortSignal,
): Promise<Camera[]> {
  const found: Camera[] = [];
  for (const plugin of registry.plugins) {
    if (plugin.kind !== "source" || !plugin.listCameras) continue;
    found.push(...await plugin.listCameras({ runtime, signal }));
  }
  return found;
}

/**
 * Finds the camera that `auto:` stands for: the first one that nobody uses.
 *
 * @throws {ConfigError} If there is none.
 */
export async function chooseCamera(
  registry: Registry,
  runtime: Runtime,
  signal: AbortSignal,
): Promise<Camera> {
  const cameras = await listCameras(registry, runtime, signal);
  const camera = cameras.find(({ busy }) => !busy) ?? cameras[0];
  if (camera !== undefined) return camera;
  throw new ConfigError(
    "Cannot find a camera: there is none at a camera port and none on USB; " +
      'ask "camagent doctor", or send a test picture with ' +
      '"camagent send test:"',
    { exitCode: NO_INPUT },
  );
}

function table(cameras: readonly Camera[]): string[] {
  const rows = cameras.map(({ address, model, busy, users, modes }) => [
    shellQuote([address]),
    oneLine(model),
    busy ? `busy${by(users)}` : "free",
    modesText(modes),
  ]);
  return tableLines([["ADDRESS", "MODEL", "STATE", "MODES"], ...rows]);
}

function by(users: Camera["users"]): string {
  if (users.length === 0) return "";
  return `: ${
    users.map(({ name, pid }) => `${oneLine(name)} ${pid}`).join(", ")
  }`;
}

/** The sizes with their highest rates, each once. */
function modesText(modes: readonly CameraMode[]): string {
  const rates = new Map<string, number>();
  for (const { size: { width, height }, fps: [most = 0] } of modes) {
    const size = `${width}x${height}`;
    rates.set(size, Math.max(rates.get(size) ?? 0, most));
  }
  const texts = [...rates].map(([size, fps]) =>
    fps > 0 ? `${size}@${Math.round(fps)}` : size
  );
  const more = texts.length - MOST_MODES;
  return texts.slice(0, MOST_MODES).join(" ") +
    (more > 0 ? ` and ${more} more` : "");
}
