/**
 * Usage text, made from the tables of commands, flags and plugins.
 *
 * @module
 */

import type { Plugin } from "../plugin/host.ts";
import type { Command } from "./command.ts";
import { describeOptions } from "./describe.ts";
import { type Flag, type Flags, kebabCase } from "./flags.ts";

/** Two columns of text. */
type Row = readonly [left: string, right: string];

const WIDTH = 80;

/** Where the right column begins. */
const INDENT = 26;

/** The help of the whole program. */
export function generalHelp(
  commands: readonly Command[],
  flags: Flags,
  plugins: readonly Plugin[],
): string {
  const schemes = (kind: Plugin["kind"]) =>
    plugins.filter((plugin) => plugin.kind === kind)
      .flatMap(({ schemes }) => schemes.map((scheme) => `${scheme}:`))
      .join(" ");
  return [
    "camagent: camera pictures in another process, a few milliseconds later",
    section("Usage", ["  camagent <command> [<flags>] <address>..."]),
    section(
      "Commands",
      commands.flatMap(({ name, summary }) => columns([name, summary])),
    ),
    section("Flags", flagRows(flags).flatMap(columns)),
    section("Addresses", [
      ...columns(["Sources", schemes("source")]),
      ...columns(["Transports", schemes("transport")]),
      ...columns(["Sinks", schemes("sink")]),
    ]),
    section("Exit codes", [
      ...columns(["0", "ended as asked: by SIGTERM, by the end of the input"]),
      ...columns([
        "64, 66, 73, 77",
        "wrong command line, no such input, " +
        "cannot create, no permission",
      ]),
      ...columns(["69", "FFmpeg is missing, or --max-retries is used up"]),
      ...columns(["65, 70", "no video in the stream, a bug"]),
      ...columns(["130", "Ctrl-C in a terminal"]),
    ]),
    '\nSee "camagent <command> --help".',
  ].join("\n") + "\n";
}

/** The help of one command. */
export function commandHelp(
  command: Command,
  plugins: readonly Plugin[],
): string {
  const lists = Object.entries(command.lists).map(([kind, title]) =>
    section(
      title,
      plugins.filter((plugin) => plugin.kind === kind)
        .filter((plugin) => offers(plugin, title))
        .flatMap(pluginLines),
    )
  );
  return [
    ...wrap(command.summary, WIDTH),
    section("Usage", [`  camagent ${command.name} ${command.usage}`.trimEnd()]),
    section("Flags", flagRows(command.flags).flatMap(columns)),
    ...lists,
    section(
      "Examples",
      command.examples.flatMap((
        [line, does],
      ) => [`  ${line}`, `      ${does}`]),
    ),
  ].join("\n") + "\n";
}

/** The schemes of a plugin and the options of its addresses. */
export function pluginLines(plugin: Plugin): string[] {
  const schemes = plugin.schemes.map((scheme) => `${scheme}:`).join(" ");
  return [
    ...columns([schemes, plugin.description]),
    ...describeOptions(plugin.options).flatMap(([name, text]) =>
      columns([`  ?${name}=`, text])
    ),
  ];
}

function offers(plugin: Plugin, title: string): boolean {
  if (plugin.kind !== "transport") return true;
  return title === "Inputs"
    ? plugin.receive !== undefined
    : plugin.send !== undefined;
}

function flagRows(flags: Flags): Row[] {
  return Object.entries(flags)
    .map(([key, flag]) => [flagText(key, flag), flag.description]);
}

function flagText(key: string, flag: Flag): string {
  const short = flag.short === undefined ? "" : `-${flag.short}, `;
  const name = `${short}--${kebabCase(key)}`;
  if (flag.placeholder === undefined) return name;
  return flag.bare === undefined
    ? `${name} ${flag.placeholder}`
    : `${name}[=${flag.placeholder}]`;
}

function section(title: string, lines: readonly string[]): string {
  return ["", `${title}:`, ...lines].join("\n");
}

function columns([left, right]: Row): string[] {
  const head = `  ${left}`;
  const texts = wrap(right, WIDTH - INDENT);
  const first = head.length < INDENT ? texts.shift() ?? "" : undefined;
  return [
    first === undefined ? head : `${head.padEnd(INDENT)}${first}`.trimEnd(),
    ...texts.map((text) => `${"".padEnd(INDENT)}${text}`),
  ];
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/).filter((word) => word !== "")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else lines.push(word);
  }
  return lines;
}
