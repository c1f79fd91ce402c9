/**
 * Whether the power supply is strong enough.
 *
 * @module
 */

import type { Runtime } from "../../mod.ts";

/** Where Raspberry Pi's firmware tells of its power supply. */
const SENSORS = Array.from(
  { length: 10 },
  (_, i) => `/sys/class/hwmon/hwmon${i}`,
);

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
