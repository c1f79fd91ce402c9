/**
 * What an address may say, by what is done there.
 *
 * @module
 */

import type { Address, PluginHost } from "../../mod.ts";

/** Whoever goes by an address. */
export type Role = "server" | "receiver" | "publisher";

/** Of those who ask another server. */
const CLIENT = ["ca", "fingerprint", "transport", "user", "passwordFile"];

const OPTIONS: Readonly<Record<Role, readonly string[]>> = {
  server: [
    ...["user", "passwordFile", "cert", "key", "multicast", "ttl"],
    ...["interface", "maxViewers", "maxPerAddress", "sendBuffer"],
  ],
  receiver: [...CLIENT, "client"],
  publisher: [...CLIENT, "mode"],
};

const ALL = Object.values(OPTIONS).flat();

/**
 * Refuses options that would change nothing.
 *
 * @throws {ConfigError} If there are any.
 */
export function refuseOthers(
  { query, redacted }: Address,
  role: Role,
  { ConfigError }: Pick<PluginHost, "ConfigError">,
): void {
  const names = Object.keys(query);
  const refuse = (why: string) => {
    throw new ConfigError(`Cannot use "${redacted}": ${why}`);
  };
  const other = names.find((name) =>
    ALL.includes(name) && !OPTIONS[role].includes(name)
  );
  if (other !== undefined) refuse(`"${other}" is no option of a ${role}`);
  const group = names.find((name) => ["ttl", "interface"].includes(name));
  if (group === undefined || names.includes("multicast")) return;
  refuse(`"${group}" is for a group: #multicast=239.1.1.1`);
}
