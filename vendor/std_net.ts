/**
 * What this project uses of `@std/net`, which is not on npm.
 *
 * @module
 */

import { networkInterfaces } from "node:os";

/**
 * Finds the address under which others on the local network reach this
 * machine.
 *
 * @param family Which kind of address.
 * @returns It, or `undefined` without a network.
 */
export function getNetworkAddress(
  family: "IPv4" | "IPv6" = "IPv4",
): string | undefined {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .find((address) => address.family === family && !address.internal)
    ?.address;
}
