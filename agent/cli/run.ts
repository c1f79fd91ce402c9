/**
 * From command line arguments to an exit code.
 *
 * @module
 */

import { ConfigError } from "../errors.ts";
import type { Decoders } from "../ffmpeg/decoders.ts";
import { ms } from "../media/time.ts";
import { option, unknownName } from "../plugin/options.ts";
import type { Runtime } from "../plugin/runtime.ts";
import { Registry } from "../registry.ts";
import type { Stop } from "../runtime/signals.ts";
import { parseCommandLine } from "./args.ts";
import { camerasCommand } from "./cameras.ts";
import type { Command, Shell } from "./command.ts";
import { endingOf, ExitCode } from "./exit_code.ts";
import { commonFlags, type Flags, type FlagValues } from "./flags.ts";
import { commandHelp, generalHelp } from "./help.ts";
import type { Pipelines } from "./pipeline.ts";
import { addPluginFile } from "./plugin_file.ts";
import { pluginCheckCommand, pluginsCommand } from "./plugins.ts";
import { decodersCommand } from "./decoders.ts";
import { doctorCommand } from "./doctor.ts";
import { recvCommand } from "./recv.ts";
import { sendCommand } from "./send.ts";
import { type Streams, wantsColor } from "./streams.ts";
import { Terminal } from "./terminal.ts";
import { oneLine } from "./text.ts";
import { versionLine } from "./version.ts";
import { watchCommand } from "./watch.ts";

/** What the program is made of. */
export interface Parts {
  /** The modules of the built-in plugins. */
  builtins: readonly unknown[];
  /** Makes the pipelines. */
  pipelines: Pipelines;
  /** The machine. */
  runtime: Runtime;
  /** Its decoders. */
  decoders: Decoders;
  /** What surrounds us. */
  streams: Streams;
  /** Asks us to end. */
  stop: Stop;
}

/** Every command, in the order of the help. */
export const commands: readonly Command[] = [
  sendCommand,
  recvCommand,
  watchCommand,
  camerasCommand,
  doctorCommand,
  decodersCommand,
  pluginsCommand,
  pluginCheckCommand,
];

/** The flags of `camagent` itself. */
export const rootFlags = {
  ...commonFlags,
  version: {
    schema: option.flag(),
    bare: "true",
    description: "print the version",
  },
} as const satisfies Flags;

/** How long the last words may take when nobody reads them. */
const FLUSH_MS = ms(300);

/**
 * Runs one command line.
 *
 * @returns The exit code.
 */
export async function run(
  argv: readonly string[],
  parts: Parts,
): Promise<number> {
  const { streams, stop, runtime } = parts;
  const terminal = new Terminal({
    write: streams.writeStderr,
    columns: streams.columns,
  });
  let code: number;
  try {
    code = await Promise.race([
      dispatch(argv, parts, terminal),
      stop.uncaught,
    ]);
  } catch (error) {
    const ending = endingOf(error);
    const prefix = streams.isJournal ? "<3>" : "";
    for (const line of ending.message.split("\n")) terminal.line(prefix + line);
    code = ending.code;
  }
  await Promise.race([terminal.flush(), runtime.sleep(FLUSH_MS)]);
  return code;
}

async function dispatch(
  argv: readonly string[],
  parts: Parts,
  terminal: Terminal,
): Promise<number> {
  const command = commandOf(argv);
  if (command === undefined) return await runRoot(argv, parts, terminal);
  const line = parseCommandLine(
    argv.slice(command.name.split(" ").length),
    command.flags,
    `camagent ${command.name}`,
  );
  const shell = await openShell(line.values, parts, terminal);
  if (line.values.help) {
    await shell.print(commandHelp(command, shell.registry.plugins));
    return ExitCode.ok;
  }
  try {
    await command.run(line, shell);
  } catch (error) {
    if (error !== parts.stop.signal.reason) throw error;
  }
  const isInterrupted = parts.stop.received === "SIGINT";
  return isInterrupted && parts.streams.isInteractive
    ? ExitCode.interrupted
    : ExitCode.ok;
}

function commandOf(argv: readonly string[]): Command | undefined {
  if (argv[0] === undefined || argv[0].startsWith("-")) return undefined;
  const found = commands.find(({ name }) =>
    name.split(" ").every((word, index) => word === argv[index])
  );
  if (found !== undefined) return found;
  const names = commands.map(({ name }) => name);
  const why = unknownName("command", oneLine(argv[0]), names);
  throw new ConfigError(`Cannot run "camagent": ${why}`);
}

/** `camagent`, `camagent --help`, `camagent --version`. */
async function runRoot(
  argv: readonly string[],
  parts: Parts,
  terminal: Terminal,
): Promise<number> {
  const line = parseCommandLine(argv, rootFlags, "camagent");
  const { values, positionals } = line;
  const shell = await openShell(values, parts, terminal);
  if (positionals.length > 0) {
    throw new ConfigError(
      'Cannot run "camagent": the command comes first, then its flags',
    );
  }
  if (values.version) {
    await shell.print(`${versionLine()}\n`);
    return ExitCode.ok;
  }
  const help = generalHelp(commands, rootFlags, shell.registry.plugins);
  if (values.help) {
    await shell.print(help);
    return ExitCode.ok;
  }
  terminal.line(help.trimEnd());
  return ExitCode.usage;
}

async function openShell(
  { color = "auto", plugin = [] }: FlagValues<typeof commonFlags>,
  { builtins, ...parts }: Parts,
  terminal: Terminal,
): Promise<Shell> {
  const registry = new Registry();
  for (const module of builtins) registry.add(module, "built in");
  for (const file of plugin) await addPluginFile(registry, file);
  return {
    registry,
    ...parts,
    terminal,
    color: wantsColor(color, parts.streams),
    async print(text) {
      try {
        await parts.runtime.writeStdout(new TextEncoder().encode(text));
      } catch {
        parts.stop.request();
      }
    },
  };
}
