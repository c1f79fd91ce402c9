/**
 * What rpicam-vid and libcamera say when something is wrong.
 *
 * @module
 */

/** What is the matter. */
export type ComplaintKind =
  /** An option that this version does not have. */
  | "option"
  /** This build cannot encode. */
  | "encoder"
  | "no-camera"
  | "busy"
  /** The sensor does not deliver. */
  | "cable"
  | "legacy"
  | "no-pi"
  /** A value that the camera does not take. */
  | "value"
  /** Something else, in the program's own words. */
  | "other";

/** One thing that is wrong. */
export interface Complaint {
  /** What is the matter. */
  readonly kind: ComplaintKind;
  /** The option of `option`, without its dashes; else what it says. */
  readonly text: string;
}

/** From the most telling to the least; the first that fits counts. */
const PATTERNS: readonly [ComplaintKind, RegExp][] = [
  ["option", /unrecognised option '-{0,2}([\w-]+)/],
  ["encoder", /(Unable to find an appropriate H.264 codec)/],
  ["encoder", /(failed to open V4L2 H264 encoder)/],
  ["encoder", /(failed to start output streaming)/],
  ["encoder", /(no buffers available to queue codec input)/],
  ["encoder", /(libav: (?!no such).*?)( \*\*\*)?$/],
  ["encoder", /(Unrecognised codec \w+)/],
  ["no-camera", /(no cameras available)/i],
  ["no-camera", /(selected camera is not available)/],
  ["busy", /(Pipeline handler in use by another process)/],
  ["busy", /(failed to acquire camera [^*]*?)( \*\*\*)?$/],
  ["cable", /(Camera frontend has timed out)/],
  ["cable", /(Device timeout detected)/],
  ["legacy", /(configured for the legacy camera stack)/],
  ["no-pi", /(only supports the Raspberry Pi platforms)/],
  ["value", /((?:Invalid|no such) .*?)( \*\*\*)?$/],
  ["value", /(the argument \(.*?)( \*\*\*)?$/],
  ["other", /what\(\):\s+(.*)$/],
  ["other", /ERROR: \*\*\* (.*?) \*\*\*$/],
];

/** Recognises a line of stderr. */
export function complaintIn(line: string): Complaint | undefined {
  for (const [kind, pattern] of PATTERNS) {
    const text = pattern.exec(line)?.[1];
    if (text !== undefined) return { kind, text };
  }
  return undefined;
}

/** The one of two that tells more; of the same kind the first. */
export function worse(
  before: Complaint | undefined,
  next: Complaint,
): Complaint {
  if (before === undefined) return next;
  return before.kind === "other" && next.kind !== "other" ? next : before;
}
