/**
 * What the address of a stream says of its server.
 *
 * @module
 */

import type { Address } from "../../mod.ts";

/** How packets go: in the connection, or in datagrams. */
export type Way = "tcp" | "udp";

/** The one part of a stream of ours, behind the address of the whole. */
export const TRACK = "trackID=0";

/** RFC 2326, section 10, and RFC 7826, section 22.14.3. */
const DEFAULT_PORTS: Readonly<Record<string, number>> = {
  rtsp: 554,
  rtsps: 322,
};

/** The port of a server, the usual one if the address has none. */
export function portOf({ scheme, port }: Address): number {
  return port ?? DEFAULT_PORTS[scheme]!;
}

/** Writes the address as requests have it, secrets included. */
export function urlOf(address: Address): string {
  const { scheme, username, password, host = "", resource } = address;
  const user = username === undefined ? "" : encodeURIComponent(username) +
    (password === undefined ? "" : `:${encodeURIComponent(password)}`) + "@";
  const name = host.includes(":") ? `[${host}]` : host;
  return `${scheme}://${user}${name}:${portOf(address)}${resource ?? "/"}`;
}
