/**
 * What may keep camagent from working well, and what to do about it.
 *
 * @module
 */

import { CAMERA_CHECKS } from "./camera_checks.ts";
import type { Check } from "./finding.ts";
import { NETWORK_CHECKS } from "./network_checks.ts";
import { POWER_CHECKS } from "./power_checks.ts";
import { SYSTEM_CHECKS } from "./system_checks.ts";

/** Every check, in the order of the table. */
export const CHECKS: readonly Check[] = [
  ...SYSTEM_CHECKS,
  ...POWER_CHECKS,
  ...CAMERA_CHECKS,
  ...NETWORK_CHECKS,
];
