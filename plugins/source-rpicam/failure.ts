/**
 * Why a camera ended, and what to do about it.
 *
 * @module
 */

import type {
  PluginHost,
  ProcessName,
  Runtime,
  SourceContext,
} from "../../mod.ts";
import type { CaptureEnd } from "./capture.ts";

/** What libcamera opens while it has a camera. */
const DEVICES = /^\/dev\/media\d+$/;

/** Users of the camera that are named. */
const MOST_USERS = 3;

/** Where Raspberry Pi's firmware tells of its power supply. */
const SENSORS = Array.from(
  { length: 10 },
  (_, i) => `/sys/class/hwmon/hwmon${i}`,
);

/** Makes an error out of how a run ended. */
export async function failureOf(
  end: CaptureEnd,
  { address, runtime }: Pick<SourceContext<unknown>, "address" | "runtime">,
  host: PluginHost,
): Promise<Error> {
  const { ConfigError, StreamError } = host;
  const { complaint, exit, program, delivered } = end;
  const quoted = `"${address.redacted}"`;
  const refuse = (why: string, exitCode: number) =>
    new ConfigError(`Cannot open ${quoted}: ${why}`, { exitCode });
  switch (complaint?.kind) {
    case "no-camera":
      return complaint.text.startsWith("selected")
        ? refuse('there is no such camera; "camagent cameras" lists them', 66)
        : refuse(
          `${program} finds no camera; check its cable, run ` +
            '"camagent doctor", or try test:',
          66,
        );
    case "busy": {
      const users = await usersOf(runtime);
      return new StreamError("refused", `${quoted} is in use${users}`);
    }
    case "cable":
      return new StreamError(
        "stalled",
        `${quoted} does not deliver: check both ends of its cable` +
          await powerHint(runtime),
      );
    case "legacy":
      return refuse(
        "the legacy camera stack is on; turn it off with " +
          '"sudo raspi-config nonint do_legacy 1" and reboot',
        78,
      );
    case "no-pi":
      return refuse("this is no Raspberry Pi; try v4l2: or test:", 69);
    case "value":
    case "option":
      if (!delivered) return refuse(`${program} says "${complaint.text}"`, 64);
  }
  const { code, signal, forced, stderrTail } = exit;
  if (code === 0) {
    return new StreamError("ended", `${program} ended by itself`);
  }
  const how = signal ? `was killed by ${signal}` : `exited with ${code}`;
  const why = complaint ? `: ${complaint.text}` : "";
  return new host.ProcessError(
    `${program} ${how}${why}${await powerHint(runtime)}`,
    {
      command: [program],
      reason: signal ? "killed" : "exited",
      exitCode: code ?? undefined,
      signal: signal ?? undefined,
      forced,
      stderrTail,
    },
  );
}

/** The processes that have a camera of a camera port. */
export function cameraUsers(runtime: Runtime): Promise<ProcessName[]> {
  return runtime.usersOf(DEVICES);
}

async function usersOf(runtime: Runtime): Promise<string> {
  const names = (await cameraUsers(runtime)).slice(0, MOST_USERS)
    .map(({ name, pid }) => `${name} (${pid})`);
  return names.length > 0 ? ` by ${names.join(", ")}` : " by another program";
}

/** Names a power supply that is too weak, where the firmware says so. */
export async function powerHint(runtime: Runtime): Promise<string> {
  for (const folder of SENSORS) {
    if (await textOf(runtime, `${folder}/name`) !== "rpi_volt") continue;
    const alarm = await textOf(runtime, `${folder}/in0_lcrit_alarm`);
    if (alarm === "1") return "; the power supply is too weak (under-voltage)";
  }
  return "";
}

async function textOf(runtime: Runtime, path: string): Promise<string> {
  try {
    const bytes = await runtime.readFile(path, 4096);
    return new TextDecoder().decode(bytes).trim();
  } catch {
    return ""; // There is no such sensor.
  }
}
