/**
 * What a check finds.
 *
 * @module
 */

import type { Patient } from "./patient.ts";

/** How bad it is: `bad` is what camagent cannot work with. */
export type Level = "good" | "note" | "bad";

/** What a check has found. */
export interface Finding {
  /** How bad it is. */
  readonly level: Level;
  /** What is there. */
  readonly text: string;
  /** The command that mends it; absent where all is well. */
  readonly fix?: string;
}

/** One thing to look at. */
export interface Check {
  /** What it is about. */
  readonly name: string;
  /** Looks. */
  run(patient: Patient): Promise<Finding>;
}

/** All is well. */
export function good(text: string): Finding {
  return { level: "good", text };
}

/** It works, and could work better. */
export function note(text: string, fix: string): Finding {
  return { level: "note", text, fix };
}

/** camagent cannot work with it. */
export function bad(text: string, fix: string): Finding {
  return { level: "bad", text, fix };
}
