/**
 * From the addresses and option flags of a command line to what a pipeline
 * connects.
 *
 * @module
 */

import { ConfigError } from "../errors.ts";
import { parseAddress, refuseName } from "../media/address.ts";
import type { Plugin } from "../plugin/host.ts";
import { unknownName } from "../plugin/options.ts";
import type { Registry, Resolved } from "../registry.ts";
import {
  type Flags,
  inputFlags,
  kebabCase,
  sinkFlags,
  sourceFlags,
} from "./flags.ts";

/** What `send` connects. */
export interface SendRoute {
  /** Where the pictures come from. */
  source: Resolved<"source">;
  /** Where they go; at least one. */
  outputs: readonly Resolved<"transport">[];
}

/** What `recv` connects. */
export interface RecvRoute {
  /** Where the stream comes from. */
  input: Resolved<"transport">;
  /** Where the frames go; at least one. */
  sinks: readonly Resolved<"sink">[];
}

/** The text of the flags that were given, by key. */
type Texts = Readonly<Record<string, string>>;

/** Stands for the first camera there is. */
const AUTO = "auto:";

/** The port that viewers for Raspberry Pi cameras ask first. */
const DEFAULT_OUTPUT = "tcp://0.0.0.0:5001";

/**
 * Resolves the addresses of `send`.
 *
 * @param camera Finds the camera that `auto:` stands for: its address.
 * @throws {ConfigError} If one is wrong, or says what a flag says as well.
 */
export async function routeSend(
  registry: Registry,
  positionals: readonly string[],
  texts: Texts,
  camera: () => Promise<string>,
): Promise<SendRoute> {
  const [first] = positionals;
  const isSource = first !== undefined && kindOf(registry, first) === "source";
  const rest = positionals.slice(isSource ? 1 : 0);
  const outputs = (rest.length === 0 ? [DEFAULT_OUTPUT] : rest)
    .map((text) => registry.resolve("transport", text));
  refuseTwice(rest);
  const text = isSource ? first : AUTO;
  const source = await resolveSource(registry, text, camera);
  return { source: withFlags(source, texts, sourceFlags), outputs };
}

/**
 * Resolves the addresses of `recv`.
 *
 * @throws {ConfigError} If one is missing or wrong, or says what a flag says
 * as well.
 */
export function routeRecv(
  registry: Registry,
  [input, ...sinks]: readonly string[],
  texts: Texts,
): RecvRoute {
  if (input === undefined) {
    throw new ConfigError(
      "Cannot receive without an address: give one such as " +
        "tcp://192.168.1.5:5001",
    );
  }
  const resolved = registry.resolve("transport", input);
  if (sinks.length === 0) {
    throw new ConfigError(
      "Cannot receive without a sink: give pipe:/path of a named pipe, " +
        'or "-" for stdout',
    );
  }
  refuseTwice(sinks);
  return {
    input: withFlags(resolved, texts, inputFlags),
    sinks: sinks.map((text) =>
      withFlags(registry.resolve("sink", text), texts, sinkFlags)
    ),
  };
}

/** Two that write to the same place would mix. */
function refuseTwice(texts: readonly string[]): void {
  const places = new Set<string>();
  for (const text of texts) {
    const address = parseAddress(text === "-" ? "stdout:" : text);
    const { host, port, path, resource, query: { streamid } } = address;
    const place = [address.scheme, host, port, path, resource, streamid].join();
    if (places.has(place)) {
      const [shown = ""] = address.redacted.split("?");
      throw new ConfigError(`Cannot use "${shown}" twice`);
    }
    places.add(place);
  }
}

/** A misspelled source must not be taken for an output. */
function kindOf(registry: Registry, text: string): Plugin["kind"] {
  const kind = registry.kindOf(text);
  if (kind !== undefined) return kind;
  const { scheme } = parseAddress(text);
  if (`${scheme}:` === AUTO) return "source";
  const known = registry.plugins
    .filter(({ kind }) => kind !== "sink")
    .flatMap(({ schemes }) => schemes.map((scheme) => `${scheme}:`));
  const why = unknownName("source or transport", `${scheme}:`, known);
  throw new ConfigError(`Cannot use "${scheme}:": ${why}`);
}

/** What is asked of `auto:` is asked of the camera that it stands for. */
async function resolveSource(
  registry: Registry,
  text: string,
  camera: () => Promise<string>,
): Promise<Resolved<"source">> {
  if (!text.toLowerCase().startsWith(AUTO)) {
    return registry.resolve("source", text);
  }
  const wanted = parseAddress(text);
  refuseName(wanted);
  const found = registry.resolve("source", await camera());
  const query = { ...found.address.query, ...wanted.query };
  return { ...found, address: { ...found.address, query } };
}

function withFlags<Kind extends Plugin["kind"]>(
  resolved: Resolved<Kind>,
  texts: Texts,
  flags: Flags,
): Resolved<Kind> {
  const { address } = resolved;
  const given = Object.entries(texts).filter(([key]) => key in flags);
  const twice = given.find(([key]) => key in address.query);
  if (twice !== undefined) {
    throw new ConfigError(
      `Cannot use "--${kebabCase(twice[0])}" with "${address.redacted}": ` +
        `the address has an option "${twice[0]}" already`,
    );
  }
  const query = { ...address.query, ...Object.fromEntries(given) };
  return { ...resolved, address: { ...address, query } };
}
