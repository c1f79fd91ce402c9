/**
 * Ports come in pairs: packets to an even one, reports to the next (RFC 3550,
 * section 11).
 *
 * @module
 */

/** The highest there is. */
const MAX_PORT = 65_535;

/** @returns The port of the reports; `undefined` behind the highest. */
export function reportPort(port: number): number | undefined {
  return port < MAX_PORT ? port + 1 : undefined;
}
