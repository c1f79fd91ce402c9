/**
 * What the doctor may ask the machine.
 *
 * @module
 */

import type { Runtime } from "../../plugin/runtime.ts";
import type { Camera } from "../../plugin/source.ts";

/** Larger files are none that the doctor reads. */
const MOST_BYTES = 64 * 1024;

/** A program that takes longer is stuck. */
const PROGRAM_MS = 5000;

/** The machine, as far as the doctor looks at it; tests make one up. */
export interface Patient {
  /** Text of a file, without the white space around it; none if unreadable. */
  read(path: string): Promise<string | undefined>;
  /** Whether a program is on PATH. */
  has(program: string): boolean;
  /**
   * What a program writes to stdout.
   *
   * @returns `undefined` if it is not there, fails, or is stuck.
   */
  output(program: string, ...args: string[]): Promise<string | undefined>;
  /** Whether a TCP port can be listened on, or a UDP port bound. */
  isFree(protocol: "tcp" | "udp", port: number): Promise<boolean>;
  /** The cameras. */
  cameras(): Promise<readonly Camera[]>;
}

/** The real machine. */
export function patient(
  runtime: Runtime,
  signal: AbortSignal,
  cameras: () => Promise<readonly Camera[]>,
): Patient {
  return {
    cameras,
    has: (program) => runtime.hasProgram(program),
    async read(path) {
      try {
        const bytes = await runtime.readFile(path, MOST_BYTES);
        // The device tree's texts end with a zero.
        return new TextDecoder().decode(bytes).replaceAll("\0", "").trim();
      } catch {
        return undefined; // Not there, or not for us.
      }
    },
    async output(command, ...args) {
      if (!runtime.hasProgram(command)) return undefined;
      const decoder = new TextDecoder();
      let text = "";
      const stuck = new AbortController();
      const timer = setTimeout(() => stuck.abort(), PROGRAM_MS);
      try {
        await using child = await runtime.spawn({
          command,
          args,
          signal: AbortSignal.any([signal, stuck.signal]),
          onStdout: (chunk) => text += decoder.decode(chunk, { stream: true }),
        });
        const { code } = await child.exit;
        return code === 0 ? text.trim() : undefined;
      } catch {
        return undefined;
      } finally {
        clearTimeout(timer);
      }
    },
    async isFree(protocol, port) {
      try {
        await using _socket = protocol === "tcp"
          ? await runtime.listenTcp({ host: "0.0.0.0", port })
          : await runtime.openUdp({ host: "0.0.0.0", port });
        return true;
      } catch {
        return false;
      }
    },
  };
}
