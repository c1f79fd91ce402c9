/**
 * Power and temperature of a Raspberry Pi.
 *
 * @module
 */

import { bad, type Check, good, note } from "./finding.ts";

/** Bits of `vcgencmd get_throttled`, by Raspberry Pi's documentation. */
const THROTTLED: readonly [bit: number, what: string][] = [
  [0, "the power supply is too weak now"],
  [1, "the processor is slowed down now"],
  [2, "the processor is throttled now"],
  [3, "it is too hot now"],
  [16, "the power supply was too weak"],
  [17, "the processor was slowed down"],
  [18, "the processor was throttled"],
  [19, "it was too hot"],
];

/** Those that are not over. */
const NOW = 0xf;

/** What the firmware watches. */
export const POWER_CHECKS: readonly Check[] = [
  {
    name: "power",
    async run(patient) {
      const text = await patient.output("vcgencmd", "get_throttled");
      const flags = /^throttled=(0x[0-9a-f]+)$/.exec(text ?? "")?.[1];
      if (flags === undefined) return good("nobody watches it here");
      const bits = Number(flags);
      if (bits === 0) return good("no under-voltage, not throttled");
      const found = THROTTLED.filter(([bit]) => bits >>> bit & 1)
        .map(([, what]) => what);
      const fix = found.some((what) => what.includes("power"))
        ? "use the power supply made for this model, then: vcgencmd get_throttled"
        : "give it a heat sink or a fan, then: vcgencmd measure_temp";
      const message = `${found.join(", ")} (${flags})`;
      return bits & NOW ? bad(message, fix) : note(message, fix);
    },
  },
];
