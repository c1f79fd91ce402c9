/**
 * What is known of a machine that decodes.
 *
 * @module
 */

import type { MachineFacts } from "../../agent/ffmpeg/decoder_findings.ts";
import type { CacheFile } from "../../agent/runtime/cache_file.ts";

/** A cache that is gone with the test. */
export class FakeCache implements CacheFile {
  /** What is in it. */
  text: string | undefined;

  /** As the contract says. */
  read(): Promise<string | undefined> {
    return Promise.resolve(this.text);
  }

  /** As the contract says. */
  write(text: string): Promise<boolean> {
    this.text = text;
    return Promise.resolve(true);
  }
}

/** A machine with these devices, of which nothing is known. */
export function fakeMachine(
  ...devices: string[]
): MachineFacts & { cache: FakeCache } {
  return {
    kernel: "6.1.0",
    devices: () => devices,
    cache: new FakeCache(),
  };
}
