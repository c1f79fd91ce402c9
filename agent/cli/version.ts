/**
 * Which camagent this is. A compiled binary has no package.json to ask.
 *
 * @module
 */

import process from "node:process";

/** The version of package.json. */
export const VERSION = "0.1.0";

/** One line for `--version`: `camagent 0.1.0 (deno 2.9.6, linux arm64)`. */
export function versionLine(): string {
  const { versions, platform, arch } = process;
  const [name, version] = ["deno", "bun", "node"]
    .map((name) => [name, versions[name]])
    .find(([, version]) => version) ?? ["unknown", ""];
  return `camagent ${VERSION} (${name} ${version}, ${platform} ${arch})`;
}
