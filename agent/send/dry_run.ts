/**
 * Which programs a source would start, without starting them.
 *
 * @module
 */

import { encoderArgs } from "../ffmpeg/encoder_args.ts";
import type { Runtime, SpawnOptions } from "../plugin/runtime.ts";
import type { SourceContext, SourcePlugin } from "../plugin/source.ts";

/**
 * Lets a source go as far as its first program or its first picture.
 *
 * @param context As for a real run; only its `probe` still starts something.
 * @returns Command lines, none where the source needs no program.
 * @throws What the source throws before it gets that far.
 */
export async function dryRun(
  plugin: SourcePlugin,
  context: SourceContext<unknown>,
): Promise<string[][]> {
  const commands: string[][] = [];
  const enough = new AbortController();
  const refuse = (command: string[]): Promise<never> => {
    commands.push(command);
    enough.abort();
    return Promise.reject(enough.signal.reason);
  };
  const spawn = ({ command, args }: SpawnOptions) => refuse([command, ...args]);
  const { runtime, video } = context;
  try {
    await plugin.run(() => enough.abort(), {
      ...context,
      signal: AbortSignal.any([context.signal, enough.signal]),
      runtime: withSpawn(runtime, spawn),
      encode: (job) =>
        refuse(["ffmpeg", ...encoderArgs(job, video, runtime.wallClock())]),
    });
  } catch (error) {
    if (!enough.signal.aborted) throw error;
  }
  return commands;
}

/** The same machine, but for one thing; it may be an object of any class. */
function withSpawn(runtime: Runtime, spawn: Runtime["spawn"]): Runtime {
  return new Proxy(runtime, {
    get(target, name) {
      if (name === "spawn") return spawn;
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
